"""The square with its regions, lines and points, in which the points can be changed."""

from pathlib import Path
from typing import Any

import streamlit as st

from lossopt_core.playground.model import Model
from lossopt_core.playground.picture import GRID
from lossopt_core.playground.points import CLASS_NAMES, SIDE, Points
from lossopt_ui.charts.colours import CLASSES, SYMBOLS
from lossopt_ui.playground import changes
from lossopt_ui.playground.scrubber import Past
from lossopt_ui.playground.seen import seen
from lossopt_ui.state.session import component_event

_HERE = Path(__file__)
_component = st.components.v2.component(
    "lossopt_plane",
    html=_HERE.with_suffix(".html").read_text(encoding="utf-8"),
    css=_HERE.with_suffix(".css").read_text(encoding="utf-8"),
    js=_HERE.with_suffix(".js").read_text(encoding="utf-8"),
)


def show(model: Model, past: Past, side: int, *, key: str) -> None:
    """The plane as the model sees it, and has seen it.

    Changes of the points go to `changes.edit`.
    """

    def tell() -> None:
        event = component_event(key, "edit")
        if event is not None:
            changes.edit(event)

    present = seen(model)
    told = _fixed(model.points) | present | {"past": past.pictures(side, present)}
    _component(key=key, data=told, on_edit_change=tell)


def _fixed(points: Points) -> dict[str, Any]:
    """What does not change while a model learns."""
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
