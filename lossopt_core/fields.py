"""What a setting may be: its default, its range and the words that go with it.

Experiments and data set options declare their settings with these classes.  Checks,
controls, the command line and links all read the same declaration.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lossopt_core.plugins.registry import NAME, Registry

LONGEST_SHOWN = 80


def brief(value: Any) -> str:
    """A value as Python writes it, cut short where it is long: it may come from anywhere."""
    try:
        text = repr(value)
    except ValueError:  # an integer of more digits than Python cares to write
        return f"a {type(value).__name__}"
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


class UnknownEntryError(ValueError):
    """A name that is in no registry: perhaps that of a plug-in that is not installed.

    `needs` says in a few words what is missing: "the loss 'focal'".
    """

    def __init__(self, message: str, registry: Registry[Any], name: str) -> None:
        super().__init__(f"{message} ({registry.about_unknown(name)})")
        self.needs = f"the {registry.kind} {brief(name)}"


@dataclass(frozen=True)
class Number:
    """A number in the closed range [low, high]; `whole` numbers only, where that is meant.

    `logarithmic` says that the useful values spread over powers of ten.
    """

    label: str
    default: float
    low: float
    high: float
    help: str
    whole: bool = False
    logarithmic: bool = False
    unit: str = ""

    def check(self, name: str, value: Any) -> float | int:
        """The value as int or float; ValueError names the field, the value and the range."""
        try:
            if isinstance(value, bool | str) or not math.isfinite(value):
                raise self._problem(name, value)
            number = float(value) + 0.0  # -0.0 becomes 0.0
        except (TypeError, OverflowError):
            raise self._problem(name, value) from None
        if not self.low <= number <= self.high or (self.whole and not number.is_integer()):
            raise self._problem(name, value)
        return int(value) if self.whole else number

    def _problem(self, name: str, value: Any) -> ValueError:
        kind = "a whole number" if self.whole else "a number"
        allowed = f"{kind} from {self.low:.12g} to {self.high:.12g}"
        return ValueError(f"{name} must be {allowed}, got {brief(value)}")


@dataclass(frozen=True)
class Choice:
    """One name out of a registry."""

    label: str
    default: str
    registry: Mapping[str, Any]
    help: str

    def check(self, name: str, value: Any) -> str:
        """The name; ValueError lists the registry's names, UnknownEntryError where it is one."""
        if isinstance(value, str) and value in self.registry:
            return value
        message = f"{name} must be one of {', '.join(self.registry)}, got {brief(value)}"
        if isinstance(self.registry, Registry) and isinstance(value, str) and NAME.fullmatch(value):
            raise UnknownEntryError(message, self.registry, value)
        raise ValueError(message)


@dataclass(frozen=True)
class Switch:
    """Yes or no."""

    label: str
    default: bool
    help: str

    def check(self, name: str, value: Any) -> bool:
        """The value; ValueError where it is not a boolean."""
        if not isinstance(value, bool):
            raise ValueError(f"{name} must be true or false, got {brief(value)}")
        return value


@dataclass(frozen=True)
class Fingerprint:
    """The digits that say which data are meant, where these have no name."""

    label: str
    help: str
    default: str = 32 * "0"

    def check(self, name: str, value: Any) -> str:
        """The digits; ValueError where they are none."""
        if not isinstance(value, str) or not re.fullmatch("[0-9a-f]{32}", value):
            raise ValueError(f"{name} must be 32 hexadecimal digits, got {brief(value)}")
        return value


Field = Number | Choice | Switch | Fingerprint
