"""What a figure shows at other moments: sent once, changed in the browser."""

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
    """An attribute of a trace at every frame; for no trace, the texts of the annotations.

    `values` has the frames as its leading axis: numbers of one to three axes, or a list.
    """

    trace: int | None
    attribute: str
    values: Any

    def packed(self) -> dict[str, Any]:
        """As the browser reads it: bytes or single numbers in base64, or plain JSON."""
        return {"trace": self.trace, "attribute": self.attribute, "values": _packed(self.values)}


@dataclass(frozen=True, eq=False)
class Frames:
    """The frames of a figure, and the slider that they follow.

    clock       key of the slider
    which       the number of the frame at each of its ticks
    changes     what differs from frame to frame
    cursor      where on the x-axis a vertical line stands at each tick, if anywhere
    """

    clock: str
    which: Sequence[int]
    changes: Sequence[Change] = ()
    cursor: Sequence[float] = field(default_factory=tuple)

    def packed(self, theme: Theme) -> str:
        """As the browser reads it, JSON: what is text already is not looked at once more."""
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
