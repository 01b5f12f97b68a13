"""The words of people: what columns and values are called on pages, in addition to their names.

A column is found under its name (`learning_rate`), under its name in words ("learning rate"), and
under its label with or without its symbol ("Learning rate α", "α").  A value of a setting is found
under its name and its label, whether the label is one word or several.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from lossopt_core.data.datasets import DATASETS
from lossopt_core.experiment.measures import MEASURES
from lossopt_core.experiment.settings import declared_settings
from lossopt_core.fields import Choice

OTHER_NAMES = {
    "lr": "learning_rate",
    "accuracy": "test_accuracy",
    "updates": "update",
    "epochs trained": "epoch",
    "validation set": "validation",
}
"""Names that are neither a column's name nor its label."""
TIMES = ("today", "yesterday", "last hour", "last 24 hours", "last week", "2 days ago")
"""Examples of relative times, which errors suggest."""


def names_of_columns(columns: Iterable[str]) -> dict[str, str]:
    """Everything that columns are called, in lower case, to their names."""
    known = {alias: name for alias, name in OTHER_NAMES.items() if name in columns}
    for name in columns:
        for alias in _names_of(name):
            known.setdefault(alias.casefold(), name)
    return known


def _names_of(column: str) -> Iterator[str]:
    yield column
    yield column.replace("_", " ")
    dataset, _, _ = column.rpartition(".")
    if (declared := declared_settings().get(column)) is not None:
        of_data = f"{DATASETS[dataset].label} " if dataset else ""
        yield of_data + declared.label
        if dataset:
            yield f"{DATASETS[dataset].label}: {declared.label}"
        words = declared.label.split()
        if len(words) > 1 and not words[-1].isascii():  # 'Learning rate α'
            yield of_data + " ".join(words[:-1])
            yield of_data + words[-1]
    elif (measure := MEASURES.get(column)) is not None:
        yield measure.label.split(" (")[0]


def labels_of_values() -> set[str]:
    """The labels of all values of settings."""
    choices = (each for each in declared_settings().values() if isinstance(each, Choice))
    return {
        entry if isinstance(entry, str) else entry.label
        for choice in choices
        for entry in choice.registry.values()
    }


def pattern(phrases: Iterable[str]) -> str:
    """A regular expression of the phrases that are more than one plain word, the longest first."""
    several = {each for each in phrases if not re.fullmatch(r'[^\s"(),=!<>~]+', each)}
    ordered = sorted(several, key=lambda each: (-len(each), each))
    return "|".join(r"\s+".join(map(_escaped, each.split())) for each in ordered)


def _escaped(word: str) -> str:
    return re.escape(word).replace("/", r"\/")


def nearest(text: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """The known name that is spelt most like the text; '' if none is close."""
    folded = {each.casefold(): each for each in known}
    near = get_close_matches(" ".join(text.casefold().split()), folded, n=1, cutoff=cutoff)
    return folded[near[0]] if near else ""


def did_you_mean(text: str, known: Iterable[str] | Mapping[str, Any]) -> str:
    """'; did you mean ...?' with the nearest known name, or ""."""
    near = nearest(text, known)
    return f"; did you mean {near!r}?" if near else ""
