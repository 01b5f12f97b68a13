"""Declarations of settings: default, allowed range, label and help text.

Experiments and data set options declare their settings with these classes.  Validation,
controls, the command line and links all read the same declaration.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from lossopt_core.plugins.registry import NAME, Registry

LONGEST_SHOWN = 80
MOST_LISTED = 20


def brief(value: Any) -> str:
    """The value's repr, truncated: the value may be untrusted and of any length."""
    try:
        text = repr(value)
    except ValueError:  # an integer with too many digits to convert
        return f"a {type(value).__name__}"
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


class UnknownEntryError(ValueError):
    """An unknown registry name, possibly of a plug-in that is not installed.

    `needs` describes the missing entry: "the loss 'focal'".
    """

    def __init__(self, message: str, registry: Registry[Any], name: str) -> None:
        super().__init__(f"{message} ({registry.about_unknown(name)})")
        self.needs = f"the {registry.kind} {brief(name)}"


@dataclass(frozen=True)
class Number:
    """A number in the closed range [low, high]; integers only if `whole`.

    `logarithmic` means that useful values span several powers of ten.
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
        """Return the value as int or float; ValueError names the field, the value and the range."""
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
    """The name of one entry of a registry."""

    label: str
    default: str
    registry: Mapping[str, Any]
    help: str

    def check(self, name: str, value: Any) -> str:
        """Return the name; ValueError (or UnknownEntryError) lists the allowed names."""
        if isinstance(value, str) and value in self.registry:
            return value
        message = f"{name} must be one of {self._allowed(str(value))}, got {brief(value)}"
        if isinstance(self.registry, Registry) and isinstance(value, str) and NAME.fullmatch(value):
            raise UnknownEntryError(message, self.registry, value)
        raise ValueError(message)

    def _allowed(self, value: str) -> str:
        """The names that can be chosen; of very many, the nearest to what somebody wrote."""
        names = [name for name in self.registry if name]
        if len(names) <= MOST_LISTED:
            return ", ".join(names)
        near = get_close_matches(value[:LONGEST_SHOWN], names, 5, 0.0)
        return f"{len(names)} names (nearest: {', '.join(near)})"


@dataclass(frozen=True)
class Switch:
    """A boolean setting."""

    label: str
    default: bool
    help: str

    def check(self, name: str, value: Any) -> bool:
        """Return the value; ValueError if it is not a boolean."""
        if not isinstance(value, bool):
            raise ValueError(f"{name} must be true or false, got {brief(value)}")
        return value


@dataclass(frozen=True)
class Fingerprint:
    """A content hash that identifies uploaded data."""

    label: str
    help: str
    default: str = 32 * "0"

    def check(self, name: str, value: Any) -> str:
        """Return the digits; ValueError if they are not 32 hexadecimal digits."""
        if not isinstance(value, str) or not re.fullmatch("[0-9a-f]{32}", value):
            raise ValueError(f"{name} must be 32 hexadecimal digits, got {brief(value)}")
        return value


Field = Number | Choice | Switch | Fingerprint


def parse_field(declaration: Field, name: str, text: str) -> Any:
    """The value of a setting that is written as text, such as in an address.

    ValueError, with the name and what is allowed, if it is invalid.
    """
    value: Any = text
    if isinstance(declaration, Switch):
        value = {"true": True, "false": False}.get(text, text)
    elif isinstance(declaration, Number):
        try:
            value = int(text) if declaration.whole else float(text)
        except ValueError:
            value = text
    return declaration.check(name, value)
