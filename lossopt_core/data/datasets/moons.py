"""Two moons."""

from collections.abc import Mapping
from typing import Any, ClassVar

from typing_extensions import override

from lossopt_core.data.datasets.base import Dataset, Examples, Size
from lossopt_core.data.datasets.making import two_classes
from lossopt_core.fields import Field, Number


class Moons(Dataset):
    """Two interleaving half circles."""

    label = "Moons"
    summary = "Two interleaving half circles: a line separates most of them."
    source = "scikit-learn, make_moons"
    generated = True
    options: ClassVar[Mapping[str, Field]] = {
        "examples": Number("Examples", 500, 50, 20_000, "In both classes.", whole=True),
        "noise": Number("Noise", 0.15, 0.0, 2.0, "Standard deviation of the points."),
    }
    numpy_code = (
        "X, y = datasets.make_moons({examples}, noise={noise}, random_state={split_seed})\n"
    )

    @override
    def size(self, options: Mapping[str, Any]) -> Size:
        return Size(options["examples"], 2, 2)

    @override
    def make(self, options: Mapping[str, Any], seed: int) -> Examples:
        from sklearn.datasets import make_moons

        return two_classes(
            *make_moons(options["examples"], noise=options["noise"], random_state=seed)
        )
