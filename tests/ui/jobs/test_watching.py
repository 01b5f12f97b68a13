"""Pages that wait for first curves."""

import threading
import time
from unittest.mock import Mock

import pytest

from lossopt_core import RunStore
from lossopt_core.store.quotas import BudgetError
from lossopt_ui import streamlit_private
from lossopt_ui.jobs import watching
from lossopt_ui.jobs.job import Job
from lossopt_ui.jobs.workers import Workers
from tests.experiments import TINY
from tests.ui.jobs.helpers import LONG


class ClickedError(Exception):
    """Replaces Streamlit's exception, which ends the run of a page."""


def test_first_curves_are_waited_for_if_they_come_soon(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "workers", Workers)
    monkeypatch.setattr(watching, "PATIENCE", 0.1)
    job, begun = Job([LONG], store), time.monotonic()
    watching._wait_for_first(job, 0.5)
    assert time.monotonic() - begun >= watching.FIRST_PATIENCE
    monkeypatch.setattr(watching, "FIRST_PATIENCE", 60.0)
    begun = time.monotonic()
    watching._wait_for_first(job, 61.0)
    assert 0.1 <= time.monotonic() - begun < 60


def test_a_newer_click_ends_the_wait(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "workers", Workers)
    monkeypatch.setattr(streamlit_private, "give_way", Mock(side_effect=ClickedError))
    monkeypatch.setattr(watching, "FIRST_PATIENCE", 60.0)
    begun = time.monotonic()
    with pytest.raises(ClickedError):
        watching._wait_for_first(Job([LONG], store), 0.0)
    assert time.monotonic() - begun < 30


class Expecting:
    """Workers that expect every training to end in so many seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def expected(self, job: Job) -> float:
        return self.seconds


def test_only_the_near_end_of_a_training_is_waited_for(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "NEARLY_OVER", 60.0)
    job = Job([TINY], store)
    training = threading.Timer(0.2, job.take_turn)
    training.start()
    monkeypatch.setattr(watching, "workers", lambda: Expecting(61.0))
    watching.await_end(job)
    assert job.running
    monkeypatch.setattr(watching, "workers", lambda: Expecting(0.1))
    watching.await_end(job)
    assert not job.running
    training.join()


def test_a_newer_click_ends_the_wait_for_the_end(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "NEARLY_OVER", 60.0)
    monkeypatch.setattr(watching, "workers", lambda: Expecting(0.1))
    monkeypatch.setattr(streamlit_private, "give_way", Mock(side_effect=ClickedError))
    with pytest.raises(ClickedError):
        watching.await_end(Job([LONG], store))


def test_workers_have_the_limits_that_are_set(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = watching.workers()
    monkeypatch.setenv("LOSSOPT_MAX_UPDATES", "10")
    limited = watching.workers()
    with pytest.raises(BudgetError):
        limited.begin([LONG], store)
    monkeypatch.undo()
    assert watching.workers() is first
