"""The parts of a lesson: steps, and the checks that tell whether a step is done."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from lossopt_core import FIELDS
from lossopt_core.analysis.axes import parse as axes_of
from lossopt_core.objective.losses import Hinge
from lossopt_core.query.filters import parse

MAX_WORDS = 60
"""Longest text of a step."""
SET_BY_PAGE: Mapping[str, frozenset[str]] = {
    "hinge-vs-cross-entropy": frozenset({"loss"}),
    "gd-vs-sgd": frozenset({"optimizer", "batch_size"}),
}
"""Settings for which a page trains several values at once."""
LIVE_PAGES = frozenset({"train", *SET_BY_PAGE})
"""Pages that train as soon as they are opened."""
IGNORED = frozenset({"seed", "split_seed", "evaluations"})
"""Settings that no step depends on; a sweep evaluates less often than other pages."""


@dataclass(frozen=True, eq=False)
class PageState:
    """The input of a check.

    page    name of the open page, as in its address
    value   returns the value of a control, given its name
    runs    table of the saved runs that count for the step
    """

    page: str
    value: Callable[[str], Any]
    runs: pd.DataFrame


Check = Callable[[PageState], bool]


@dataclass(frozen=True)
class Step:
    """One step of a lesson.

    text      explanation, at most `MAX_WORDS` words
    task      what to do
    page      name of its page, as in the address
    done      checks whether the task is done
    opens     settings that the page is opened with
    solution  settings that solve the task, for the button that shows them
    subject   beginning of the key of what the task is about, which is outlined
    shows     that of where one sees what came of it, outlined once the task is done
    """

    text: str
    task: str
    page: str
    done: Check
    opens: Mapping[str, Any] = field(default_factory=dict)
    solution: Mapping[str, Any] = field(default_factory=dict)
    subject: str = ""
    shows: str = ""

    @property
    def settings(self) -> Mapping[str, Any]:
        """What the page is opened with: where it trains by itself, training is left to the task."""
        return ({"live": False} if self.page in LIVE_PAGES else {}) | dict(self.opens)


@dataclass(frozen=True)
class Prediction:
    """A question to think about before the lesson, with the answer that the lesson shows."""

    question: str
    answers: tuple[str, ...]
    right: int
    why: str


@dataclass(frozen=True)
class Lesson:
    """A titled sequence of steps; `learned` sums it up in a few sentences."""

    title: str
    about: str
    prediction: Prediction
    learned: tuple[str, ...]
    steps: tuple[Step, ...]


def runs_that_count(
    step: Step, runs: pd.DataFrame, since: datetime, value: Callable[[str], Any]
) -> pd.DataFrame:
    """The saved runs that count for a step.

    A run counts if it was created since the step was opened, or has the step's own settings or
    the current settings of the controls.
    """
    own = {**step.opens, **step.solution}
    now = {name: value(name) for name in (*FIELDS, "axes")}
    named = own.keys()
    matching = _matches(step.page, runs, own, named) | _matches(step.page, runs, now, named)
    return runs[(runs["created"] >= since) | matching]


def _matches(
    page: str, runs: pd.DataFrame, settings: Mapping[str, Any], named: Collection[str]
) -> pd.Series:
    """Mask of the runs that the page trains with these settings and defaults for the others.

    The learning rate is compared only if it is `named`: otherwise the page suggests one.
    """
    axes, _ = axes_of(settings["axes"]) if page == "sweep" else ((), [])
    free = SET_BY_PAGE.get(page, frozenset()) | {axis.name for axis in axes} | IGNORED
    free |= {"learning_rate"} - set(named)
    matches = pd.Series(True, index=runs.index)
    for name in FIELDS.keys() - free:
        # Settings that have no effect on a run are missing from the table.
        wanted = settings.get(name, FIELDS[name].default)
        matches &= runs[name].isna() | (runs[name] == wanted)
    return matches


def saved(condition: str) -> Check:
    """Check that a saved run satisfies the condition, written as a filter."""
    wanted = parse(condition)
    return lambda state: bool(wanted.matches(state.runs).any())


def saved_for_each(condition: str, setting: str, *, choice: str) -> Check:
    """Check that there is a saved run for every value that is selected now."""
    wanted = parse(condition)

    def check(state: PageState) -> bool:
        trained = state.runs.loc[wanted.matches(state.runs), setting]
        return set(state.value(choice)) <= set(trained)

    return check


def all_of(*checks: Check) -> Check:
    """Check that all of the checks hold."""
    return lambda state: all(check(state) for check in checks)


def chosen(**values: Any) -> Check:
    """Check that the controls have these values."""
    return lambda state: all(state.value(name) == each for name, each in values.items())


def at_least(name: str, least: float) -> Check:
    """Check that a number, or the count of a multiple choice, is at least `least`."""

    def check(state: PageState) -> bool:
        found = state.value(name)
        return bool((len(found) if isinstance(found, tuple) else found) >= least)

    return check


def at_most(name: str, most: float) -> Check:
    """Check that a number is at most `most`."""
    return lambda state: bool(state.value(name) <= most)


def varied(condition: str, setting: str, *, values: int, seeds: int = 1) -> Check:
    """Check that saved runs cover so many values of a setting, each with so many seeds."""
    wanted = parse(condition)

    def check(state: PageState) -> bool:
        runs = state.runs[wanted.matches(state.runs)] if len(state.runs) else state.runs
        if setting not in runs:
            return False
        return int((runs.groupby(setting)["seed"].nunique() >= seeds).sum()) >= values

    return check


def hinge_is_zero(image: int) -> Check:
    """Check that the multiclass hinge loss of one of the lecture's three images is 0."""

    def check(state: PageState) -> bool:
        scores = np.array(state.value("images"))
        loss = Hinge(margin=state.value("images_margin"))
        return bool(loss.value(scores.T, np.arange(len(scores)))[image] == 0)

    return check
