"""Lessons are short, and each step knows whether it is done."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lossopt_core import (
    FIELDS,
    Experiment,
    Run,
    RunStore,
    certify,
    train,
)
from lossopt_core.analysis.axes import parse
from lossopt_core.analysis.sweep import EVALUATIONS, Sweep
from lossopt_core.fields import Choice
from lossopt_core.store import reference
from lossopt_ui.lessons.lessons import LESSONS, STEP_NAMES, step_at
from lossopt_ui.lessons.steps import (
    MAX_WORDS,
    Lesson,
    PageState,
    Step,
    runs_that_count,
)
from lossopt_ui.state import pages, url

STEPS = [
    pytest.param(step, id=f"{name}.{number}")
    for name, lesson in LESSONS.items()
    for number, step in enumerate(lesson.steps, start=1)
]


def state_of(step: Step, values: dict[str, Any], runs: pd.DataFrame) -> PageState:
    """The page's state if all runs were made before the step was opened."""
    value = value_of(values)
    return PageState(step.page, value, runs_that_count(step, runs, datetime.now(UTC), value))


def value_of(values: Mapping[str, Any]) -> Callable[[str], Any]:
    """Controls with these values, all others at their defaults."""
    return lambda name: values.get(name, pages.DECLARED[name].default)


def trained_on(page: str, values: dict[str, Any]) -> Iterator[Experiment]:
    """The experiments that the page trains with these settings."""
    base = Experiment(**{name: value for name, value in values.items() if name in FIELDS})
    match page:
        case "train":
            yield base
        case "hinge-vs-cross-entropy":
            losses = ["hinge", "cross_entropy"] + ["squared_hinge"] * values.get("squared", False)
            yield from (base.replace(loss=loss) for loss in losses)
        case "gd-vs-sgd":
            yield base.replace(optimizer="gd")
            sizes = values.get("batch_sizes", pages.DECLARED["batch_sizes"].default)
            yield from (base.replace(optimizer="sgd", batch_size=size) for size in sizes)
        case "sweep":
            axes, _ = parse(values["axes"])
            base = base.replace(evaluations=EVALUATIONS)
            yield from Sweep(base, axes, values["seeds"], "order").experiments()[0]


@pytest.fixture
def empty(tmp_path) -> RunStore:
    return RunStore(f"sqlite:///{tmp_path / 'runs.db'}")


@pytest.mark.parametrize("lesson", LESSONS.values(), ids=LESSONS)
def test_a_lesson_is_short(lesson: Lesson) -> None:
    assert 5 <= len(lesson.steps) <= 8
    for step in lesson.steps:
        assert len(step.text.split()) <= MAX_WORDS
        assert step.task.endswith(".")


@pytest.mark.parametrize("step", STEPS)
def test_a_step_is_open_at_first_and_done_after_its_solution(step: Step, empty: RunStore) -> None:
    opened = {name: pages.DECLARED[name].check(name, each) for name, each in step.opens.items()}
    assert not step.done(state_of(step, opened, empty.list()))
    solution = {
        name: pages.DECLARED[name].check(name, each) for name, each in step.solution.items()
    }
    empty.save(train(list(trained_on(step.page, opened | solution))))
    assert step.done(state_of(step, opened | solution, empty.list()))


@pytest.fixture(scope="module")
def default_runs() -> Sequence[Run]:
    """What every visitor has before anything is done, apart from rates and seeds."""
    return train(reference.DEFAULTS)


@pytest.mark.parametrize("step", STEPS)
def test_default_runs_do_not_solve_a_step(
    step: Step, default_runs: Sequence[Run], empty: RunStore
) -> None:
    empty.save(default_runs)
    opened = {name: pages.DECLARED[name].check(name, each) for name, each in step.opens.items()}
    assert not step.done(state_of(step, opened, empty.list()))


@pytest.fixture(scope="module")
def runs_by_lesson() -> Mapping[str, Sequence[Run]]:
    """The runs made by solving all steps of each lesson except sweeps, by lesson name."""
    return {
        name: train([
            each
            for step in lesson.steps
            if step.page not in ("lecture", "sweep")
            for each in trained_on(step.page, {**step.opens, **step.solution})
        ])
        for name, lesson in LESSONS.items()
    }  # fmt: skip


@pytest.mark.parametrize("name", LESSONS)
def test_solving_the_other_lessons_does_not_start_a_lesson(
    name: str, runs_by_lesson: Mapping[str, Sequence[Run]], empty: RunStore
) -> None:
    for other in LESSONS.keys() - {name}:
        empty.save(runs_by_lesson[other])
    first = LESSONS[name].steps[0]
    assert not first.done(state_of(first, {**first.opens}, empty.list()))


def test_a_run_with_other_settings_counts_if_new_or_matching_the_controls(
    empty: RunStore,
) -> None:
    step = LESSONS["softmax"].steps[0]
    before = datetime.now(UTC)
    empty.save(train(list(trained_on(step.page, {"epochs": 2}))))
    after = datetime.now(UTC)
    assert len(runs_that_count(step, empty.list(), before, value_of(step.opens))) == 2
    assert runs_that_count(step, empty.list(), after, value_of(step.opens)).empty
    assert len(runs_that_count(step, empty.list(), after, value_of({"epochs": 2}))) == 2


def distances(experiments: list[Experiment]) -> list[float]:
    """Final distance of each experiment to the optimum."""
    [optimum] = {
        certify(each.replace(optimizer="gd", batch_size=32)).lower_bound for each in experiments
    }
    return [run.final["objective"] - optimum for run in train(experiments)]


def test_the_floor_lesson_ends_higher_for_small_batches_and_lower_for_small_steps() -> None:
    _, floors, shorter = LESSONS["gd-sgd"].steps[2:5]
    [_, *of_batches] = distances(list(trained_on("gd-vs-sgd", {**floors.opens})))
    assert floors.opens["batch_sizes"] == (8, 32, 128)
    assert of_batches == sorted(of_batches, reverse=True)
    opened = Experiment(**shorter.opens)
    long, short = distances([opened, opened.replace(**shorter.solution)])
    assert short < long / 10


def test_in_the_fairness_lesson_the_curves_over_updates_coincide() -> None:
    step = LESSONS["gd-sgd"].steps[2]
    runs = trained_on("gd-vs-sgd", {**step.opens, "learning_rate": 0.02})
    gd, *others = [run.history for run in train(list(runs))]
    assert len(others) == 3
    for history in others:
        objective = np.interp(gd["update"], history["update"], history["objective"])
        assert np.abs(objective - gd["objective"]).max() < 0.03


def test_any_three_batch_sizes_solve_the_step_once_trained(empty: RunStore) -> None:
    step = LESSONS["gd-sgd"].steps[1]
    values = {"batch_sizes": (32, 128, 512), "epochs": 1}
    runs = list(trained_on("gd-vs-sgd", values))
    empty.save(train(runs[:-1]))
    assert not step.done(state_of(step, values, empty.list()))
    empty.save(train(runs[-1:]))
    assert step.done(state_of(step, values, empty.list()))


@pytest.mark.parametrize("step", STEPS)
def test_quotes_in_a_task_are_labels_of_choices(step: Step) -> None:
    offered = {
        url.label(entry)
        for declaration in pages.DECLARED.values()
        if isinstance(declaration, Choice)
        for entry in declaration.registry.values()
    }
    assert set(re.findall(r"'([^']+)'", step.task)) <= offered


def test_every_step_name_refers_to_a_step() -> None:
    names = [name for name in STEP_NAMES if name]
    assert len(names) == len(STEPS)
    assert all(1 <= step_at(name)[1] <= len(step_at(name)[0].steps) for name in names)
