"""Handwritten digits."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from typing_extensions import override

from lossopt_core.data.datasets.base import Dataset, Examples, Size


class Digits(Dataset):
    """Handwritten digits, 8 × 8 pixels of 0 to 16  (Alpaydin and Kaynak, 1998)."""

    label = "Digits"
    summary = "1,797 handwritten digits of 8 × 8 pixels in ten classes."
    source = "scikit-learn, load_digits"
    numpy_code = "X, y = datasets.load_digits(return_X_y=True)\n"

    @override
    def size(self, options: Mapping[str, Any]) -> Size:
        return Size(1797, 10, 64)

    @override
    def make(self, options: Mapping[str, Any], seed: int) -> Examples:
        return _digits()


@cache
def _digits() -> Examples:
    """The digits, read-only: every split of them reads them again."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    features, labels = bunch.data.astype(np.float64), bunch.target.astype(np.int64)
    for each in (features, labels):
        each.setflags(write=False)
    return Examples(
        features=features,
        labels=labels,
        class_names=tuple(str(name) for name in bunch.target_names),
        feature_names=tuple(f"pixel {row},{column}" for row in range(8) for column in range(8)),
        image_shape=(8, 8),
    )
