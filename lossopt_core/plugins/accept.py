"""Validation of plug-in entries."""

import inspect
import re
from collections.abc import Collection
from typing import TypeVar

Entry = TypeVar("Entry")


def accept_class(candidate: object, base: type[Entry], *, settings: Collection[str]) -> type[Entry]:
    """Check that the candidate is a complete subclass of `base`; ValueError says what is wrong.

    `settings` are the experiment settings that it may have as dataclass fields.
    """
    if not inspect.isclass(candidate) or not issubclass(candidate, base):
        raise ValueError(f"it must be a subclass of {base.__module__}.{base.__qualname__}")
    _check_complete(candidate)
    fields: tuple[str, ...] = getattr(candidate, "__match_args__", ())
    if unknown := [name for name in fields if name not in settings]:
        raise ValueError(
            f"its field {unknown[0]!r} is not a setting of an experiment; allowed are"
            f" {', '.join(settings)}"
        )
    return candidate


def accept_instance(candidate: object, base: type[Entry]) -> Entry:
    """Check an instance, or instantiate a class; ValueError says what is wrong."""
    if inspect.isclass(candidate) and issubclass(candidate, base):
        _check_complete(candidate)
        return candidate()
    if not isinstance(candidate, base):
        raise ValueError(f"it must be a subclass of {base.__module__}.{base.__qualname__}")
    _check_complete(type(candidate))
    return candidate


def _check_complete(candidate: type[object]) -> None:
    if abstract := sorted(getattr(candidate, "__abstractmethods__", ())):
        raise ValueError(f"it does not define {', '.join(abstract)}")
    label = getattr(candidate, "label", None)
    if not isinstance(label, str) or not label.strip():
        raise ValueError("its label must be text")
    colour = getattr(candidate, "colour", None)
    if colour is not None and not _is_colour(colour):
        raise ValueError("its colour must be two strings like '#0072B2', for light and dark themes")


def _is_colour(value: object) -> bool:
    return (
        isinstance(value, tuple)
        and len(value) == 2
        and all(isinstance(each, str) and re.fullmatch("#[0-9A-Fa-f]{6}", each) for each in value)
    )
