"""Kinds of declarations that only pages need, beside those of the core's settings."""

from dataclasses import dataclass
from typing import Any

from lossopt_core.fields import Number, brief


@dataclass(frozen=True)
class Slider(Number):
    """A number that is moved rather than typed, in steps."""

    step: float = 0.1


@dataclass(frozen=True)
class Matrix:
    """A few numbers in rows and columns, each of which has a name.

    A row without a name is one of several numbers that need none.
    """

    label: str
    default: tuple[tuple[float, ...], ...]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    low: float
    high: float
    help: str

    def check(self, name: str, value: Any) -> tuple[tuple[float, ...], ...]:
        """The rows; ValueError for another shape, and for numbers that are not allowed."""
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
