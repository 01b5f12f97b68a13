"""What a lesson is made of: steps, and checks that know whether one was done."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from lossopt_core import FIELDS, LOSSES
from lossopt_core.analysis.sweep import parse as axes_of
from lossopt_core.query.filters import parse

MOST_WORDS = 60
"""In the text of a step."""
SET_BY_PAGE: Mapping[str, frozenset[str]] = {
    "hinge-vs-cross-entropy": frozenset({"loss"}),
    "gd-vs-sgd": frozenset({"optimizer", "batch_size"}),
}
"""Settings of which a page trains several values at once."""
OF_NO_MATTER = frozenset({"seed", "evaluations"})
"""Settings that no step is about; a sweep measures less often than other pages."""


@dataclass(frozen=True, eq=False)
class Seen:
    """What a check looks at.

    page    the page that is open, as in its address
    value   the value of a control, by its name
    runs    the table of the kept runs that count for the step
    """

    page: str
    value: Callable[[str], Any]
    runs: pd.DataFrame


Check = Callable[[Seen], bool]


@dataclass(frozen=True)
class Step:
    """One thing to do.

    text    what it is about, at most `MOST_WORDS` words
    task    what to do
    page    where, as in its address
    done    whether it was done
    opens   the settings that the page is opened with
    way     the settings that do it, for who asks to be shown
    """

    text: str
    task: str
    page: str
    done: Check
    opens: Mapping[str, Any] = field(default_factory=dict)
    way: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Lesson:
    """A way of several steps."""

    title: str
    about: str
    steps: tuple[Step, ...]


def counting(
    step: Step, runs: pd.DataFrame, since: datetime, value: Callable[[str], Any]
) -> pd.DataFrame:
    """The kept runs that count for a step; others were made for something else.

    They were made since it was opened, or have its own settings, or those of the controls now.
    """
    own = {**step.opens, **step.way}
    now = {name: value(name) for name in (*FIELDS, "axes")}
    named = own.keys()
    mine = _alike(step.page, runs, own, named) | _alike(step.page, runs, now, named)
    return runs[(runs["created"] >= since) | mine]


def _alike(
    page: str, runs: pd.DataFrame, settings: Mapping[str, Any], named: Collection[str]
) -> pd.Series:
    """Which runs the page makes with these settings, all others at their defaults.

    The learning rate matters where it is `named`: elsewhere the page suggests one.
    """
    axes, _ = axes_of(settings["axes"]) if page == "sweep" else ((), [])
    free = SET_BY_PAGE.get(page, frozenset()) | {axis.name for axis in axes} | OF_NO_MATTER
    free |= {"learning_rate"} - set(named)
    alike = pd.Series(True, index=runs.index)
    for name in FIELDS.keys() - free:
        # A setting that has no effect on a run is missing in the table.
        wanted = settings.get(name, FIELDS[name].default)
        alike &= runs[name].isna() | (runs[name] == wanted)
    return alike


def kept(condition: str) -> Check:
    """Whether a kept run satisfies the condition, in the language of filters."""
    chosen = parse(condition)
    return lambda seen: bool(chosen.matches(seen.runs).any())


def each_kept(condition: str, setting: str, *, choice: str) -> Check:
    """Whether kept runs have every value that is chosen now as their setting."""
    wanted = parse(condition)

    def check(seen: Seen) -> bool:
        trained = seen.runs.loc[wanted.matches(seen.runs), setting]
        return set(seen.value(choice)) <= set(trained)

    return check


def both(*checks: Check) -> Check:
    """Whether all of them hold."""
    return lambda seen: all(check(seen) for check in checks)


def chosen(**values: Any) -> Check:
    """Whether the controls have these values."""
    return lambda seen: all(seen.value(name) == each for name, each in values.items())


def at_least(name: str, least: float) -> Check:
    """Whether a number, or the number of several choices, is at least so large."""

    def check(seen: Seen) -> bool:
        found = seen.value(name)
        return bool((len(found) if isinstance(found, tuple) else found) >= least)

    return check


def varied(condition: str, setting: str, *, values: int, seeds: int = 1) -> Check:
    """Whether kept runs have so many values of a setting, each with so many seeds."""
    chosen = parse(condition)

    def check(seen: Seen) -> bool:
        runs = seen.runs[chosen.matches(seen.runs)] if len(seen.runs) else seen.runs
        if setting not in runs:
            return False
        return int((runs.groupby(setting)["seed"].nunique() >= seeds).sum()) >= values

    return check


def hinge_is_zero(image: int) -> Check:
    """Whether the multiclass hinge of one of the lecture's three images is 0."""

    def check(seen: Seen) -> bool:
        scores = np.array(seen.value("images"))
        loss = LOSSES["hinge"](margin=seen.value("images_margin"))
        return bool(loss.value(scores.T, np.arange(len(scores)))[image] == 0)

    return check
