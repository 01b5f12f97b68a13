"""Breast cancer."""

from collections.abc import Mapping
from typing import Any

from typing_extensions import override

from lossopt_core.data.datasets.base import Dataset, Examples, Size
from lossopt_core.data.datasets.making import of_bunch


class BreastCancer(Dataset):
    """Measurements of tumours."""

    label = "Breast cancer"
    summary = "569 tumours, malignant or benign, with 30 measurements each."
    source = "scikit-learn, load_breast_cancer"
    numpy_code = "X, y = datasets.load_breast_cancer(return_X_y=True)\n"

    @override
    def size(self, options: Mapping[str, Any]) -> Size:
        return Size(569, 2, 30)

    @override
    def make(self, options: Mapping[str, Any], seed: int) -> Examples:
        from sklearn.datasets import load_breast_cancer

        return of_bunch(load_breast_cancer())
