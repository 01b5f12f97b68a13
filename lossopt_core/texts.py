"""What people write: names, tags and notes, checked before they are kept or shown.

All characters are allowed but control characters: a text is always shown as text.
"""

import unicodedata
from typing import Any

from lossopt_core.fields import brief

UNFIT = ("Cc", "Cs")
"""Unicode's categories of control characters, and of halves that no encoding can write."""


def checked_text(field: str, value: Any, longest: int, *, shortest: int = 0) -> str:
    """One line without the spaces around it; ValueError names the field and what is allowed."""
    return _checked(field, value.strip() if isinstance(value, str) else value, shortest, longest)


def checked_lines(field: str, value: Any, longest: int) -> str:
    """A text of several lines, as it is; ValueError names the field and what is allowed."""
    return _checked(field, value, 0, longest, newline="\n")


def _checked(field: str, value: Any, shortest: int, longest: int, newline: str = "") -> str:
    if not isinstance(value, str):
        raise ValueError(f"{field} must be a text, got {brief(value)}")
    if not shortest <= len(value) <= longest:
        raise ValueError(
            f"{field} must have {shortest} to {longest:,} characters, got {len(value):,}"
        )
    for character in value:
        if character != newline and unicodedata.category(character) in UNFIT:
            raise ValueError(f"{field} must not hold control characters, got {character!r}")
    return value
