"""Frames of a figure: sent once, switched in the browser."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lossopt_ui.charts.colours import INK, Theme

_KINDS = {"f4": np.float32, "u1": np.uint8}


@dataclass(frozen=True, eq=False)
class Change:
    """An attribute of a trace in every frame; without a trace, the annotations' texts.

    The first axis of `values` is the frame: an array with one to three axes, or a list.
    """

    trace: int | None
    attribute: str
    values: Any

    def packed(self) -> dict[str, Any]:
        """In the browser's format: uint8 or float32 in base64, or plain JSON."""
        return {"trace": self.trace, "attribute": self.attribute, "values": _packed(self.values)}


@dataclass(frozen=True, eq=False)
class Frames:
    """The frames of a figure, and the slider that selects them.

    clock       key of the slider
    which       index of the frame at each tick
    changes     attributes that differ between frames
    cursor      x position of a vertical line at each tick; empty for no line
    """

    clock: str
    which: Sequence[int]
    changes: Sequence[Change] = ()
    cursor: Sequence[float] = field(default_factory=tuple)

    def packed(self, theme: Theme) -> str:
        """As JSON text, so that Streamlit does not serialize the content again."""
        content = {
            "clock": self.clock,
            "which": [int(each) for each in self.which],
            "changes": [change.packed() for change in self.changes],
            "cursor": [float(each) for each in self.cursor],
            "colour": INK[theme],
        }
        return json.dumps(content)


def _packed(values: Any) -> Any:
    if not isinstance(values, np.ndarray):
        return values
    kind = "u1" if values.dtype == np.uint8 else "f4"
    content = np.ascontiguousarray(values, _KINDS[kind]).tobytes()
    return {
        "bdata": base64.b64encode(content).decode("ascii"),
        "dtype": kind,
        "shape": list(values.shape),
    }
