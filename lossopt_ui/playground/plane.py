"""The square with its regions, lines and points, in which the points can be changed."""

import math
from base64 import b64encode
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from lossopt_core.linear import Array
from lossopt_core.playground.model import Model
from lossopt_core.playground.picture import GRID, Picture, picture
from lossopt_core.playground.points import CLASS_NAMES, RASTER, SIDE
from lossopt_ui.charts.colours import CLASSES, SYMBOLS
from lossopt_ui.playground import changes

_HERE = Path(__file__)
_component = st.components.v2.component(
    "lossopt_plane",
    html=_HERE.with_suffix(".html").read_text(encoding="utf-8"),
    css=_HERE.with_suffix(".css").read_text(encoding="utf-8"),
    js=_HERE.with_suffix(".js").read_text(encoding="utf-8"),
)


def show(model: Model, *, key: str) -> None:
    """The plane as the model sees it.  Changes of the points go to `changes.edit`."""

    def tell() -> None:
        event = st.session_state[key].get("edit")
        if event is not None:
            changes.edit(event)

    _component(key=key, data=_told(model), on_edit_change=tell)


def _told(model: Model) -> dict[str, Any]:
    seen = picture(model)
    points, pulls = model.points, np.nan_to_num(model.pulls())
    strongest = float(pulls.max()) or 1.0
    return {
        "alt": describe(model),
        "side": SIDE,
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
            {"x": x, "y": y, "label": label, "pull": pull}
            for (x, y), label, pull in zip(
                points.positions.tolist(),
                points.labels.tolist(),
                np.round(pulls / strongest, 3).tolist(),
                strict=True,
            )
        ],
        "grid": GRID,
        "chosen": _packed(seen.chosen),
        "confidence": _packed(np.nan_to_num(255 * seen.confidence)),
        "lines": _lines(seen),
        "arrows": [
            {
                "label": label,
                "x": float(arrow.place[0]),
                "y": float(arrow.place[1]),
                "angle": math.degrees(math.atan2(arrow.direction[1], arrow.direction[0])),
            }
            for label, arrow in enumerate(seen.arrows)
            if arrow is not None
        ],
    }


def describe(model: Model) -> str:
    """The picture in words, for those who cannot see it."""
    table = model.examples()
    right = int((table["class"] == table["predicted"]).sum())
    return (
        f"The plane after {model.made} updates: {right} of {len(table)} points lie in the region"
        f" of their class; {int((table['pull'] > 0).sum())} pull. Arrow keys move the selected"
        " point."
    )


def _packed(numbers: Array) -> str:
    return b64encode(numbers.astype(np.uint8).tobytes()).decode()


def _lines(seen: Picture) -> list[dict[str, Any]]:
    return [
        {"label": label, "kind": kind, "path": "".join(map(_path, lines))}
        for kind, of_classes in (("margin", seen.margins), ("zero", seen.zero))
        for label, lines in enumerate(of_classes)
        if lines
    ]


def _path(line: Array) -> str:
    """A line as SVG has it, in thousandths and with y downwards."""
    places = np.round(line * (RASTER, -RASTER)).astype(int).tolist()
    return "M" + "L".join(f"{x} {y}" for x, y in places)
