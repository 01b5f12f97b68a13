"""Wine."""

from collections.abc import Mapping
from typing import Any

from typing_extensions import override

from lossopt_core.data.datasets.base import Dataset, Examples, Size
from lossopt_core.data.datasets.making import of_bunch


class Wine(Dataset):
    """Chemical measurements of wines."""

    label = "Wine"
    summary = "178 wines of three growers, 13 chemical measurements each."
    source = "scikit-learn, load_wine"
    numpy_code = "X, y = datasets.load_wine(return_X_y=True)\n"

    @override
    def size(self, options: Mapping[str, Any]) -> Size:
        return Size(178, 3, 13)

    @override
    def make(self, options: Mapping[str, Any], seed: int) -> Examples:
        from sklearn.datasets import load_wine

        return of_bunch(load_wine())
