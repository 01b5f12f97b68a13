"""Decision regions, lines and active points of a classifier, encoded for the browser."""

import math
from base64 import b64encode
from typing import Any

import numpy as np

from lossopt_core.objective.linear import Array
from lossopt_core.playground.classifier import Classifier
from lossopt_core.playground.contours import simplified
from lossopt_core.playground.picture import Picture, picture
from lossopt_core.playground.points import RASTER

TOLERANCE = 0.003
"""Largest error of a simplified line, in data units: less than a pixel."""


def render(model: Classifier) -> dict[str, Any]:
    """Regions, lines, arrows, relative pull of each point, and an alt text."""
    plane, pulls = picture(model), np.nan_to_num(model.gradient_norms())
    strongest = float(pulls.max()) or 1.0
    return {
        "alt": describe(model, pulls),
        "pulls": np.round(pulls / strongest, 3).tolist(),
        "chosen": _packed(plane.chosen.astype(np.float64)),
        "confidence": _packed(np.nan_to_num(255 * plane.confidence)),
        "lines": _lines(plane),
        "arrows": [
            {
                "label": label,
                "x": float(arrow.position[0]),
                "y": float(arrow.position[1]),
                "angle": math.degrees(math.atan2(arrow.direction[1], arrow.direction[0])),
            }
            for label, arrow in enumerate(plane.arrows)
            if arrow is not None
        ],
    }


def describe(model: Classifier, pulls: Array) -> str:
    """The plot's alt text."""
    return (
        f"The plane after {model.made} updates: {model.correct()} of {len(pulls)} points lie in"
        f" their class's region; {np.count_nonzero(pulls)} are active. Arrow keys move the selected"
        " point."
    )


def _packed(numbers: Array) -> str:
    return b64encode(numbers.astype(np.uint8).tobytes()).decode()


def _lines(plane: Picture) -> list[dict[str, Any]]:
    return [
        {"label": label, "kind": kind, "path": "".join(map(_path, lines))}
        for kind, of_classes in (("margin", plane.margins), ("zero", plane.zero))
        for label, lines in enumerate(of_classes)
        if lines
    ]


def _path(line: Array) -> str:
    """A line as an SVG path, in thousandths of a unit and with y pointing down."""
    thinned = simplified(line, TOLERANCE)
    points = np.round(thinned * (RASTER, -RASTER)).astype(int).tolist()
    return "M" + "L".join(f"{x} {y}" for x, y in points)
