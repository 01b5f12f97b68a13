"""Manual edits: points in the plot or in the table, weights, undo and redo."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from lossopt_core.playground import points as edits
from lossopt_core.playground.model import write_weights
from lossopt_core.playground.points import CLASS_NAMES, Points, read_points
from lossopt_ui.playground.play import reset, retrain, session
from lossopt_ui.state import widgets

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
    W = play.models[0].weights
    try:
        for cell, weight in cells.items():
            W[cell] = float(weight)
        widgets.put("weights", write_weights(W))
    except (ValueError, TypeError, IndexError) as error:
        play.problem = str(error)
        return
    reset()


def edit(event: Any) -> None:
    """Apply an edit sent by the browser, which is untrusted."""
    play = session()
    try:
        points = _edited(read_points(play.settled), event)
        if event["kind"] == "drag" and play.wanted is not None:
            retrain(play, replace(play.wanted, points=points.text))
        else:
            change_points(points)
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        play.problem = f"The edit was not applied: {error}."


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
        case "delete":
            return edits.deleted(points, int(event["index"]))
    raise ValueError("unknown kind of edit")


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
    play.stale = True
