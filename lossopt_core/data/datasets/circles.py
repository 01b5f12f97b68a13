"""Two circles."""

from collections.abc import Mapping
from typing import Any, ClassVar

from typing_extensions import override

from lossopt_core.data.datasets.base import Dataset, Examples, Size
from lossopt_core.data.datasets.making import two_classes
from lossopt_core.fields import Field, Number


class Circles(Dataset):
    """A circle within a circle."""

    label = "Circles"
    summary = "A circle within a circle: a linear classifier is no better than chance."
    source = "scikit-learn, make_circles"
    generated = True
    options: ClassVar[Mapping[str, Field]] = {
        "examples": Number("Examples", 500, 50, 20_000, "In both classes.", whole=True),
        "noise": Number("Noise", 0.1, 0.0, 2.0, "Standard deviation of the points."),
        "inner_radius": Number("Inner radius", 0.5, 0.1, 0.9, "Relative to the outer radius of 1."),
    }
    numpy_code = """\
about = {{"noise": {noise}, "factor": {inner_radius}, "random_state": {split_seed}}}
X, y = datasets.make_circles({examples}, **about)
"""

    @override
    def size(self, options: Mapping[str, Any]) -> Size:
        return Size(options["examples"], 2, 2)

    @override
    def make(self, options: Mapping[str, Any], seed: int) -> Examples:
        from sklearn.datasets import make_circles

        return two_classes(
            *make_circles(
                options["examples"],
                noise=options["noise"],
                factor=options["inner_radius"],
                random_state=seed,
            )
        )
