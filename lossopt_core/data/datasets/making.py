"""Helpers for data sets."""

from typing import Any

import numpy as np
import pandas as pd

from lossopt_core.data.datasets.base import Examples
from lossopt_core.objective.linear import Array, Labels
from lossopt_core.shipped import path_of

SHIPPED = path_of("data")


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
