"""The interactive part of the page: planes, curves, pictures of features, play and time travel.

The browser draws it from the weights, which are sent ahead (`play`); its modules are in `browser/`.
"""

from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from lossopt_core import LOSSES, OPTIMIZERS, REGULARIZERS
from lossopt_core.objective.linear import Array
from lossopt_core.playground.classifier import Classifier
from lossopt_core.playground.feature_maps import PIECES
from lossopt_core.playground.frames import Frames, frames_of
from lossopt_core.playground.model import MAX_UPDATES, Model
from lossopt_core.playground.picture import GRID, margin_of
from lossopt_core.playground.points import CLASS_NAMES, POINT_SETS, SIDE, Points
from lossopt_ui.charts.colours import CLASSES, SYMBOLS, of_loss
from lossopt_ui.figures.modules import joined
from lossopt_ui.playground import changes, play
from lossopt_ui.playground.play import Play
from lossopt_ui.state import widgets
from lossopt_ui.state.pages.playground import SPEEDS
from lossopt_ui.state.session import component_event

KEY = "arena"
THUMBNAIL_POINTS = 60
_HERE = Path(__file__).with_name("browser")
_component = st.components.v2.component(
    "lossopt_arena",
    html=(_HERE / "arena.html").read_text(encoding="utf-8"),
    css=(_HERE / "arena.css").read_text(encoding="utf-8"),
    js=joined(_HERE / "arena.js"),
)


def show(now: Play) -> None:
    """Draw the component; what the browser asks for is passed to `changes.handle`."""

    def take_event() -> None:
        event = component_event(KEY, "event")
        if event is not None:
            changes.handle(event)

    _component(key=KEY, data=_content(now), on_event_change=take_event)


def _content(now: Play) -> dict[str, Any]:
    setup = now.setups[0]
    points = now.models[0].points
    tests = now.models[0].problem.tests
    return {
        "side": SIDE,
        "grid": GRID,
        "most": MAX_UPDATES,
        "version": setup.points,
        "points": _places(points),
        "tests": _places(tests) if tests else [],
        "classes": [
            {
                "name": name,
                "symbol": SYMBOLS[label],
                "light": CLASSES["light"][label],
                "dark": CLASSES["dark"][label],
            }
            for label, name in enumerate(CLASS_NAMES)
        ],
        "sides": [_side(model, now.models) for model in now.models],
        "chunk": _chunk(now),
        "orders": now.orders,
        "position": now.made,
        "playing": now.playing,
        "opening": now.opening,
        "over": now.over,
        "diverged": [model.made if model.diverged else None for model in now.models],
        "answered": now.answered,
        "perSecond": play.speed(),
        "undo": bool(now.undo),
        "redo": bool(now.redo),
        "options": {name: _option(name) for name in changes.FROM_BROWSER},
        "speeds": [[name, f"{each}/s"] for name, each in SPEEDS.items()],
        "sets": _sets(),
        "pieces": _pieces(now.models[0]),
    }


def _places(points: Points) -> list[list[float]]:
    """x, y and label of each point."""
    rows = zip(points.positions.tolist(), points.labels.tolist(), strict=True)
    return [[x, y, label] for (x, y), label in rows]


def _side(model: Model, models: Sequence[Model]) -> dict[str, Any]:
    names = model.experiment
    return {
        "title": _title(model, models),
        "colour": {theme: of_loss(names.loss, theme) for theme in ("light", "dark")},
        "margin": margin_of(model.loss),
        "pairwise": model.loss.pairwise,
        "terms": model.feature_map.terms.tolist(),
        "names": list(model.feature_map.names),
    }


def _title(model: Model, models: Sequence[Model]) -> str:
    """The loss, and what differs between the sides."""
    parts = {
        "loss": LOSSES[model.experiment.loss].label,
        "regularizer": f"penalty {REGULARIZERS[model.experiment.regularizer].label}",
        "optimizer": OPTIMIZERS[model.experiment.optimizer].label,
    }
    differing = [
        part
        for name, part in parts.items()
        if name == "loss" or len({getattr(each.experiment, name) for each in models}) > 1
    ]
    if len({each.feature_map for each in models}) > 1:
        differing.append(f"features {model.feature_map.label}")
    return ", ".join(differing)


def _option(name: str) -> dict[str, Any]:
    looks = widgets.custom_widget(name)
    return {
        "value": widgets.value(name),
        "hidden": looks is None,
        "disabled": bool(looks and looks["disabled"]),
    }


@cache
def _sets() -> list[dict[str, Any]]:
    """The sets of points with a few of their points, for thumbnails."""
    return [
        {
            "name": name,
            "label": entry.label,
            "points": _places(entry.points(THUMBNAIL_POINTS, 0.15, 0)),
        }
        for name, entry in POINT_SETS.items()
    ]


def _pieces(model: Classifier) -> dict[str, Any]:
    """The pictures of features that can be picked."""
    looks = widgets.custom_widget("picked")
    return {
        "hidden": looks is None or widgets.hidden("features"),
        "disabled": bool(looks and looks["disabled"]) or "features" in widgets.value("fix"),
        "chosen": list(getattr(model.feature_map, "pieces", ())),
        "all": [
            {"name": name, "label": label, "term": list(term)}
            for name, (label, term) in PIECES.items()
        ],
    }


def _chunk(now: Play) -> dict[str, Any]:
    sides = [frames_of(some) for some in now.chunk.sides]
    longest = max(sides, key=lambda side: int(side.updates[-1]))
    return {
        "number": now.chunk.number,
        "keep": now.chunk.keep,
        "updates": longest.updates.tolist(),
        "sides": [_packed_frames(side) for side in sides],
    }


def _packed_frames(side: Frames) -> dict[str, Any]:
    strongest = np.nan_to_num(side.pulls).max(axis=1, keepdims=True)
    share = np.nan_to_num(side.pulls) / np.where(strongest > 0, strongest, 1.0)
    rows = np.stack(
        [
            side.objective,
            side.data_loss,
            side.penalty,
            side.accuracy,
            side.test_loss,
            side.test_accuracy,
        ],
        axis=1,
    )
    return {
        "weights": _packed(side.weights),
        "rows": _packed(rows),
        "losses": _packed(side.losses),
        # Rounded up: whoever pulls at all has a ring.
        "pulls": b64encode(np.ceil(255 * share).astype(np.uint8).tobytes()).decode(),
    }


def _packed(values: Array) -> str:
    with np.errstate(over="ignore"):
        return b64encode(values.astype("<f4").tobytes()).decode()
