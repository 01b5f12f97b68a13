"""Kinds of options that only pages need, in addition to those of an experiment's settings.

As in `lossopt_core.fields`, each has a label, a default and allowed values: `check` returns the
value, or raises ValueError with the option's name and what is allowed.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lossopt_core.fields import (
    Choice,
    Field,
    Number,
    brief,
)
from lossopt_ui.state.lanes import Lanes

MAX_CHOSEN = 120
MAX_SAID = 12
"""Names listed in an error message."""
EVERYTHING, NOTHING = "all", "none"
"""What may stand for ids: all runs that the table shows, or none of them."""


class Tabs(Choice):
    """One of a few names, all visible at once."""


@dataclass(frozen=True)
class Several:
    """A subset of a few integers."""

    label: str
    default: tuple[int, ...]
    choices: tuple[int, ...]
    help: str

    def check(self, name: str, value: Any) -> tuple[int, ...]:
        """The numbers, in the order of the choices; ValueError for other values."""
        if not isinstance(value, list | tuple) or not set(value) <= set(self.choices):
            allowed = ", ".join(map(str, self.choices))
            raise ValueError(f"{name} must be chosen from {allowed}, got {brief(value)}")
        return tuple(each for each in self.choices if each in value)


@dataclass(frozen=True)
class Names:
    """A subset of a few names, in the given order."""

    label: str
    choices: Mapping[str, str]
    help: str
    default: tuple[str, ...] = ()
    none: str = ""

    def check(self, name: str, value: Any) -> tuple[str, ...]:
        """The names without duplicates; ValueError for other values."""
        given = value if isinstance(value, list | tuple) else [value]
        unknown = [each for each in given if not isinstance(each, str) or each not in self.choices]
        if unknown or given is not value:
            allowed = ", ".join(list(self.choices)[:MAX_SAID])
            more = ", …" if len(self.choices) > MAX_SAID else ""
            raise ValueError(
                f"{name} must be chosen from {allowed}{more}; got {brief((unknown or given)[0])}"
            )
        return tuple(dict.fromkeys(value))


@dataclass(frozen=True)
class Text:
    """A line of text."""

    label: str
    max_length: int
    help: str
    placeholder: str = ""
    default: str = ""

    def check(self, name: str, value: Any) -> str:
        """The stripped text; ValueError if it is not text or too long."""
        if not isinstance(value, str):
            raise ValueError(f"{name} must be text, got {brief(value)}")
        if len(value) > self.max_length:
            raise ValueError(
                f"{name} must be at most {self.max_length} characters, got {len(value):,}"
            )
        return value.strip()


@dataclass(frozen=True)
class RunIds:
    """Ids of runs or of groups of runs; or all that the table shows, or none."""

    label: str
    default: tuple[str, ...]
    help: str
    most: int = MAX_CHOSEN

    def check(self, name: str, value: Any) -> tuple[str, ...]:
        """The ids without duplicates; ValueError for malformed or too many ids."""
        ids = tuple(dict.fromkeys(value)) if isinstance(value, list | tuple) else None
        if ids in ((EVERYTHING,), (NOTHING,)):
            return ids
        if ids is None or not all(
            isinstance(i, str) and re.fullmatch("[0-9a-f]{16}", i) for i in ids
        ):
            raise ValueError(f"{name} must be ids of 16 hexadecimal digits, got {brief(value)}")
        if len(ids) > self.most:
            raise ValueError(f"{name} must be at most {self.most} ids, got {len(ids)}")
        return ids


@dataclass(frozen=True)
class Chips:
    """Conditions of the form `kind:value`; pages look the values up among those that occur."""

    label: str
    kinds: Mapping[str, str]
    help: str
    none: str = ""
    default: tuple[str, ...] = ()

    def check(self, name: str, value: Any) -> tuple[str, ...]:
        """The conditions without duplicates; ValueError for an unknown kind or too many."""
        given = tuple(dict.fromkeys(value)) if isinstance(value, list | tuple) else (value,)
        for each in given:
            kind, _, content = each.partition(":") if isinstance(each, str) else ("", "", "")
            if kind not in self.kinds or not re.fullmatch(r"[\w.-]{1,40}", content):
                raise ValueError(
                    f"{name} must be conditions such as {next(iter(self.kinds))}:VALUE, with one of"
                    f" {', '.join(self.kinds)}; got {brief(each)}"
                )
        if len(given) > MAX_SAID:
            raise ValueError(f"{name} must be at most {MAX_SAID} conditions, got {len(given)}")
        return given


@dataclass(frozen=True)
class Slider(Number):
    """A number chosen with a slider, in steps."""

    step: float = 0.1


@dataclass(frozen=True)
class Matrix:
    """A few numbers in named rows and columns.

    A single row may have the empty name.
    """

    label: str
    default: tuple[tuple[float, ...], ...]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    low: float
    high: float
    help: str

    def check(self, name: str, value: Any) -> tuple[tuple[float, ...], ...]:
        """The rows; ValueError for a wrong shape or numbers out of range."""
        shape = f"{len(self.rows)} rows of {len(self.columns)} numbers"
        try:
            found = tuple(tuple(float(each) for each in row) for row in value)
        except (TypeError, ValueError):
            raise ValueError(f"{name} must be {shape}, got {brief(value)}") from None
        if len(found) != len(self.rows) or any(len(row) != len(self.columns) for row in found):
            raise ValueError(f"{name} must be {shape}, got {brief(value)}")
        for each in (each for row in found for each in row):
            if not self.low <= each <= self.high:
                raise ValueError(
                    f"{name}: each number must be {self.low:g} to {self.high:g}, got {each:g}"
                )
        return found


@dataclass(frozen=True)
class Interval:
    """Two numbers in ascending order; None leaves an end open."""

    label: str
    help: str
    default: tuple[float | None, float | None] = (None, None)

    def check(self, name: str, value: Any) -> tuple[float | None, float | None]:
        """The two ends; ValueError if they are not finite numbers in ascending order."""
        try:
            low, high = (None if each is None else float(each) for each in value)
        except (TypeError, ValueError):
            raise ValueError(
                f"{name} must be two numbers, each of which may be empty, got {brief(value)}"
            ) from None
        for each in (low, high):
            if each is not None and not math.isfinite(each):
                raise ValueError(f"{name} must be finite numbers, got {each:g}")
        if low is not None and high is not None and low >= high:
            raise ValueError(f"{name} must start below its end, got {low:.12g} to {high:.12g}")
        return low, high


Option = Field | Several | Names | Text | RunIds | Chips | Matrix | Interval | Lanes
"""Any kind of option that can be part of an address."""
