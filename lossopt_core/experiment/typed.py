"""Values of settings as people type them: names or labels, numbers, per cent, yes or no, lists."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from lossopt_core.experiment.vocabulary import did_you_mean, nearest
from lossopt_core.fields import Choice, Field, Number, Switch, brief

SWITCHED = {
    "true": True, "yes": True, "on": True, "false": False, "no": False, "off": False,
}  # fmt: skip
LEADING_ZERO = re.compile(r"[+-]?0\d+")
"""What is left of 1,000 or 0,05 at its comma; nobody writes a number like that."""


def parsed(declaration: Field, text: str) -> Any:
    """The value that a text stands for, unchecked; the text itself if it stands for none."""
    if isinstance(declaration, Switch):
        return SWITCHED.get(text.strip().casefold(), text)
    if isinstance(declaration, Choice):
        return names_of_entries(declaration).get(_folded(text), text)
    if isinstance(declaration, Number):
        return _number(text)
    return text


def checked(name: str, declaration: Field, text: str) -> Any:
    """Parse and validate a value; ValueError names the setting and what is allowed."""
    value = parsed(declaration, text)
    try:
        return declaration.check(name, value)
    except ValueError as error:
        if isinstance(declaration, Choice) and (near := _nearest_entry(declaration, text)):
            error.args = (f"{error}; did you mean {near!r}?", *error.args[1:])
        raise


def listed(label: str, declaration: Field, text: str) -> tuple[Any, ...]:
    """The values of a list with commas or spaces between them, each once.

    ValueError names the setting by its label, as its labels name all choices.
    """
    parts = [part.strip() for part in text.split(",")]
    if isinstance(declaration, Choice):
        values = [each for part in parts for each in _entries(label, declaration, part)]
    else:
        # "10 %" is one number.
        words = [word for part in parts for word in re.sub(r"\s+%", "%", part).split()]
        values = [_checked_word(label, declaration, word) for word in words]
    return tuple(dict.fromkeys(values))


def names_of_entries(choice: Choice) -> dict[str, str]:
    """Everything that the entries of a choice are called, folded, to their names."""
    known = {_folded(name): name for name in choice.registry}
    for name, entry in choice.registry.items():
        label = label_of(entry)
        for each in (label, label.partition("(")[0]):
            known.setdefault(_folded(each), name)
    return known


def label_of(entry: Any) -> str:
    """The label of a registry entry."""
    return entry if isinstance(entry, str) else str(entry.label)


def _folded(text: str) -> str:
    """In lower case, without hyphens, dashes and brackets."""
    return " ".join(re.sub(r"[\W_]+", " ", text.casefold()).split())


def _nearest_entry(choice: Choice, text: str) -> str:
    known = names_of_entries(choice)
    near = nearest(_folded(text), known)
    return known[near] if near else ""


def _number(text: str) -> Any:
    plain = text.strip().replace("\N{MINUS SIGN}", "-")
    share = plain.endswith("%")
    for read in (int, float):  # 1e3 counts as a whole number
        try:
            number = read(plain.removesuffix("%"))
        except ValueError:
            continue
        return number / 100 if share else number
    return text


def _checked_word(label: str, declaration: Field, word: str) -> Any:
    if isinstance(declaration, Number) and LEADING_ZERO.fullmatch(word):
        raise ValueError(
            f"{label}: {brief(word)} is not a number. Commas separate values: write 0.05 and 1000,"
            " not 0,05 and 1,000"
        )
    return checked(label, declaration, word)


def _entries(label: str, choice: Choice, part: str) -> Iterator[str]:
    """The entries named between two commas: of several words each, or several with spaces."""
    words, known = part.split(), names_of_entries(choice)
    while words:
        taken = next((n for n in range(len(words), 0, -1) if _joined(words[:n]) in known), 0)
        if not taken:
            raise ValueError(_unknown(label, choice, words))
        yield known[_joined(words[:taken])]
        words = words[taken:]


def _joined(words: Sequence[str]) -> str:
    return _folded(" ".join(words))


def _unknown(label: str, choice: Choice, words: Sequence[str]) -> str:
    labels = [label_of(entry) for entry in choice.registry.values()]
    near = _nearest_entry(choice, " ".join(words)) or _nearest_entry(choice, words[0])
    hint = did_you_mean(label_of(choice.registry[near]), labels) if near else ""
    return f"{label} must be one of {', '.join(labels)}; got {brief(' '.join(words))}{hint}"
