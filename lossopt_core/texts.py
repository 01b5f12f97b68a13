"""Text: validation of what people enter as names, tags and notes, and numbers of things in words.

All characters except control characters are allowed: text is always displayed as plain text.
"""

import unicodedata
from collections.abc import Sequence
from typing import Any

from lossopt_core.fields import brief

FORBIDDEN_CATEGORIES = ("Cc", "Cs")
"""Unicode categories of control characters and of surrogates, which cannot be encoded."""


def checked_text(field: str, value: Any, longest: int, *, shortest: int = 0) -> str:
    """Return one line, stripped; ValueError names the field and what is allowed."""
    return _checked(field, value.strip() if isinstance(value, str) else value, shortest, longest)


def checked_lines(field: str, value: Any, longest: int) -> str:
    """Return multi-line text unchanged; ValueError names the field and what is allowed."""
    return _checked(field, value, 0, longest, newline="\n")


def _checked(field: str, value: Any, shortest: int, longest: int, newline: str = "") -> str:
    if not isinstance(value, str):
        raise ValueError(f"{field} must be text, got {brief(value)}")
    if not shortest <= len(value) <= longest:
        raise ValueError(
            f"{field} must have {shortest} to {longest:,} characters, got {len(value):,}"
        )
    for character in value:
        if character != newline and unicodedata.category(character) in FORBIDDEN_CATEGORIES:
            raise ValueError(f"{field} must not contain control characters, got {character!r}")
    return value


def counted(count: float, one: str) -> str:
    """'1 update', '2,000 updates'."""
    return f"{count:,.0f} {one}{'' if count == 1 else 's'}"


def one_line(text: str) -> str:
    """The text without control characters, and with single blanks between its words."""
    seen = (
        " " if unicodedata.category(each) in FORBIDDEN_CATEGORIES else each for each in str(text)
    )
    return " ".join("".join(seen).split())


def listed(names: Sequence[str], most: int = 4) -> str:
    """'a, b and c'; beyond `most`, 'a, b, c and 12 more'."""
    if len(names) > most:
        names = [*names[: most - 1], f"{len(names) - most + 1:,} more"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
