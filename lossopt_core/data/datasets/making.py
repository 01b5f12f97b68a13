"""Helpers for data sets."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from typing_extensions import override

from lossopt_core.data.datasets.base import Dataset, Examples, Size
from lossopt_core.objective.linear import Array, Labels
from lossopt_core.shipped import path_of

SHIPPED = path_of("data")


class ShippedTable(Dataset):
    """A CSV file in `data/` with one row per example and the class in its first column.

    file      its name
    classes   the name of its first column
    rows      its size
    """

    file: ClassVar[str]
    classes: ClassVar[str]
    rows: ClassVar[Size]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "make" not in vars(cls):
            cls.numpy_code = f"""\
rows = np.loadtxt("data/{cls.file}", str, delimiter=",", skiprows=1, quotechar='"')
X, y = rows[:, 1:].astype(float), np.unique(rows[:, 0], return_inverse=True)[1]
"""

    @override
    def size(self, options: Mapping[str, Any]) -> Size:
        return self.rows

    @override
    def make(self, options: Mapping[str, Any], seed: int) -> Examples:
        return shipped_table(self.file, self.classes)


def shipped_table(file: str, label: str) -> Examples:
    """Read a table in `data/` with one row per example and its class in the column `label`."""
    table = pd.read_csv(SHIPPED / file)
    classes = sorted(table[label].unique())
    features = table.drop(columns=label)
    return Examples(
        features=features.to_numpy(np.float64),
        labels=table[label].map({name: k for k, name in enumerate(classes)}).to_numpy(np.int64),
        class_names=tuple(str(name) for name in classes),
        feature_names=tuple(str(name).replace("_", " ") for name in features.columns),
    )


def of_bunch(bunch: Any) -> Examples:
    """Convert a scikit-learn Bunch to examples."""
    return Examples(
        features=bunch.data.astype(np.float64),
        labels=bunch.target.astype(np.int64),
        class_names=tuple(str(name) for name in bunch.target_names),
        feature_names=tuple(str(name) for name in bunch.feature_names),
    )


def two_classes(features: Array, labels: Labels) -> Examples:
    """Points (n, 2) of two classes, with default names."""
    return Examples(features, labels.astype(np.int64), letters(2), coordinates(2))


def letters(count: int) -> tuple[str, ...]:
    """Default class names."""
    return tuple("ABCDEFGHIJ"[:count])


def coordinates(count: int) -> tuple[str, ...]:
    """Default feature names."""
    return tuple(f"x{index + 1}" for index in range(count))
