"""What people change by hand: points in the picture or in a table, weights; and undo."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from lossopt_core.playground import points as edits
from lossopt_core.playground.model import write_weights
from lossopt_core.playground.points import CLASS_NAMES, Points, read_points
from lossopt_ui.playground.play import reset, session, train_anew
from lossopt_ui.state import widgets

MOST_UNDONE = 200


def as_changed(original: Points) -> Points:
    """One's own points, if these were changed by hand; the same otherwise.

    Whoever chooses other points begins with those; what was can be had back by undo.
    """
    play, own = session(), widgets.value("own_points")
    if own and own == play.own and original.text != play.original:
        play.undo, play.redo = [*play.undo[-MOST_UNDONE:], own], []
        widgets.put("own_points", "")
    play.original, play.own = original.text, widgets.value("own_points")
    return read_points(play.own) if play.own else original


def set_weights(cells: Mapping[tuple[int, int], Any]) -> None:
    """Let some weights (class, feature) of the left model be others: that is the new start."""
    play = session()
    W = play.models[0].weights
    try:
        for place, weight in cells.items():
            W[place] = float(weight)
        widgets.put("weights", write_weights(W))
    except (ValueError, TypeError, IndexError) as error:
        play.problem = str(error)
        return
    reset()


def edit(event: Any) -> None:
    """A change of the points out of the browser, which may send anything."""
    play = session()
    try:
        points = _edited(read_points(play.settled), event)
        if event["kind"] == "drag" and play.wanted is not None:
            train_anew(play, replace(play.wanted, points=points.text))
        else:
            change_points(points)
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        play.problem = f"That change was not made: {error}."


def _edited(points: Points, event: Mapping[str, Any]) -> Points:
    if event["count"] != len(points.labels):
        raise ValueError("the points have changed meanwhile")
    match event["kind"]:
        case "move" | "drag":
            return edits.moved(points, int(event["index"]), float(event["x"]), float(event["y"]))
        case "add":
            return edits.added(points, float(event["x"]), float(event["y"]), int(event["label"]))
        case "label":
            return edits.relabelled(points, int(event["index"]), int(event["label"]))
        case "delete":
            return edits.deleted(points, int(event["index"]))
    raise ValueError("there is no such change")


def take_rows(rows: Sequence[Mapping[str, Any]]) -> None:
    """Let the points be those of a table with x1, x2 and class."""
    try:
        labels = [CLASS_NAMES.index(row["class"]) for row in rows]
        positions = [(float(row["x1"]), float(row["x2"])) for row in rows]
        change_points(Points(np.array(positions).reshape(-1, 2), np.array(labels, dtype=np.int64)))
    except (ValueError, TypeError) as error:
        session().problem = f"That change was not made: {error}."


def change_points(points: Points) -> None:
    """Let the points be these, as one's own; what was can be had back by undo."""
    play = session()
    play.stale = True
    if points.text == play.settled:
        return
    play.undo = [*play.undo[-MOST_UNDONE:], play.settled]
    play.redo = []
    _put(points.text)


def undo() -> None:
    """Take the last change of the points back."""
    play = session()
    if play.undo:
        play.redo.append(play.settled)
        _put(play.undo.pop())


def redo() -> None:
    """Make the change that was taken back."""
    play = session()
    if play.redo:
        play.undo.append(play.settled)
        _put(play.redo.pop())


def _put(text: str) -> None:
    play = session()
    widgets.put("own_points", "" if text == play.original else text)
    play.stale = True
