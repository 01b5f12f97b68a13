"""The interactive plot with decision regions, lines and editable points."""

from pathlib import Path
from typing import Any

import streamlit as st

from lossopt_core.playground.model import Model
from lossopt_core.playground.picture import GRID
from lossopt_core.playground.points import CLASS_NAMES, SIDE, Points
from lossopt_ui.charts.colours import CLASSES, SYMBOLS
from lossopt_ui.playground import changes
from lossopt_ui.playground.rendering import render
from lossopt_ui.playground.scrubber import Timeline
from lossopt_ui.state.session import component_event

_HERE = Path(__file__)
_component = st.components.v2.component(
    "lossopt_plane",
    html=_HERE.with_suffix(".html").read_text(encoding="utf-8"),
    css=_HERE.with_suffix(".css").read_text(encoding="utf-8"),
    js=_HERE.with_suffix(".js").read_text(encoding="utf-8"),
)


def show(model: Model, timeline: Timeline, side: int, *, key: str) -> None:
    """Draw the plane for a model, now and at earlier updates.

    Edits of the points are passed to `changes.edit`.
    """

    def apply_edit() -> None:
        event = component_event(key, "edit")
        if event is not None:
            changes.edit(event)

    present = render(model)
    data = _fixed(model.points) | present | {"timeline": timeline.pictures(side, present)}
    _component(key=key, data=data, on_edit_change=apply_edit)


def _fixed(points: Points) -> dict[str, Any]:
    """The data that does not change during training."""
    return {
        "side": SIDE,
        "grid": GRID,
        "version": points.text,
        "classes": [
            {
                "name": name,
                "symbol": SYMBOLS[label],
                "light": CLASSES["light"][label],
                "dark": CLASSES["dark"][label],
            }
            for label, name in enumerate(CLASS_NAMES)
        ],
        "points": [
            {"x": x, "y": y, "label": label}
            for (x, y), label in zip(points.positions.tolist(), points.labels.tolist(), strict=True)
        ],
    }
