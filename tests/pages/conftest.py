"""Fixtures for the tests of several pages."""

from concurrent.futures import Executor

import pytest

from lossopt_core import (
    Certificate,
    Experiment,
    Run,
    RunStore,
    train,
)
from lossopt_core.certify.certificates import problem_id
from lossopt_ui.jobs import optimum
from lossopt_ui.jobs.certifier import within_seconds
from lossopt_ui.playground import play
from tests.pages.playground import Clock


@pytest.fixture(scope="session")
def certificates() -> dict[str, Certificate]:
    """Those computed so far, by problem."""
    return {}


@pytest.fixture(autouse=True)
def _certify_each_problem_once(
    certificates: dict[str, Certificate], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Most tests draw the optima of the same few problems, which would be a third of their time."""

    def once(experiment: Experiment, executor: Executor | None = None) -> Certificate:
        problem = problem_id(experiment)
        if problem not in certificates:
            certificates[problem] = within_seconds(experiment, executor)
        return certificates[problem]

    monkeypatch.setattr(optimum, "within_seconds", once)


@pytest.fixture
def kept(store: RunStore) -> list[Run]:
    """Three runs of two losses, in the store."""
    runs = train(
        [
            Experiment(epochs=2),
            Experiment(epochs=2, learning_rate=0.3),
            Experiment(epochs=2, loss="hinge"),
        ]
    )
    store.save(runs)
    return runs


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the playground, put by hand."""
    clock = Clock()
    monkeypatch.setattr(play, "time", clock)
    return clock
