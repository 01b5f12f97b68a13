"""The words that a filter can be completed with: columns, and values that occur in some runs."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Self

import numpy as np
import pandas as pd
from lark import Lark

from lossopt_core.experiment.vocabulary import TIMES, names_of_columns
from lossopt_core.query.columns import (
    BEST,
    AccuracyColumn,
    ChoiceColumn,
    Column,
    NumberColumn,
    SwitchColumn,
    TextColumn,
    TimeColumn,
    known_columns,
)
from lossopt_core.query.filters import FilterError, language, parse
from lossopt_core.training.run import HISTORY_COLUMNS

LONGEST_VALUE = 60
"""Longer texts, such as notes, are not offered as values."""
MOST_VALUES = 200
"""Most values of a column that are kept."""
DAYS = 5
"""How many of the latest days of the runs are offered."""
ALIASES = ("tags", "family")
"""Second names of columns."""
KEYWORDS = ("and", "or", "not", "in", "is", "contains", "missing")
EXTREMES = {"lowest": 0.0, "median": 0.5, "highest": 1.0}
"""Quantiles of results that are offered: their values are too many, and no round numbers."""


@dataclass(frozen=True)
class Word:
    """A text that can stand in a filter, and what it is."""

    text: str
    about: str = ""


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """What the filters of a table of runs can be made of.

    columns   all columns by name, those first that tell runs of the table apart
    values    by column, what occurs in the table, as it is written in a filter
    parser    of filters
    """

    columns: Mapping[str, Column]
    values: Mapping[str, Sequence[Word]]
    parser: Lark

    @classmethod
    def of(cls, table: pd.DataFrame, now: datetime | None = None) -> Self:
        """The vocabulary of a table as `RunStore.list` returns it."""
        known = {name: each for name, each in known_columns(now).items() if name not in ALIASES}
        values = {name: list(_values(name, each, table)) for name, each in known.items()}
        # Columns without any value, such as options of other data sets, come last.
        order = sorted(known, key=lambda name: -min(2, len(values[name])))
        return cls({name: known[name] for name in order}, values, language())

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Everything that columns are called, in lower case, to their names."""
        return names_of_columns([*self.columns, *ALIASES])

    @cached_property
    def aliases(self) -> Mapping[str, Sequence[str]]:
        """Everything that each column is called, by its name."""
        found: dict[str, list[str]] = {name: [] for name in self.columns}
        for alias, name in self.names.items():
            if name in found:
                found[name].append(alias)
        return found

    def occurs(self, name: str) -> bool:
        """Whether the table has a value of this column."""
        return bool(self.values[name])


def in_words(name: str) -> str:
    """A column's name as people write it: 'learning rate'."""
    return name.replace("_", " ")


def _values(name: str, column: Column, table: pd.DataFrame) -> Iterator[Word]:
    if column.key not in table:
        return
    cells = table[column.key]
    match column:
        case TimeColumn():
            if len(times := pd.to_datetime(cells.dropna(), utc=True)):
                yield from (Word(each, "time") for each in TIMES)
                days = sorted({f"{each:%Y-%m-%d}" for each in times}, reverse=True)
                yield from (Word(each, "day (UTC)") for each in days[:DAYS])
        case SwitchColumn():
            values = {bool(each) for each in cells.dropna()}
            yield from (Word(str(each).lower()) for each in sorted(values))
        case ChoiceColumn():
            occurring = set(cells.dropna())
            for value, label in column.labels.items():
                if value in occurring:
                    yield Word(_choice(name, value, label))
        case NumberColumn():
            yield from _numbers(name, column, cells)
        case TextColumn():
            lists = (each if isinstance(each, list) else [each] for each in cells)
            found = dict.fromkeys(text for texts in lists for text in texts if _is_short(text))
            yield from (Word(_text(each)) for each in list(found)[:MOST_VALUES])


def _is_short(text: object) -> bool:
    return isinstance(text, str) and bool(text.strip()) and len(text) <= LONGEST_VALUE


def _text(text: str) -> str:
    """Free text as it is written in a filter."""
    plain = re.fullmatch(r"[\w.+-]+", text) and text.casefold() not in KEYWORDS
    return text if plain else quoted(text)


@lru_cache(maxsize=1_000)
def _choice(name: str, value: str, label: str) -> str:
    """The value of a setting under its label, as it is written in a filter."""
    for text in (label, value):
        try:
            read = parse(f"{name} = {text}")
        except FilterError:
            continue
        if read.condition == parse(f"{name} = {quoted(value)}").condition:
            return text
    return quoted(label)


def _numbers(name: str, column: Column, cells: pd.Series) -> Iterator[Word]:
    values = np.unique(cells.to_numpy(dtype=np.float64, na_value=np.nan))
    values = values[np.isfinite(values)]
    if name not in (*HISTORY_COLUMNS, *BEST):
        texts = (f"{value:.12g}" for value in values[:MOST_VALUES])
        yield from (Word(each) for each in texts if column.read(each) in values)
    elif len(values):
        percent = isinstance(column, AccuracyColumn)
        for about, share in EXTREMES.items():
            value = float(np.quantile(values, share, method="nearest"))
            yield Word(f"{100 * value:.3g} %" if percent else f"{value:.3g}", about)


def quoted(text: str) -> str:
    """The text in double quotes, in which it may contain anything."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
