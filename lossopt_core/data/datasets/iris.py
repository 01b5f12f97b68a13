"""Iris."""

from collections.abc import Mapping
from typing import Any

from typing_extensions import override

from lossopt_core.data.datasets.base import Dataset, Examples, Size
from lossopt_core.data.datasets.making import of_bunch


class Iris(Dataset):
    """Fisher's iris flowers (1936)."""

    label = "Iris"
    summary = "150 flowers of three species, four measurements each (Fisher, 1936)."
    source = "scikit-learn, load_iris"
    numpy_code = "X, y = datasets.load_iris(return_X_y=True)\n"

    @override
    def size(self, options: Mapping[str, Any]) -> Size:
        return Size(150, 3, 4)

    @override
    def make(self, options: Mapping[str, Any], seed: int) -> Examples:
        from sklearn.datasets import load_iris

        return of_bunch(load_iris())
