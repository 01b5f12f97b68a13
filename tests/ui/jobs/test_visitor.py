"""Trainings outlive their session by a while, and then end."""

import time

import pytest

from lossopt_core import RunStore
from lossopt_ui.jobs.visitor import Visitor
from lossopt_ui.jobs.workers import Workers
from tests.programs import wait_until
from tests.ui.jobs.helpers import LONG, begin


def test_a_training_without_visitors_is_stopped_and_saved(
    workers: Workers, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lossopt_ui.jobs.visitor.DESERTED_SECONDS", 0.1)
    visitor, job = Visitor(), begin(workers, store)
    visitor.take(job)
    visitor.gone()
    wait_until(lambda: not job.running)
    assert list(store.list()["status"]) == ["stopped"]


def test_a_returning_visitor_finds_the_training_running(
    workers: Workers, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lossopt_ui.jobs.visitor.DESERTED_SECONDS", 0.3)
    before, after = Visitor(), Visitor()
    before.take(begin(workers, store))
    before.gone()
    job = workers.find([LONG], store)
    assert job is before.job
    after.take(job)
    time.sleep(0.6)
    assert job is not None
    assert job.running
    job.stop()
    wait_until(lambda: not job.running)


def test_a_resumed_training_stops_no_other_and_ends_with_its_session(
    workers: Workers, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lossopt_ui.jobs.visitor.DESERTED_SECONDS", 0.1)
    visitor = Visitor()
    visitor.take(begin(workers, store))
    beside = workers.begin([LONG.replace(seed=1)], store)
    visitor.take_beside(beside)
    assert visitor.job is not None
    assert visitor.job.running
    visitor.gone()
    wait_until(lambda: not beside.running and visitor.job is not None and not visitor.job.running)
