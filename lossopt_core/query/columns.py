"""The columns that a filter knows: how their values are written, and which rows hold them.

A missing value satisfies no comparison.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from typing_extensions import override

from lossopt_core.experiment.description import declared_settings
from lossopt_core.fields import (
    Choice,
    Field,
    Fingerprint,
    Number,
    brief,
)
from lossopt_core.training.run import (
    DIVERGED,
    FINISHED,
    HISTORY_COLUMNS,
    STOPPED,
)

Mask = NDArray[np.bool_]
NUMBER = re.compile(
    r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:e([+-]?[0-9]{1,6}))?(%?)", re.IGNORECASE
)
LENGTHS = {
    "%Y-%m-%d": timedelta(days=1),
    "%Y-%m-%dT%H:%M": timedelta(minutes=1),
    "%Y-%m-%d %H:%M": timedelta(minutes=1),
}
"""Ways to write a time, and how long the time lasts that is meant."""
BEST = ("best_objective", "best_train_accuracy", "best_test_accuracy")


@dataclass(frozen=True)
class Column(ABC):
    """What a filter may ask of a column; `key` is its name in the table of runs.

    Values are those that `read` made of a text.  Masks are (rows,).
    """

    key: str
    allowed: ClassVar[tuple[str, ...]] = ("=", "!=", "in")

    @abstractmethod
    def read(self, text: str) -> Any:
        """The value that a text means; ValueError says what was expected."""

    @abstractmethod
    def equal(self, cells: pd.Series, value: Any) -> Mask:
        """Rows that hold the value."""

    def below(self, cells: pd.Series, value: Any) -> Mask:
        """Rows with less than the value, where `allowed` has the sign."""
        raise NotImplementedError(f"{self.key} has no order")

    def above(self, cells: pd.Series, value: Any) -> Mask:
        """Rows with more than the value, where `allowed` has the sign."""
        raise NotImplementedError(f"{self.key} has no order")

    def contains(self, cells: pd.Series, text: str) -> Mask:
        """Rows with this text anywhere in them, in any case of letters."""
        raise NotImplementedError(f"{self.key} is no text")

    def present(self, cells: pd.Series) -> Mask:
        """Rows that hold anything."""
        return cells.notna().to_numpy(dtype=np.bool_)


class NumberColumn(Column):
    """Numbers, such as 0.01, 1e-2 or 90 % (which is 0.9)."""

    allowed = ("=", "!=", "<", "<=", ">", ">=", "in")

    @override
    def read(self, text: str) -> float:
        parts = NUMBER.fullmatch(text)
        if parts is None:
            raise ValueError(
                f"{self.key} is compared with a number, such as 0.01, 1e-2 or 90%,"
                f" not with {brief(text)}"
            )
        digits, exponent, percent = parts.groups()
        # As one decimal number: 12.3 / 100 is not the number nearest to 0.123.
        return float(f"{digits}e{int(exponent or 0) - 2 * bool(percent)}")

    @override
    def equal(self, cells: pd.Series, value: float) -> Mask:
        mask: Mask = _numbers(cells) == value
        return mask

    @override
    def below(self, cells: pd.Series, value: float) -> Mask:
        return _numbers(cells) < value

    @override
    def above(self, cells: pd.Series, value: float) -> Mask:
        return _numbers(cells) > value


def _numbers(cells: pd.Series) -> NDArray[np.float64]:
    return cells.to_numpy(dtype=np.float64, na_value=np.nan)


class SwitchColumn(Column):
    """true or false."""

    allowed = ("=", "!=")

    @override
    def read(self, text: str) -> bool:
        words = {"true": True, "false": False}
        if text.casefold() not in words:
            raise ValueError(f"{self.key} is true or false, not {brief(text)}")
        return words[text.casefold()]

    @override
    def equal(self, cells: pd.Series, value: bool) -> Mask:
        return cells.isin([value]).to_numpy(dtype=np.bool_)


@dataclass(frozen=True)
class ChoiceColumn(Column):
    """Names out of a registry; the labels that pages show are understood, too."""

    labels: Mapping[str, str]
    """Name to label."""

    allowed = ("=", "!=", "in", "contains")

    @override
    def read(self, text: str) -> str:
        wanted = text.casefold()
        for name, label in self.labels.items():
            if wanted in (name.casefold(), label.casefold()):
                return name
        raise ValueError(
            f"{brief(text)} is not one of {', '.join(self.labels)}{did_you_mean(text, self.labels)}"
        )

    @override
    def equal(self, cells: pd.Series, value: str) -> Mask:
        return cells.isin([value]).to_numpy(dtype=np.bool_)

    @override
    def contains(self, cells: pd.Series, text: str) -> Mask:
        wanted = text.casefold()
        names = [
            name
            for name, label in self.labels.items()
            if wanted in name.casefold() or wanted in label.casefold()
        ]
        return cells.isin(names).to_numpy(dtype=np.bool_)


class TextColumn(Column):
    """What people write; the case of letters says nothing.  An empty text is a missing one."""

    allowed = ("=", "!=", "in", "contains")

    @override
    def read(self, text: str) -> str:
        return text.casefold()

    @override
    def equal(self, cells: pd.Series, value: str) -> Mask:
        return self._where(cells, lambda text: text == value)

    @override
    def contains(self, cells: pd.Series, text: str) -> Mask:
        wanted = text.casefold()
        return self._where(cells, lambda text: wanted in text)

    @override
    def present(self, cells: pd.Series) -> Mask:
        return self._where(cells, bool)

    def _where(self, cells: pd.Series, holds: Callable[[str], bool]) -> Mask:
        return np.array([isinstance(each, str) and holds(each.casefold()) for each in cells], bool)


class TagsColumn(TextColumn):
    """Lists of texts; a row is found by any of them."""

    def _where(self, cells: pd.Series, holds: Callable[[str], bool]) -> Mask:
        lists = (each if isinstance(each, list) else [] for each in cells)
        return np.array([any(holds(tag.casefold()) for tag in tags) for tags in lists], bool)


class TimeColumn(Column):
    """Times in UTC.  2026-11-01 is that whole day, 2026-11-01T10:30 that minute."""

    allowed = ("=", "!=", "<", "<=", ">", ">=", "in")

    def read(self, text: str) -> tuple[datetime, datetime]:
        """Its beginning, and the beginning of what comes next."""
        for way, length in LENGTHS.items():
            try:
                begin = datetime.strptime(text.upper(), way).replace(tzinfo=UTC)
                return begin, begin + length
            except (ValueError, OverflowError):
                continue
        raise ValueError(
            f"{self.key} is compared with a day, such as 2026-11-01, or a time in UTC,"
            f" such as 2026-11-01T10:30, not with {brief(text)}"
        )

    @override
    def equal(self, cells: pd.Series, value: tuple[datetime, datetime]) -> Mask:
        return self.present(cells) & ~self.below(cells, value) & ~self.above(cells, value)

    @override
    def below(self, cells: pd.Series, value: tuple[datetime, datetime]) -> Mask:
        return (_times(cells) < value[0]).to_numpy(dtype=np.bool_)

    @override
    def above(self, cells: pd.Series, value: tuple[datetime, datetime]) -> Mask:
        return (_times(cells) >= value[1]).to_numpy(dtype=np.bool_)


def _times(cells: pd.Series) -> pd.Series:
    """As times, also in a table without rows, whose columns have any type."""
    return pd.to_datetime(cells, utc=True)


def known_columns() -> dict[str, Column]:
    """Every column that a filter may name, by that name."""
    settings = {name: _of_setting(name, field) for name, field in declared_settings().items()}
    results = {
        name: ShareColumn(name) if name.endswith("accuracy") else NumberColumn(name)
        for name in (*HISTORY_COLUMNS, *BEST)
    }
    return {
        **settings,
        **results,
        "status": ChoiceColumn("status", {name: name for name in (FINISHED, DIVERGED, STOPPED)}),
        "name": TextColumn("name"),
        "note": TextColumn("note"),
        "tag": TagsColumn("tags"),
        "tags": TagsColumn("tags"),
        "pinned": SwitchColumn("pinned"),
        "archived": SwitchColumn("archived"),
        "reference": SwitchColumn("reference"),
        "created": TimeColumn("created"),
        "id": TextColumn("id"),
        "family": TextColumn("family"),
    }


SEARCHED = ("name", "note", "tag", "loss", "optimizer", "dataset", "id", "family")
"""The columns that a word alone is looked for in."""


class ShareColumn(NumberColumn):
    """Shares of the examples; tables show them in percent."""

    @override
    def read(self, text: str) -> float:
        share = super().read(text)
        if share > 1.0:
            meant = f"; did you mean {text}%?" if share <= 100.0 and "%" not in text else ""
            raise ValueError(f"{self.key} is at most 1, which is 100%, not {brief(text)}{meant}")
        return share


def _of_setting(name: str, declaration: Field) -> Column:
    if isinstance(declaration, Number):
        return NumberColumn(name)
    if isinstance(declaration, Choice):
        return ChoiceColumn(name, {key: each.label for key, each in declaration.registry.items()})
    if isinstance(declaration, Fingerprint):
        return TextColumn(name)
    return SwitchColumn(name)


def did_you_mean(text: str, known: Mapping[str, Any]) -> str:
    """'; did you mean ...?' with the known name that is nearest; nothing if none is near."""
    near = get_close_matches(text.casefold(), known, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
