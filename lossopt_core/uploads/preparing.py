"""From a table to examples: which column is the label, what becomes of texts and of gaps.

What was done is described in sentences; what cannot be done is named with its row and column.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from lossopt_core.data.datasets import Examples
from lossopt_core.fields import brief
from lossopt_core.objective.linear import Array
from lossopt_core.uploads.serialization import (
    LONGEST_NAME,
    MOST_CLASSES,
    check_classes,
    checked,
)

Mask = np.ndarray[Any, np.dtype[np.bool_]]

MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?"})
"""Cells, in small letters, that stand for nothing."""
GAPS = {"drop": "Leave their rows out", "mean": "Fill in the column's mean"}
TEXTS = {"one_hot": "A column of 0 and 1 for each value", "drop": "Leave them out"}
MOST_VALUES = 50
"""Of a column of texts that becomes columns of 0 and 1."""
ODD_SHARE = 0.2
"""A column with fewer texts than this among its numbers is one of numbers, with mistakes in it."""
LABEL_NAMES = ("label", "class", "target", "y", "species", "category")


@dataclass(frozen=True)
class Preparation:
    """What the columns mean: `missing` is one of `GAPS`, `texts` one of `TEXTS`."""

    label: str
    features: tuple[str, ...]
    missing: str = "drop"
    texts: str = "one_hot"


@dataclass(frozen=True, eq=False)
class Prepared:
    """Examples, what was done to get them, and how many there are of each class."""

    examples: Examples
    said: tuple[str, ...]

    @property
    def balance(self) -> pd.Series:
        """Examples of each class, by its name."""
        counts = np.bincount(self.examples.labels, minlength=len(self.examples.class_names))
        return pd.Series(counts, index=list(self.examples.class_names), name="examples")


@dataclass(frozen=True, eq=False)
class Column:
    """A column of a table, looked at once; all arrays are (rows,).

    cells      its cells without spaces around them, empty where something is missing; or numbers
    numbers    what they stand for, NaN where that is no number or where something is missing
    odd        whether a cell stands for no number, and is not missing
    """

    name: str
    cells: pd.Series
    numbers: Array
    odd: Mask

    @property
    def texts(self) -> pd.Series:
        """The cells as texts; made when they are asked for, since they take much memory."""
        if self._of_numbers:
            texts = [_as_text(number) for number in self.numbers]
            return pd.Series(texts, self.cells.index, dtype=object)
        return self.cells

    @property
    def _of_numbers(self) -> bool:
        return self.cells.dtype.kind in "fiub"

    @cached_property
    def gaps(self) -> Mask:
        """Where something is missing."""
        if self._of_numbers:
            return np.asarray(np.isnan(self.numbers), np.bool_)
        return (self.cells == "").to_numpy(bool)

    @cached_property
    def numeric(self) -> bool:
        """Whether it is a column of numbers, be it with a few mistakes."""
        given = len(self.cells) - int(self.gaps.sum())
        return given > 0 and int(self.odd.sum()) < max(1, ODD_SHARE * given)

    @cached_property
    def values(self) -> int:
        """How many different ones, what is missing left out."""
        if self._of_numbers:
            return int(pd.Series(self.numbers).nunique())
        return int(self.cells[~self.gaps].nunique())


def columns_of(table: pd.DataFrame) -> list[Column]:
    """The columns of a table as `reading.read` gives it."""
    return [_column(str(name), table[name]) for name in table.columns]


def _column(name: str, cells: pd.Series) -> Column:
    if cells.dtype.kind in "fiub":
        return Column(name, cells, cells.to_numpy(np.float64), np.zeros(len(cells), dtype=bool))
    texts = cells.map(lambda cell: "" if pd.isna(cell) else str(cell).strip()).astype(object)
    texts = texts.where(~texts.str.lower().isin(MISSING), "")
    numbers = np.array([_number(text) for text in texts], dtype=np.float64)
    odd = np.isnan(numbers) & (texts != "").to_numpy(bool)
    return Column(name, texts, numbers, odd)


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
    """The label is what is called so, or the last column of few values; the rest are features."""
    names = [column.name for column in columns]
    few = [column.name for column in columns if 2 <= column.values <= MOST_CLASSES]
    called_so = [name for name in names if name.strip().lower() in LABEL_NAMES]
    label = (called_so or few or names)[-1]
    # A column of texts that are all different tells examples apart, not classes.
    features = [
        column.name
        for column in columns
        if column.name != label and (column.numeric or column.values <= MOST_VALUES)
    ]
    return Preparation(label, tuple(features))


def prepare(columns: Sequence[Column], how: Preparation) -> Prepared:
    """Examples out of a table; ValueError names what cannot be, with row and column."""
    by_name = {column.name: column for column in columns}
    if missing := [name for name in (how.label, *how.features) if name not in by_name]:
        raise ValueError(f"there is no column {brief(missing[0])}")
    if how.label in how.features:
        raise ValueError(f"{brief(how.label)} is the label: it must not be a feature, too")
    if how.missing not in GAPS or how.texts not in TEXTS:
        raise ValueError(f"missing must be one of {', '.join(GAPS)}, texts of {', '.join(TEXTS)}")
    said: list[str] = []
    label = by_name[how.label]
    if label.gaps.any():
        said.append(f"{_rows(int(label.gaps.sum()))} without a label left out.")
    features = _features([by_name[name] for name in how.features], how.texts, ~label.gaps, said)
    if not features:
        raise ValueError("there must be a feature: choose a column of numbers, or keep the texts")
    features, rows = _without_gaps(features, ~label.gaps, how.missing, said)
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
    return Prepared(checked(examples), tuple(said))


def _features(
    columns: Sequence[Column], texts: str, rows: Mask, said: list[str]
) -> dict[str, Array]:
    """The features by their names, each (n,), NaN where something is missing.

    Only in the `rows` that have a label does a mistake count.
    """
    features: dict[str, Array] = {}
    left_out = []
    for column in columns:
        if column.numeric:
            _check_numbers(column, rows)
            features[column.name] = column.numbers
        elif texts == "drop":
            left_out.append(column.name)
        else:
            ones = _one_hot(column, rows)
            said.append(f"Column {brief(column.name)} became {len(ones)} columns of 0 and 1.")
            features |= ones
    if left_out:
        said.append(f"Left out, since they hold texts: {', '.join(map(brief, left_out))}.")
    return features


def _check_numbers(column: Column, rows: Mask) -> None:
    for wrong, what in ((column.odd, "a number"), (np.isinf(column.numbers), "finite")):
        if places := np.flatnonzero(wrong & rows).tolist():
            row, text = column.texts.index[places[0]], column.texts.iloc[places[0]]
            raise ValueError(
                f"row {row:,}, column {brief(column.name)}: {brief(text)} is not {what}"
            )


def _one_hot(column: Column, rows: Mask) -> dict[str, Array]:
    values = sorted(column.texts[~column.gaps & rows].unique())
    if len(values) > MOST_VALUES:
        raise ValueError(
            f"column {brief(column.name)} holds {len(values):,} different texts; at most"
            f" {MOST_VALUES} can become columns. Leave it out"
        )
    return {
        f"{column.name} = {value}"[:LONGEST_NAME]: np.where(
            column.gaps, np.nan, column.texts == value
        ).astype(np.float64)
        for value in values
    }


def _without_gaps(
    features: dict[str, Array], rows: Mask, how: str, said: list[str]
) -> tuple[dict[str, Array], Mask]:
    """Features without NaN in the rows that are kept, and which those are."""
    gaps = {name: np.isnan(feature) & rows for name, feature in features.items()}
    with_gap = np.logical_or.reduce(list(gaps.values()))
    if not with_gap.any():
        return features, rows
    if how == "drop":
        said.append(f"{_rows(int(with_gap.sum()))} with missing values left out.")
        return features, rows & ~with_gap
    filled = {}
    for name, feature in features.items():
        given = feature[rows & ~np.isnan(feature)]
        if not len(given):
            raise ValueError(f"column {brief(name)} is empty: leave it out")
        filled[name] = np.where(np.isnan(feature), given.mean(), feature)
    said.append(f"{sum(int(each.sum()) for each in gaps.values()):,} missing values filled in.")
    return filled, rows


def _labels(
    column: Column, rows: Mask
) -> tuple[np.ndarray[Any, np.dtype[np.int64]], tuple[str, ...]]:
    """Labels as 0..C-1, and the names of the classes, numbers in their order."""
    texts = column.texts[rows]
    if not column.odd.any():  # 1.0 and 1 are the same class
        texts = texts.str.removesuffix(".0")
    values = sorted(texts.unique(), key=_order)
    if len(values) > MOST_CLASSES:
        raise ValueError(
            f"column {brief(column.name)} has {len(values):,} different values; a label may"
            f" have at most {MOST_CLASSES}. Choose another label column"
        )
    places = {value: place for place, value in enumerate(values)}
    return texts.map(places).to_numpy(np.int64), tuple(values)


def _order(text: str) -> tuple[bool, float, str]:
    number = _number(text)
    return (True, 0.0, text) if math.isnan(number) else (False, number, text)


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"
