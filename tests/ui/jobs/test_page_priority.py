"""Pages that are being drawn come before trainings, though not for ever."""

import time

import pytest

from lossopt_core import RunStore
from lossopt_ui.jobs.render_gate import PAGES
from lossopt_ui.jobs.workers import Workers
from tests.experiments import TINY
from tests.programs import wait_until


def test_a_training_lets_pages_be_drawn_first(
    workers: Workers, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lossopt_ui.jobs.page_priority.ASIDE_SECONDS", 60.0)
    with PAGES.turn():
        job = workers.begin([TINY.replace(epochs=5_000)], store)
        time.sleep(0.3)
        before = job.share
        time.sleep(0.3)
        assert job.share == before < 1
    wait_until(lambda: not job.running)
    assert list(store.list()["status"]) == ["finished"]


def test_a_training_goes_on_while_one_page_after_the_other_is_drawn(
    workers: Workers, store: RunStore
) -> None:
    with PAGES.turn():
        job = workers.begin([TINY.replace(epochs=1_000)], store)
        wait_until(lambda: not job.running)
    assert list(store.list()["status"]) == ["finished"]
