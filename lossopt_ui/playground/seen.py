"""What a classifier makes of the plane, as the browser draws it."""

import math
from base64 import b64encode
from typing import Any

import numpy as np

from lossopt_core.objective.linear import Array
from lossopt_core.playground.classifier import Classifier
from lossopt_core.playground.contours import without_needless
from lossopt_core.playground.picture import Picture, picture
from lossopt_core.playground.points import RASTER

HARDLY_SEEN = 0.003
"""How far a line may be from where it is: less than a pixel."""


def seen(model: Classifier) -> dict[str, Any]:
    """Regions, lines, arrows, how much each point pulls, and all that in words."""
    drawn, pulls = picture(model), np.nan_to_num(model.pulls())
    strongest = float(pulls.max()) or 1.0
    return {
        "alt": describe(model, pulls),
        "pulls": np.round(pulls / strongest, 3).tolist(),
        "chosen": _packed(drawn.chosen),
        "confidence": _packed(np.nan_to_num(255 * drawn.confidence)),
        "lines": _lines(drawn),
        "arrows": [
            {
                "label": label,
                "x": float(arrow.place[0]),
                "y": float(arrow.place[1]),
                "angle": math.degrees(math.atan2(arrow.direction[1], arrow.direction[0])),
            }
            for label, arrow in enumerate(drawn.arrows)
            if arrow is not None
        ],
    }


def describe(model: Classifier, pulls: Array) -> str:
    """The picture in words, for those who cannot see it."""
    return (
        f"The plane after {model.made} updates: {model.right()} of {len(pulls)} points lie in the"
        f" region of their class; {np.count_nonzero(pulls)} pull. Arrow keys move the selected"
        " point."
    )


def _packed(numbers: Array) -> str:
    return b64encode(numbers.astype(np.uint8).tobytes()).decode()


def _lines(drawn: Picture) -> list[dict[str, Any]]:
    return [
        {"label": label, "kind": kind, "path": "".join(map(_path, lines))}
        for kind, of_classes in (("margin", drawn.margins), ("zero", drawn.zero))
        for label, lines in enumerate(of_classes)
        if lines
    ]


def _path(line: Array) -> str:
    """A line as SVG has it, in thousandths and with y downwards."""
    needed = without_needless(line, HARDLY_SEEN)
    places = np.round(needed * (RASTER, -RASTER)).astype(int).tolist()
    return "M" + "L".join(f"{x} {y}" for x, y in places)
