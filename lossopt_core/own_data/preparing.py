"""From a table to examples: which column is the label, what becomes of texts and of gaps.

What was done is said in sentences; what cannot be done is named with its row and column.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lossopt_core.datasets import Examples
from lossopt_core.fields import brief
from lossopt_core.linear import Array
from lossopt_core.own_data.keeping import LONGEST_NAME, MOST_CLASSES, check_classes, checked
from lossopt_core.own_data.reading import is_number

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


def suggest(table: pd.DataFrame) -> Preparation:
    """The label is what is called so, or the last column of few values; the rest are features."""
    names = [str(name) for name in table.columns]
    few = [name for name in names if 2 <= _texts(table[name]).nunique() <= MOST_CLASSES]
    called_so = [name for name in names if name.strip().lower() in LABEL_NAMES]
    label = (called_so or few or names)[-1]
    # A column of texts that are all different tells examples apart, not classes.
    features = [
        name
        for name in names
        if name != label and (is_numeric(table[name]) or _values_of(table[name]) <= MOST_VALUES)
    ]
    return Preparation(label, tuple(features))


def prepare(table: pd.DataFrame, how: Preparation) -> Prepared:
    """Examples out of a table; ValueError names what cannot be, with row and column."""
    if missing := [name for name in (how.label, *how.features) if name not in table.columns]:
        raise ValueError(f"there is no column {brief(missing[0])}")
    if how.label in how.features:
        raise ValueError(f"{brief(how.label)} is the label: it must not be a feature, too")
    if how.missing not in GAPS or how.texts not in TEXTS:
        raise ValueError(f"missing must be one of {', '.join(GAPS)}, texts of {', '.join(TEXTS)}")
    said: list[str] = []
    table = _with_label(table, how.label, said)
    columns = _columns(table, how, said)
    if not columns:
        raise ValueError("there must be a feature: choose a column of numbers, or keep the texts")
    columns, rows = _without_gaps(columns, len(table), how.missing, said)
    labels, class_names = _labels(table[how.label][rows])
    try:
        check_classes(labels, class_names)
    except ValueError as error:
        raise ValueError(f"column {brief(how.label)} as label: {error}") from None
    examples = Examples(
        features=np.column_stack([column[rows] for column in columns.values()]),
        labels=labels,
        class_names=class_names,
        feature_names=tuple(columns),
    )
    return Prepared(checked(examples), tuple(said))


def is_numeric(column: pd.Series) -> bool:
    """Whether it is a column of numbers, be it with a few mistakes."""
    if column.dtype.kind in "fiub":
        return True
    given = _texts(column)[~_gaps(column)]
    odd = sum(not is_number(text) for text in given)
    return len(given) > 0 and odd < max(1, ODD_SHARE * len(given))


def _values_of(column: pd.Series) -> int:
    return int(_texts(column)[~_gaps(column)].nunique())


def _texts(column: pd.Series) -> pd.Series:
    return column.map(_text).astype(object)


def _text(cell: Any) -> str:
    if isinstance(cell, bool | np.bool_):
        return str(int(cell))
    return "" if pd.isna(cell) else str(cell).strip()


def _gaps(column: pd.Series) -> pd.Series:
    return _texts(column).str.lower().isin(MISSING)


def _with_label(table: pd.DataFrame, label: str, said: list[str]) -> pd.DataFrame:
    gaps = _gaps(table[label])
    if gaps.any():
        said.append(f"{_rows(int(gaps.sum()))} without a label left out.")
    return table[~gaps]


def _columns(table: pd.DataFrame, how: Preparation, said: list[str]) -> dict[str, Array]:
    """The features by their names, each (n,), NaN where something is missing."""
    columns: dict[str, Array] = {}
    left_out = []
    for name in how.features:
        if is_numeric(table[name]):
            columns[name] = _numbers(name, table[name])
        elif how.texts == "drop":
            left_out.append(name)
        else:
            ones = _one_hot(name, table[name])
            said.append(f"Column {brief(name)} became {len(ones)} columns of 0 and 1.")
            columns |= ones
    if left_out:
        said.append(f"Left out, since they hold texts: {', '.join(map(brief, left_out))}.")
    return columns


def _numbers(name: str, column: pd.Series) -> Array:
    texts, gaps = _texts(column), _gaps(column)
    for row, text in texts[~gaps].items():
        if not is_number(text):
            raise ValueError(f"row {row:,}, column {brief(name)}: {brief(text)} is not a number")
        if not np.isfinite(float(text)):
            raise ValueError(f"row {row:,}, column {brief(name)}: {brief(text)} is not finite")
    return texts.where(~gaps, "nan").astype(np.float64).to_numpy()


def _one_hot(name: str, column: pd.Series) -> dict[str, Array]:
    texts, gaps = _texts(column), _gaps(column)
    values = sorted(texts[~gaps].unique())
    if len(values) > MOST_VALUES:
        raise ValueError(
            f"column {brief(name)} holds {len(values):,} different texts; at most {MOST_VALUES}"
            " can become columns. Leave it out"
        )
    return {
        f"{name} = {value}"[:LONGEST_NAME]: np.where(gaps, np.nan, texts == value).astype(float)
        for value in values
    }


def _without_gaps(
    columns: dict[str, Array], rows: int, how: str, said: list[str]
) -> tuple[dict[str, Array], Any]:
    """Columns without NaN, and which rows are kept, (n,)."""
    gaps = {name: np.isnan(column) for name, column in columns.items()}
    with_gap = np.logical_or.reduce(list(gaps.values()))
    everything = np.ones(rows, dtype=bool)
    if not with_gap.any():
        return columns, everything
    if how == "drop":
        said.append(f"{_rows(int(with_gap.sum()))} with missing values left out.")
        return columns, ~with_gap
    filled = {}
    for name, column in columns.items():
        if gaps[name].all():
            raise ValueError(f"column {brief(name)} is empty: leave it out")
        filled[name] = np.where(gaps[name], np.nanmean(column), column)
    said.append(f"{sum(int(each.sum()) for each in gaps.values()):,} missing values filled in.")
    return filled, everything


def _labels(column: pd.Series) -> tuple[np.ndarray[Any, Any], tuple[str, ...]]:
    """Labels as 0..C-1, and the names of the classes, numbers in their order."""
    texts = _texts(column).map(_without_zeros)
    values = sorted(texts.unique(), key=_order)
    if len(values) > MOST_CLASSES:
        raise ValueError(
            f"column {brief(str(column.name))} has {len(values):,} different values; a label may"
            f" have at most {MOST_CLASSES}. Choose another label column"
        )
    places = {value: place for place, value in enumerate(values)}
    return texts.map(places).to_numpy(np.int64), tuple(values)


def _without_zeros(text: str) -> str:
    """1.0 and 1 are the same class."""
    return text.removesuffix(".0") if is_number(text) else text


def _order(text: str) -> tuple[int, float, str]:
    return (0, float(text), text) if is_number(text) else (1, 0.0, text)


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def column_kinds(table: pd.DataFrame) -> Sequence[tuple[str, str, int, int]]:
    """Of each column its name, `numbers` or `texts`, how many values, and how many are missing."""
    return [
        (
            str(name),
            "numbers" if is_numeric(table[name]) else "texts",
            _values_of(table[name]),
            int(_gaps(table[name]).sum()),
        )
        for name in table.columns
    ]
