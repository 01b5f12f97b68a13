"""The spiral of CS231n."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from typing_extensions import override

from lossopt_core.data.datasets.base import Dataset, Examples, Size
from lossopt_core.data.datasets.making import coordinates, letters
from lossopt_core.fields import Field, Number


class Spiral(Dataset):
    """The spiral of CS231n's case-study notes; with seed 0, exactly their data.

    It uses NumPy's legacy generator, as the notes do, to reproduce their training log.
    """

    label = "Spiral"
    summary = "Intertwined arms from the course's notes, which no linear classifier can separate."
    source = "CS231n notes, neural-networks-case-study"
    generated = True
    options: ClassVar[Mapping[str, Field]] = {
        "classes": Number("Arms", 3, 2, 6, "One class per arm.", whole=True),
        "points": Number("Points per arm", 100, 20, 2_000, "Per class.", whole=True),
        "noise": Number("Noise", 0.2, 0.0, 2.0, "Standard deviation of the angle, in radians."),
    }
    numpy_code = """\
arm, radius = np.arange({classes}), np.tile(np.linspace(0, 1, {points}), {classes})
noise = {noise} * np.random.RandomState({split_seed}).randn({classes}, {points})
angle = (np.linspace(4 * arm, 4 * arm + 4, {points}, axis=1) + noise).ravel()
X, y = np.c_[radius * np.sin(angle), radius * np.cos(angle)], np.repeat(arm, {points})
"""

    @override
    def size(self, options: Mapping[str, Any]) -> Size:
        return Size(options["classes"] * options["points"], options["classes"], 2)

    @override
    def make(self, options: Mapping[str, Any], seed: int) -> Examples:
        arms, points = options["classes"], options["points"]
        random = np.random.RandomState(seed)
        features = np.empty((arms * points, 2))
        for arm in range(arms):
            radius = np.linspace(0.0, 1.0, points)
            angle = np.linspace(arm * 4, (arm + 1) * 4, points)
            angle = angle + random.randn(points) * options["noise"]
            rows = slice(arm * points, (arm + 1) * points)
            features[rows] = np.c_[radius * np.sin(angle), radius * np.cos(angle)]
        return Examples(
            features=features,
            labels=np.repeat(np.arange(arms), points),
            class_names=letters(arms),
            feature_names=coordinates(2),
        )
