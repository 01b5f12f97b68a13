"""The columns available in filters: parsing of values and matching of rows.

A missing value matches no comparison.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from typing_extensions import override

from lossopt_core.experiment.settings import declared_settings
from lossopt_core.experiment.vocabulary import TIMES, did_you_mean
from lossopt_core.fields import (
    Choice,
    Field,
    Fingerprint,
    Number,
    brief,
)
from lossopt_core.query.relative_times import interval
from lossopt_core.training.run import (
    DIVERGED,
    FINISHED,
    HISTORY_COLUMNS,
    STOPPED,
)

Mask = NDArray[np.bool_]
NUMBER = re.compile(
    r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:e([+-]?[0-9]{1,6}))?\s*(%|[a-z][a-z ]*)?", re.IGNORECASE
)
PERCENT = ("%", "percent", "per cent")
LENGTHS = {
    "%Y-%m-%d": timedelta(days=1),
    "%Y-%m-%dT%H:%M": timedelta(minutes=1),
    "%Y-%m-%d %H:%M": timedelta(minutes=1),
}
"""Time formats, and the length of the interval that each denotes."""
BEST = ("best_objective", "best_train_accuracy", "best_test_accuracy")


@dataclass(frozen=True)
class Column(ABC):
    """A column in filters; `key` is its name in the table of runs.

    Values are those returned by `read`.  Masks are (rows,).
    """

    key: str
    allowed: ClassVar[tuple[str, ...]] = ("=", "!=", "in")

    @abstractmethod
    def read(self, text: str) -> Any:
        """Parse a value; ValueError says what was expected."""

    @abstractmethod
    def equal(self, cells: pd.Series, value: Any) -> Mask:
        """Rows equal to the value."""

    def below(self, cells: pd.Series, value: Any) -> Mask:
        """Rows less than the value, if the column allows `<`."""
        raise NotImplementedError(f"{self.key} has no order")

    def above(self, cells: pd.Series, value: Any) -> Mask:
        """Rows greater than the value, if the column allows `>`."""
        raise NotImplementedError(f"{self.key} has no order")

    def contains(self, cells: pd.Series, text: str) -> Mask:
        """Rows that contain the text, case-insensitively."""
        raise NotImplementedError(f"{self.key} is not text")

    def present(self, cells: pd.Series) -> Mask:
        """Rows with a value."""
        return cells.notna().to_numpy(dtype=np.bool_)


class NumberColumn(Column):
    """Numbers, such as 0.01, 1e-2, 90% (which is 0.9) or 20 epochs."""

    allowed = ("=", "!=", "<", "<=", ">", ">=", "in")

    @override
    def read(self, text: str) -> float:
        parts = NUMBER.fullmatch(text)
        if parts is None:
            raise ValueError(
                f"{self.key} must be compared with a number, such as 0.01, 1e-2 or 90%,"
                f" got {brief(text)}"
            )
        digits, exponent, unit = parts.groups()
        percent = self._is_percent(" ".join((unit or "").casefold().split()))
        # Parsed as one decimal number, because 12.3 / 100 != 0.123.
        return float(f"{digits}e{int(exponent or 0) - 2 * percent}")

    def _is_percent(self, unit: str) -> bool:
        """Whether the unit is per cent; ValueError for a unit that the column does not have."""
        if unit and unit not in PERCENT and unit.rstrip("s") not in self._units():
            raise ValueError(f"{self.key} is not measured in {unit}")
        return unit in PERCENT

    def _units(self) -> tuple[str, ...]:
        """What is counted, in the singular: epochs in epochs, batch_size in examples."""
        counted = self.key.rsplit(".", maxsplit=1)[-1].rstrip("s")
        examples = ("example",) * (self.key in ("gradient_evaluations", "batch_size"))
        return (counted, *examples)

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
    """Booleans."""

    allowed = ("=", "!=")

    @override
    def read(self, text: str) -> bool:
        words = {"true": True, "false": False}
        if text.casefold() not in words:
            raise ValueError(f"{self.key} must be true or false, got {brief(text)}")
        return words[text.casefold()]

    @override
    def equal(self, cells: pd.Series, value: bool) -> Mask:
        return cells.isin([value]).to_numpy(dtype=np.bool_)


@dataclass(frozen=True)
class ChoiceColumn(Column):
    """Names from a registry; display labels are accepted too."""

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
            f"{brief(text)} is not one of {', '.join(self.labels)}"
            f"{did_you_mean(text, [*self.labels.values(), *self.labels])}"
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
    """Free text, compared case-insensitively.  Empty text counts as missing."""

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
    """Lists of strings; a row matches if any element does."""

    def _where(self, cells: pd.Series, holds: Callable[[str], bool]) -> Mask:
        lists = (each if isinstance(each, list) else [] for each in cells)
        return np.array([any(holds(tag.casefold()) for tag in tags) for tags in lists], bool)


@dataclass(frozen=True)
class TimeColumn(Column):
    """Times.  2026-11-01 is that whole day and 2026-11-01T10:30 that minute, both in UTC.

    Relative times, such as yesterday, are reckoned from `now`, and its days are those of its time
    zone.
    """

    now: datetime | None = None

    allowed = ("=", "!=", "<", "<=", ">", ">=", "in")

    def read(self, text: str) -> tuple[datetime, datetime]:
        """The start and end of the day, minute or relative time."""
        relative = interval(text, self.now or datetime.now(UTC))
        if relative is not None:
            return relative
        for format, length in LENGTHS.items():
            try:
                begin = datetime.strptime(text.upper(), format).replace(tzinfo=UTC)
                return begin, begin + length
            except (ValueError, OverflowError):
                continue
        raise ValueError(
            f"{self.key} must be compared with a day, such as 2026-11-01 or yesterday, or a time in"
            f" UTC, such as 2026-11-01T10:30, got {brief(text)}{did_you_mean(text, TIMES)}"
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
    """Convert to times, even for an empty table without proper dtypes."""
    return pd.to_datetime(cells, utc=True)


def known_columns(now: datetime | None = None) -> dict[str, Column]:
    """All columns available in filters, by name; relative times are reckoned from `now`."""
    settings = {name: _of_setting(name, field) for name, field in declared_settings().items()}
    results = {
        name: AccuracyColumn(name) if name.endswith("accuracy") else NumberColumn(name)
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
        "created": TimeColumn("created", now),
        "id": TextColumn("id"),
        "group": TextColumn("family"),
        "family": TextColumn("family"),  # the old name of "group"
    }


SEARCHED = ("name", "note", "tag", "loss", "optimizer", "dataset", "id", "group")
"""The columns in which plain words are searched."""


class AccuracyColumn(NumberColumn):
    """Accuracies between 0 and 1, which tables show in percent: a number above 1 is in percent."""

    @override
    def read(self, text: str) -> float:
        accuracy = super().read(text)
        if accuracy > 1.0 and text.strip()[-1].isdecimal():
            accuracy = super().read(f"{text}%")
        if accuracy > 1.0:
            raise ValueError(f"{self.key} is at most 1 (100%), got {brief(text)}")
        return accuracy


def _of_setting(name: str, declaration: Field) -> Column:
    if isinstance(declaration, Number):
        return NumberColumn(name)
    if isinstance(declaration, Choice):
        return ChoiceColumn(name, {key: each.label for key, each in declaration.registry.items()})
    if isinstance(declaration, Fingerprint):
        return TextColumn(name)
    return SwitchColumn(name)
