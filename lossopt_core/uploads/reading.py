"""Reading uploaded data files: tables or arrays.

CSV, TSV and Parquet files are read as tables, whose columns still need roles; NPZ files contain
features or images with labels.  Invalid files raise ValueError.
"""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd

from lossopt_core.data.datasets import Examples
from lossopt_core.fields import brief
from lossopt_core.store.quotas import Budget
from lossopt_core.uploads.files import LARGEST, read_cells
from lossopt_core.uploads.serialization import (
    MAX_CLASSES,
    checked,
    image_shape_of,
    names_of,
    unpacked,
)

ENDINGS = (".csv", ".tsv", ".parquet", ".npz")
INPUTS = ("X", "x", "features", "images", "data")
LABELS = ("y", "labels", "label", "target")
"""Accepted names of the feature and label arrays."""


def read(data: bytes, filename: str, budget: Budget | None = None) -> pd.DataFrame | Examples:
    """Read a table or examples from a file; the file extension determines the format.

    A table's index numbers rows from 1.  Raises BudgetError before allocating more memory than
    the budget allows.
    """
    budget = budget or Budget()
    ending = PurePath(filename).suffix.lower()
    if ending not in ENDINGS:
        raise ValueError(f"the file must end in {', '.join(ENDINGS)}; got {brief(filename)}")
    if len(data) > LARGEST:
        raise ValueError(f"the file must have at most {LARGEST:,} bytes, got {len(data):,}")
    if ending == ".npz":
        return _from_npz(data, budget)
    return _named(read_cells(data, filename, budget))


def _named(table: pd.DataFrame) -> pd.DataFrame:
    """Check that a table has a header row; ValueError if its first row looks like data.

    Integers are accepted as names (as written by pandas) if at least one name is a word.
    """
    names = [str(name) for name in table.columns]
    numbers = [name for name in names if is_number(name) and not name.isalpha()]
    if len(numbers) == len(names) or not all(map(str.isdigit, numbers)):
        raise ValueError("row 1 has numbers instead of column names: add a header row")
    return table


def is_number(text: str) -> bool:
    """Whether a string is a number, finite or not."""
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text


def _from_npz(data: bytes, budget: Budget) -> Examples:
    arrays = unpacked(data, budget)
    X, y = _array_named(arrays, INPUTS), _array_named(arrays, LABELS)
    if X.ndim not in (2, 3) or X.dtype.kind not in "fiub":
        raise ValueError(
            "X must be numeric (examples, features) or images (examples, rows, columns), got"
            f" shape {brief(X.shape)} of {X.dtype}"
        )
    shape = (int(X.shape[1]), int(X.shape[2])) if X.ndim == 3 else None
    if shape is None and "image_shape" in arrays:
        shape = image_shape_of(arrays["image_shape"])
    X = X.reshape(len(X), -1)
    budget.check_numbers(*X.shape)  # before conversion to float64
    labels, class_names = _classes(y, arrays)
    return checked(
        Examples(
            features=X,
            labels=labels,
            class_names=class_names,
            feature_names=_feature_names(X.shape[1], shape, arrays),
            image_shape=shape,
        )
    )


def _array_named(arrays: Mapping[str, Any], names: tuple[str, ...]) -> np.ndarray[Any, Any]:
    found = [arrays[name] for name in names if name in arrays]
    if len(found) != 1:
        held = ", ".join(arrays) or "nothing"
        raise ValueError(
            f"the file must have exactly one array called {', '.join(names)}; it has {brief(held)}"
        )
    array: np.ndarray[Any, Any] = found[0]
    return array


def _classes(
    y: np.ndarray[Any, Any], arrays: Mapping[str, Any]
) -> tuple[np.ndarray[Any, Any], tuple[str, ...]]:
    """Labels as 0..C-1, and the class names."""
    if y.ndim != 1 or y.dtype.kind not in "iuU":
        raise ValueError("y must be a list of integers or strings")
    if "class_names" in arrays and y.dtype.kind in "iu":
        return y, names_of("class_names", arrays["class_names"])
    values, labels = np.unique(y, return_inverse=True)
    if len(values) > MAX_CLASSES:
        raise ValueError(f"y has {len(values):,} distinct values; the maximum is {MAX_CLASSES}")
    return labels, tuple(str(value) for value in values.tolist())


def _feature_names(
    width: int, shape: tuple[int, int] | None, arrays: Mapping[str, Any]
) -> tuple[str, ...]:
    if "feature_names" in arrays:
        return names_of("feature_names", arrays["feature_names"])
    if shape is not None:
        rows, columns = shape
        return tuple(f"pixel {row},{column}" for row in range(rows) for column in range(columns))
    return tuple(f"x{index + 1}" for index in range(width))
