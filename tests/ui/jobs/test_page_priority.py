"""Pages have priority over trainings, within limits."""

import time

import pytest

from lossopt_core import RunStore
from lossopt_ui.jobs.render_gate import PAGES
from lossopt_ui.jobs.workers import Workers
from tests.experiments import TINY
from tests.programs import wait_until


def test_a_training_waits_for_pages(
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


def test_a_training_proceeds_while_pages_are_drawn_continuously(
    workers: Workers, store: RunStore
) -> None:
    with PAGES.turn():
        job = workers.begin([TINY.replace(epochs=1_000)], store)
        wait_until(lambda: not job.running)
    assert list(store.list()["status"]) == ["finished"]
