"""Preparing a table as a data set: label column, text columns and missing values.

The result describes what was done in sentences; errors name the row and column.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from lossopt_core.data.datasets import Examples
from lossopt_core.fields import brief
from lossopt_core.objective.linear import Array
from lossopt_core.texts import counted
from lossopt_core.uploads.serialization import (
    LONGEST_NAME,
    MAX_CLASSES,
    check_classes,
    checked,
)

Mask = np.ndarray[Any, np.dtype[np.bool_]]

MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?"})
"""Lower-case cells that count as missing."""
MISSING_VALUES = {"drop": "Drop rows", "mean": "Impute the column mean"}
TEXT_COLUMNS = {"one_hot": "One-hot encode", "drop": "Drop columns"}
MAX_VALUES = 50
"""Maximum number of distinct values in a one-hot encoded column."""
INVALID_FRACTION = 0.2
"""A column with a smaller fraction of non-numeric cells counts as numeric with mistakes."""
LABEL_NAMES = ("label", "class", "target", "y", "species", "category")


@dataclass(frozen=True)
class Preparation:
    """Roles of the columns; `missing` is in `MISSING_VALUES`, `texts` in `TEXT_COLUMNS`."""

    label: str
    features: tuple[str, ...]
    missing: str = "drop"
    texts: str = "one_hot"


@dataclass(frozen=True, eq=False)
class Prepared:
    """The prepared examples, with a description of what was done."""

    examples: Examples
    steps: tuple[str, ...]

    @property
    def balance(self) -> pd.Series:
        """Number of examples per class name."""
        counts = np.bincount(self.examples.labels, minlength=len(self.examples.class_names))
        return pd.Series(counts, index=list(self.examples.class_names), name="examples")


@dataclass(frozen=True, eq=False)
class Column:
    """A parsed column of a table; all arrays are (rows,).

    cells      stripped strings, empty if missing; or numbers
    numbers    numeric values, NaN if missing or not numeric
    invalid    whether a cell is neither numeric nor missing
    """

    name: str
    cells: pd.Series
    numbers: Array
    invalid: Mask

    @property
    def texts(self) -> pd.Series:
        """The cells as strings, created on demand because they take much memory."""
        if self._is_numeric:
            texts = [_as_text(number) for number in self.numbers]
            return pd.Series(texts, self.cells.index, dtype=object)
        return self.cells

    @property
    def _is_numeric(self) -> bool:
        return self.cells.dtype.kind in "fiub"

    @cached_property
    def missing(self) -> Mask:
        """Whether each cell is missing."""
        if self._is_numeric:
            return np.asarray(np.isnan(self.numbers), np.bool_)
        return (self.cells == "").to_numpy(bool)

    @cached_property
    def numeric(self) -> bool:
        """Whether the column is numeric, possibly with a few mistakes."""
        given = len(self.cells) - int(self.missing.sum())
        return given > 0 and int(self.invalid.sum()) < max(1, INVALID_FRACTION * given)

    @cached_property
    def values(self) -> int:
        """Number of distinct non-missing values."""
        if self._is_numeric:
            return int(pd.Series(self.numbers).nunique())
        return int(self.cells[~self.missing].nunique())


def columns_of(table: pd.DataFrame) -> list[Column]:
    """Parse the columns of a table from `reading.read`."""
    return [_column(str(name), table[name]) for name in table.columns]


def _column(name: str, cells: pd.Series) -> Column:
    if cells.dtype.kind in "fiub":
        return Column(name, cells, cells.to_numpy(np.float64), np.zeros(len(cells), dtype=bool))
    texts = cells.map(lambda cell: "" if pd.isna(cell) else str(cell).strip()).astype(object)
    texts = texts.where(~texts.str.lower().isin(MISSING), "")
    numbers = np.array([_number(text) for text in texts], dtype=np.float64)
    invalid = np.isnan(numbers) & (texts != "").to_numpy(bool)
    return Column(name, texts, numbers, invalid)


def _as_text(number: float) -> str:
    if math.isnan(number):
        return ""
    return str(int(number)) if number.is_integer() else repr(float(number))


def _number(text: str) -> float:
    try:
        return math.nan if "_" in text else float(text)
    except ValueError:
        return math.nan


def suggest(columns: Sequence[Column]) -> Preparation:
    """Guess roles: the label by name, or the last column with few values; the rest are features."""
    names = [column.name for column in columns]
    few = [column.name for column in columns if 2 <= column.values <= MAX_CLASSES]
    label_like = [name for name in names if name.strip().lower() in LABEL_NAMES]
    label = (label_like or few or names)[-1]
    # A text column with mostly distinct values identifies examples and is not a useful feature.
    features = [
        column.name
        for column in columns
        if column.name != label and (column.numeric or column.values <= MAX_VALUES)
    ]
    return Preparation(label, tuple(features))


def prepare(columns: Sequence[Column], how: Preparation) -> Prepared:
    """Prepare examples from a table; ValueError names the row and column of a problem."""
    by_name = {column.name: column for column in columns}
    if missing := [name for name in (how.label, *how.features) if name not in by_name]:
        raise ValueError(f"there is no column {brief(missing[0])}")
    if how.label in how.features:
        raise ValueError(f"{brief(how.label)} is the label and cannot be a feature, too")
    if how.missing not in MISSING_VALUES or how.texts not in TEXT_COLUMNS:
        raise ValueError(
            f"missing must be one of {', '.join(MISSING_VALUES)}, texts one of"
            f" {', '.join(TEXT_COLUMNS)}"
        )
    steps: list[str] = []
    label = by_name[how.label]
    if label.missing.any():
        steps.append(f"Dropped {counted(label.missing.sum(), 'row')} without a label.")
    features = _features([by_name[name] for name in how.features], how.texts, ~label.missing, steps)
    if not features:
        raise ValueError("there must be a feature: choose a numeric column, or one-hot encode text")
    features, rows = _handle_missing(features, ~label.missing, how.missing, steps)
    labels, class_names = _labels(label, rows)
    try:
        check_classes(labels, class_names)
    except ValueError as error:
        raise ValueError(f"column {brief(how.label)} as label: {error}") from None
    examples = Examples(
        features=np.column_stack([column[rows] for column in features.values()]),
        labels=labels,
        class_names=class_names,
        feature_names=tuple(features),
    )
    return Prepared(checked(examples), tuple(steps))


def _features(
    columns: Sequence[Column], texts: str, rows: Mask, steps: list[str]
) -> dict[str, Array]:
    """The features by name, each (n,), NaN if missing.

    Invalid cells only matter in the `rows` that have a label.
    """
    features: dict[str, Array] = {}
    dropped = []
    for column in columns:
        if column.numeric:
            _check_numbers(column, rows)
            features[column.name] = column.numbers
        elif texts == "drop":
            dropped.append(column.name)
        else:
            ones = _one_hot(column, rows)
            steps.append(f"One-hot encoded column {brief(column.name)} as {len(ones)} columns.")
            features |= ones
    if dropped:
        steps.append(f"Dropped text columns: {', '.join(map(brief, dropped))}.")
    return features


def _check_numbers(column: Column, rows: Mask) -> None:
    for wrong, what in ((column.invalid, "a number"), (np.isinf(column.numbers), "finite")):
        if places := np.flatnonzero(wrong & rows).tolist():
            row, text = column.texts.index[places[0]], column.texts.iloc[places[0]]
            raise ValueError(
                f"row {row:,}, column {brief(column.name)}: {brief(text)} is not {what}"
            )


def _one_hot(column: Column, rows: Mask) -> dict[str, Array]:
    values = sorted(column.texts[~column.missing & rows].unique())
    if len(values) > MAX_VALUES:
        raise ValueError(
            f"column {brief(column.name)} has {len(values):,} distinct values; at most"
            f" {MAX_VALUES} can be one-hot encoded. Drop the column"
        )
    return {
        f"{column.name} = {value}"[:LONGEST_NAME]: np.where(
            column.missing, np.nan, column.texts == value
        ).astype(np.float64)
        for value in values
    }


def _handle_missing(
    features: dict[str, Array], rows: Mask, how: str, steps: list[str]
) -> tuple[dict[str, Array], Mask]:
    """Features without NaN, and a mask of the rows to use."""
    missing = {name: np.isnan(feature) & rows for name, feature in features.items()}
    incomplete = np.logical_or.reduce(list(missing.values()))
    if not incomplete.any():
        return features, rows
    if how == "drop":
        steps.append(f"Dropped {counted(incomplete.sum(), 'row')} with missing values.")
        return features, rows & ~incomplete
    filled = {}
    for name, feature in features.items():
        given = feature[rows & ~np.isnan(feature)]
        if not len(given):
            raise ValueError(f"column {brief(name)} is empty: drop it")
        filled[name] = np.where(np.isnan(feature), given.mean(), feature)
    steps.append(f"{sum(int(each.sum()) for each in missing.values()):,} missing values imputed.")
    return filled, rows


def _labels(
    column: Column, rows: Mask
) -> tuple[np.ndarray[Any, np.dtype[np.int64]], tuple[str, ...]]:
    """Labels as 0..C-1, and the class names, with numbers in numeric order."""
    texts = column.texts[rows]
    if not column.invalid.any():
        texts = texts.map(_one_form(texts.unique()))
    values = sorted(texts.unique(), key=_order)
    if len(values) > MAX_CLASSES:
        raise ValueError(
            f"column {brief(column.name)} has {len(values):,} distinct values; a label can"
            f" have at most {MAX_CLASSES}. Choose another label column"
        )
    places = {value: place for place, value in enumerate(values)}
    return texts.map(places).to_numpy(np.int64), tuple(values)


def _one_form(texts: Iterable[str]) -> dict[str, str]:
    """One way of writing each number, the shortest: 1, 1.0 and 1.00 are the same class."""
    forms: dict[Decimal, str] = {}
    for text in texts:
        short = text.removesuffix(".0")
        forms[Decimal(text)] = min(forms.get(Decimal(text), short), short, key=_length)
    return {text: forms[Decimal(text)] for text in texts}


def _length(text: str) -> tuple[int, str]:
    return len(text), text


def _order(text: str) -> tuple[bool, float, str]:
    number = _number(text)
    return (True, 0.0, text) if math.isnan(number) else (False, number, text)
