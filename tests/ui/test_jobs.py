"""Trainings in the background end with their visitors, and with the program."""

import time
from collections.abc import Callable

import pytest

from lossopt_core import Experiment, RunStore
from lossopt_ui.jobs import Job, Visitor, Workers
from tests.programs import run_python

LONG = Experiment(epochs=100_000)


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)


@pytest.fixture
def workers() -> Workers:
    return Workers()


def begin(workers: Workers, store: RunStore) -> Job:
    job = workers.begin([LONG], store)
    wait_until(lambda: job.share > 0)
    return job


def test_a_training_without_visitors_is_stopped_and_what_is_done_is_kept(
    workers: Workers, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lossopt_ui.jobs.DESERTED_SECONDS", 0.1)
    visitor, job = Visitor(), begin(workers, store)
    visitor.take(job)
    visitor.gone()
    wait_until(lambda: not job.running)
    assert list(store.list()["status"]) == ["stopped"]


def test_a_visitor_who_comes_back_in_time_finds_the_training_going_on(
    workers: Workers, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lossopt_ui.jobs.DESERTED_SECONDS", 0.3)
    before, after = Visitor(), Visitor()
    before.take(begin(workers, store))
    before.gone()
    job = workers.find([LONG])
    assert job is before.job
    after.take(job)
    time.sleep(0.6)
    assert job is not None
    assert job.running
    job.stop()
    wait_until(lambda: not job.running)


def test_a_training_of_something_else_or_a_stopped_one_is_not_found(
    workers: Workers, store: RunStore
) -> None:
    job = begin(workers, store)
    assert workers.find([Experiment(seed=1)]) is None
    job.stop()
    assert workers.find([LONG]) is None
    wait_until(lambda: not job.running)


def test_the_program_ends_although_trainings_are_under_way(store: RunStore) -> None:
    program = (
        "import time; from lossopt_core import Experiment, RunStore;"
        "from lossopt_ui.jobs import Workers; workers = Workers();"
        "job = workers.begin([Experiment(epochs=100_000)], RunStore());\n"
        "while job.share == 0: time.sleep(0.02)"
    )
    run_python("-c", program)
    assert list(store.list()["status"]) == ["stopped"]
