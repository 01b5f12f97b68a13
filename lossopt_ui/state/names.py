"""Names of runs made of the settings that distinguish them, and text for Markdown."""

import re
from collections.abc import Sequence
from typing import Any

from lossopt_core import LOSSES, Experiment, Run
from lossopt_core.experiment.settings import flat_settings, informative_settings
from lossopt_core.fields import Choice
from lossopt_core.texts import counted as counted
from lossopt_core.training.run import FINISHED
from lossopt_ui.state import pages, url

WORD_JOINER = "\u2060"
"""Has no width and prevents a line break."""
ISOLATES = "\u2066\u2067\u2068"
FIRST_STRONG_ISOLATE, END_OF_ISOLATE = "\u2068", "\u2069"
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_SIGNS_TO_BREAK = re.compile(r":(?=\S)|@|www(?=\.)|[-<>~](?=[->=])", re.IGNORECASE)
"""`:heart:`, `:material/delete:`, `https://`, `a@b.c`, `www.`, `->`, `<=`, `--`."""
_MARKS = re.compile(r"[\\`*_{}\[\]()<>#+\-.!|~$:@^=&]")
MAX_VALUES = 6
"""Longest list of a setting's values that is shown in full."""


def distinguishing_names(experiments: Sequence[Experiment]) -> list[str]:
    """One name per experiment: ['Hinge, α 0.1', 'Hinge, α 0.3']."""
    telling = informative_settings(list(experiments))
    return [_name(experiment, telling) for experiment in experiments]


def run_names(runs: Sequence[Run]) -> list[str]:
    """One name per run, with the status if the run did not finish."""
    names = distinguishing_names([run.experiment for run in runs])
    return [
        name if run.status == FINISHED else f"{name} ({run.status})"
        for name, run in zip(names, runs, strict=True)
    ]


def _name(experiment: Experiment, telling: Sequence[str]) -> str:
    settings = flat_settings(experiment)
    parts = [short_setting_text(name, settings[name]) for name in telling if name in settings]
    return ", ".join(parts) or LOSSES[experiment.loss].label


def setting_text(name: str, value: Any) -> str:
    """A setting in a few words: the label of a choice, or the name and a number."""
    if isinstance(pages.DECLARED[name], Choice):
        return value_text(name, value)
    return f"{setting_name(name)} {value_text(name, value)}"


def short_setting_text(name: str, value: Any) -> str:
    """The same with the setting's symbol if it has one: 'α 0.1', 'λ 0.001'."""
    symbol = pages.DECLARED[name].label.split()[-1]
    return setting_text(name, value) if symbol.isascii() else f"{symbol} {value_text(name, value)}"


def setting_name(name: str) -> str:
    """A setting's name within a sentence: 'learning rate', 'spread'."""
    return name.split(".")[-1].replace("_", " ")


def difference_text(name: str, ours: Sequence[Any], theirs: Sequence[Any]) -> str:
    """The values of two groups of runs: 'learning rate: 0.1 vs 0.001, 0.01'."""
    if list(ours) == list(theirs):
        return f"{setting_name(name)}: {_listed(name, ours)} with different frequencies"
    return f"{setting_name(name)}: {_listed(name, ours)} vs {_listed(name, theirs)}"


def _listed(name: str, values: Sequence[Any]) -> str:
    """All values, or only the first and the last of many."""
    if len(values) > MAX_VALUES:
        first, last = value_text(name, values[0]), value_text(name, values[-1])
        return f"{len(values)} values from {first} to {last}"
    return ", ".join(value_text(name, each) for each in values)


def value_text(name: str, value: Any) -> str:
    """A setting's value as shown on the page."""
    declaration = pages.DECLARED[name]
    if isinstance(declaration, Choice):
        return url.label(declaration.registry[value])
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def escape_markdown(text: str) -> str:
    """Escape user text so that Streamlit's Markdown shows it unchanged.

    Escapes alone are not enough: Streamlit looks for shortcodes, arrows and URLs after resolving
    escapes.  An invisible character breaks these up.
    """
    apart = _SIGNS_TO_BREAK.sub(rf"\g<0>{WORD_JOINER}", " ".join(text.split()))
    return _MARKS.sub(r"\\\g<0>", isolated(apart))


def isolated(text: str) -> str:
    """Text whose bidirectional control characters have no effect beyond its end."""
    if not _DIRECTIONS.search(text):
        return text
    result, open_isolates = "", 0
    for character in text:
        open_isolates += character in ISOLATES
        if character == END_OF_ISOLATE:
            if open_isolates == 0:  # would close our own isolate
                continue
            open_isolates -= 1
        result += character
    return FIRST_STRONG_ISOLATE + result + END_OF_ISOLATE * (open_isolates + 1)
