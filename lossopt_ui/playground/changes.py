"""What the browser asks for: more updates, edited points and weights, changed options."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from lossopt_core.experiment.description import LARGEST_SEED
from lossopt_core.fields import Number
from lossopt_core.playground import points as edits
from lossopt_core.playground.feature_maps import FEATURE_MAPS, Picked
from lossopt_core.playground.model import MAX_UPDATES, MAX_WEIGHTS, write_weights
from lossopt_core.playground.points import CLASS_NAMES, MAX_CLASSES, Points, read_points
from lossopt_ui.playground import play as _play
from lossopt_ui.playground.play import (
    AHEAD,
    Play,
    new_random_start,
    note_updates,
    reset,
    session,
)
from lossopt_ui.state import widgets

FROM_BROWSER = ("points", "speed", "steps", "log_y", "discretize")
"""Options whose controls are part of the component."""

MAX_UNDONE = 200


def edited(original: Points) -> Points:
    """The edited points if there are any, else the original ones.

    Choosing another set of points discards the edits; undo brings them back.
    """
    play, own = session(), widgets.value("own_points")
    if own and own == play.own and original.text != play.original:
        play.undo, play.redo = [*play.undo[-MAX_UNDONE:], own], []
        widgets.put("own_points", "")
    play.original, play.own = original.text, widgets.value("own_points")
    return read_points(play.own) if play.own else original


def set_weights(cells: Mapping[tuple[int, int], Any]) -> None:
    """Set weights (class, feature) of the left model and restart training from them."""
    play = session()
    W = play.shown()[0].weights
    try:
        for cell, weight in cells.items():
            W[cell] = float(weight)
        widgets.put("weights", write_weights(W))
    except (ValueError, TypeError, IndexError) as error:
        play.problem = f"The edit was not applied: {error}."
        return
    if play.playing:
        play.stale = True
    else:
        reset()


def handle(event: Any) -> None:
    """Do what the browser asks for; its events are untrusted."""
    play = session()
    play.opening = False
    try:
        play.answered = _whole(event["number"], LARGEST_SEED)
        play.note(_whole(event["position"], MAX_UPDATES), playing=event["playing"] is True)
        _HANDLERS[event["kind"]](play, event)
    except (ValueError, TypeError, KeyError, OverflowError, IndexError) as error:
        play.problem = f"The edit was not applied: {error}."


def _whole(value: Any, most: int) -> int:
    return int(Number("a number from the browser", 0, 0, most, "", whole=True).check("it", value))


def _more(play: Play, event: Mapping[str, Any]) -> None:
    play.train_ahead(AHEAD)


def _paused(play: Play, event: Mapping[str, Any]) -> None:
    note_updates()


def _step(play: Play, event: Mapping[str, Any]) -> None:
    wanted = play.made + _whole(event["updates"], MAX_UPDATES)
    if wanted > play.furthest:
        play.train(wanted)
    play.order(wanted, playing=False)
    note_updates()


def _resend(play: Play, event: Mapping[str, Any]) -> None:
    play.send_all()
    play.order(play.made, playing=play.playing)


def _option(play: Play, event: Mapping[str, Any]) -> None:
    name, value = event["name"], event["value"]
    if name not in FROM_BROWSER:
        raise ValueError("there is no such control")
    widgets.put(name, value)
    play.stale = True


def _pick(play: Play, event: Mapping[str, Any]) -> None:
    """A picture of a feature was switched on or off."""
    chosen = FEATURE_MAPS[widgets.value("features")]
    given = widgets.value("picked") if chosen is Picked else getattr(chosen, "pieces", ())
    name = event["name"]
    picked = [each for each in given if each != name]
    widgets.put_all({"features": "picked", "picked": picked if name in given else [*given, name]})
    play.stale = True


def _weight(play: Play, event: Mapping[str, Any]) -> None:
    cell = _whole(event["label"], MAX_CLASSES), _whole(event["feature"], MAX_WEIGHTS)
    set_weights({cell: event["value"]})


def _drag(play: Play, event: Mapping[str, Any]) -> None:
    _play.drag(_edited(read_points(play.settled), event).text)


def _edit(play: Play, event: Mapping[str, Any]) -> None:
    points = _edited(read_points(play.settled), event)
    change_points(points)
    # At once, before the page is rerun: this is what one waits for.
    _play.drag(points.text)


_HANDLERS: Mapping[str, Callable[[Play, Mapping[str, Any]], None]] = {
    "more": _more,
    "pause": _paused,
    "seek": _paused,
    "step": _step,
    "resend": _resend,
    "option": _option,
    "pick": _pick,
    "weight": _weight,
    "drag": _drag,
    **dict.fromkeys(("move", "add", "label", "delete"), _edit),
    "reset": lambda play, event: reset(),
    "new_start": lambda play, event: new_random_start(),
    "undo": lambda play, event: undo(),
    "redo": lambda play, event: redo(),
}


def _edited(points: Points, event: Mapping[str, Any]) -> Points:
    if event["count"] != len(points.labels):
        raise ValueError("the points have changed in the meantime")
    match event["kind"]:
        case "move" | "drag":
            return edits.moved(points, int(event["index"]), float(event["x"]), float(event["y"]))
        case "add":
            return edits.added(points, float(event["x"]), float(event["y"]), int(event["label"]))
        case "label":
            return edits.relabelled(points, int(event["index"]), int(event["label"]))
    return edits.deleted(points, int(event["index"]))


def take_rows(rows: Sequence[Mapping[str, Any]]) -> None:
    """Replace the points by the rows of a table with x1, x2 and class."""
    try:
        labels = [CLASS_NAMES.index(row["class"]) for row in rows]
        positions = [(float(row["x1"]), float(row["x2"])) for row in rows]
        change_points(Points(np.array(positions).reshape(-1, 2), np.array(labels, dtype=np.int64)))
    except (ValueError, TypeError) as error:
        session().problem = f"The edit was not applied: {error}."


def change_points(points: Points) -> None:
    """Replace the points; undo brings the previous ones back."""
    play = session()
    play.stale = True
    if points.text == play.settled:
        return
    play.undo = [*play.undo[-MAX_UNDONE:], play.settled]
    play.redo = []
    _put(points.text)


def undo() -> None:
    """Undo the last edit of the points."""
    play = session()
    if play.undo:
        play.redo.append(play.settled)
        _put(play.undo.pop())


def redo() -> None:
    """Redo the last undone edit."""
    play = session()
    if play.redo:
        play.undo.append(play.settled)
        _put(play.redo.pop())


def _put(text: str) -> None:
    play = session()
    widgets.put("own_points", "" if text == play.original else text)
    play.settled = text  # the next edit may come before the page has run
    play.stale = True
