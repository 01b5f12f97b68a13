"""A file with data that somebody brings: a table, or arrays.

CSV, TSV and Parquet are read as a table whose columns are still to be given a meaning; NPZ holds
numbers or images with their labels.  All that is wrong with a file is a ValueError.
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
    MOST_CLASSES,
    checked,
    image_shape_of,
    names_of,
    unpacked,
)

ENDINGS = (".csv", ".tsv", ".parquet", ".npz")
INPUTS = ("X", "x", "features", "images", "data")
LABELS = ("y", "labels", "label", "target")
"""What arrays of numbers and of labels may be called."""


def read(data: bytes, filename: str, budget: Budget | None = None) -> pd.DataFrame | Examples:
    """The table or the examples in a file, of which the name's ending says what it is.

    In a table the index has the number of each row as a person counts.  BudgetError where reading
    it would take more than the budget allows, before it takes it.
    """
    budget = budget or Budget()
    ending = PurePath(filename).suffix.lower()
    if ending not in ENDINGS:
        raise ValueError(f"the file must end in {', '.join(ENDINGS)}; got {brief(filename)}")
    if len(data) > LARGEST:
        raise ValueError(f"the file may have {LARGEST:,} bytes, got {len(data):,}")
    if ending == ".npz":
        return _from_npz(data, budget)
    return _named(read_cells(data, filename, budget))


def _named(table: pd.DataFrame) -> pd.DataFrame:
    """The table; ValueError where its first row looks like one of data.

    Whole numbers may be names, as pandas and spreadsheets write them, as long as one is a word.
    """
    names = [str(name) for name in table.columns]
    numbers = [name for name in names if is_number(name) and not name.isalpha()]
    if len(numbers) == len(names) or not all(map(str.isdigit, numbers)):
        raise ValueError(
            "row 1 has numbers where the names of the columns should be: put a row of names"
            " before it"
        )
    return table


def is_number(text: str) -> bool:
    """Whether a text stands for a number, finite or not."""
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text


def _from_npz(data: bytes, budget: Budget) -> Examples:
    arrays = unpacked(data, budget)
    X, y = _called(arrays, INPUTS), _called(arrays, LABELS)
    if X.ndim not in (2, 3) or X.dtype.kind not in "fiub":
        raise ValueError(
            "X must be numbers (examples, features), or images (examples, rows, columns); got"
            f" the shape {brief(X.shape)} of {X.dtype}"
        )
    shape = (int(X.shape[1]), int(X.shape[2])) if X.ndim == 3 else None
    if shape is None and "image_shape" in arrays:
        shape = image_shape_of(arrays["image_shape"])
    X = X.reshape(len(X), -1)
    budget.check_numbers(*X.shape)  # before they become numbers of 8 bytes each
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


def _called(arrays: Mapping[str, Any], names: tuple[str, ...]) -> np.ndarray[Any, Any]:
    found = [arrays[name] for name in names if name in arrays]
    if len(found) != 1:
        held = ", ".join(arrays) or "nothing"
        raise ValueError(
            f"the file must hold one array called {', '.join(names)}; it holds {brief(held)}"
        )
    array: np.ndarray[Any, Any] = found[0]
    return array


def _classes(
    y: np.ndarray[Any, Any], arrays: Mapping[str, Any]
) -> tuple[np.ndarray[Any, Any], tuple[str, ...]]:
    """Labels as 0..C-1, and what the classes are called."""
    if y.ndim != 1 or y.dtype.kind not in "iuU":
        raise ValueError("y must be a list of whole numbers or of texts")
    if "class_names" in arrays and y.dtype.kind in "iu":
        return y, names_of("class_names", arrays["class_names"])
    values, labels = np.unique(y, return_inverse=True)
    if len(values) > MOST_CLASSES:
        raise ValueError(f"y has {len(values):,} different values, at most {MOST_CLASSES} may be")
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
