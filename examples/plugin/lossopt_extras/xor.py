"""A data set: two classes in four corners."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from lossopt_core.data.datasets import Dataset, Examples, Size
from lossopt_core.fields import Field, Number


class Xor(Dataset):
    """Normal points around the corners of a square; opposite corners belong together."""

    label = "XOR"
    summary = "Opposite corners of a square: no line separates them."
    source = "Minsky and Papert (1969)"
    generated = True
    options: ClassVar[Mapping[str, Field]] = {
        "examples": Number("Examples", 200, 40, 20_000, "In both classes.", whole=True),
        "spread": Number("Spread", 0.3, 0.0, 2.0, "Standard deviation around a corner."),
    }
    numpy_code = """\
noise = {spread} * np.random.default_rng({split_seed}).standard_normal(({examples}, 2))
corner = np.arange({examples}) % 4
X, y = np.c_[corner // 2, corner % 2] + noise, corner // 2 ^ corner % 2
"""

    def size(self, options: Mapping[str, Any]) -> Size:
        return Size(options["examples"], 2, 2)

    def make(self, options: Mapping[str, Any], seed: int) -> Examples:
        noise = np.random.default_rng(seed).standard_normal((options["examples"], 2))
        corner = np.arange(options["examples"]) % 4
        features = np.c_[corner // 2, corner % 2] + options["spread"] * noise
        return Examples(features, corner // 2 ^ corner % 2, ("same", "different"), ("x1", "x2"))
