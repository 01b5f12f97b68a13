"""One training: its parts, its sequel, its end."""

import threading
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from lossopt_core import Experiment, RunStore, StoreError
from lossopt_core.analysis.fair_tuning import Comparison
from lossopt_core.store.quotas import Budget
from lossopt_core.store.unfinished import ActiveTrainings
from lossopt_ui.jobs.job import PART
from lossopt_ui.jobs.sequel import Sequel
from lossopt_ui.jobs.workers import Workers
from tests.experiments import TINY
from tests.programs import wait_until
from tests.ui.jobs.helpers import LONG, begin


def test_a_long_training_saves_in_parts_and_resumes(workers: Workers, store: RunStore) -> None:
    wide = [TINY.replace(learning_rate=0.001 * k) for k in range(1, PART + 2)]
    job = workers.begin([*wide, LONG], store, by_part=True)
    wait_until(lambda: len(store.list()) == len(wide))
    job.stop()
    wait_until(lambda: not job.running)
    statuses = store.list().set_index("id")["status"]
    assert (statuses[[each.id for each in wide]] == "finished").all()
    assert store.missing([*wide, LONG]) == [LONG]


def apart(experiment: Experiment, number: int) -> Experiment:
    """Another experiment that is not trained together with this one."""
    return experiment.replace(evaluations=experiment.evaluations + number)


def test_runs_that_were_not_started_are_not_saved(store: RunStore) -> None:
    job = Workers(count=1).begin([LONG, apart(LONG, 1)], store, by_part=True)
    wait_until(lambda: job.share > 0)
    job.stop()
    wait_until(lambda: not job.running)
    assert list(store.list()["id"]) == [LONG.id]


def test_parts_are_trained_side_by_side_where_workers_are_free(store: RunStore) -> None:
    workers = Workers(count=2)
    job = workers.begin([LONG, apart(LONG, 1), apart(LONG, 2)], store, by_part=True)
    wait_until(lambda: len(job.histories()) == 2)
    job.stop()
    wait_until(lambda: not job.running)
    assert set(store.list()["id"]) == {LONG.id, apart(LONG, 1).id}


class InThreads(ThreadPoolExecutor):
    """Notes the last slices that it gets; without `ends` it is shut down by then."""

    def __init__(self, *, ends: bool) -> None:
        super().__init__(max_workers=1)
        self.ends = ends
        self.ended = 0

    def submit(self, *task: Any, stop: bool, **named: Any) -> Future[Any]:
        self.ended += stop
        if not stop or self.ends:
            return super().submit(*task, stop=stop, **named)
        refused: Future[Any] = Future()
        refused.set_exception(BrokenExecutor())
        return refused


@pytest.mark.parametrize("how", ["stopped", "interrupted", "stopped without workers"])
def test_the_server_ends_a_training_itself_only_where_no_worker_can(
    store: RunStore, how: str
) -> None:
    """To end it, its data are loaded: several times their size, in a process that all share."""
    executor = InThreads(ends=how != "stopped without workers")
    job = begin(Workers(count=1, executor=executor), store)
    if how == "interrupted":
        job.interrupt()
    else:
        job.stop()
    wait_until(lambda: not job.running)
    executor.shutdown()
    assert job.error is None
    assert executor.ended == (how != "interrupted")
    [run] = store.load([LONG.id])
    assert run.status == "stopped"
    assert 0 < run.final["update"] < LONG.updates


def test_a_training_stopped_between_two_slices_is_saved_as_it_is(store: RunStore) -> None:
    """Whoever waits for its turn behind others need not wait to be stopped."""
    workers = Workers(count=0)
    job = workers.begin([LONG], store)
    _, taken = workers._turns.take()
    assert taken.take_turn()
    made = job.histories()[LONG]["update"].iloc[-1]
    assert 0 < made < LONG.updates
    job.stop()
    wait_until(lambda: not job.running)
    assert job.error is None
    [run] = store.load([LONG.id])
    assert run.status == "stopped"
    assert run.final["update"] >= made


def test_lanes_of_a_page_are_saved_together(store: RunStore) -> None:
    workers = Workers(count=0)
    job = workers.begin([TINY, LONG], store)
    _, taken = workers._turns.take()
    taken.width = 2
    assert taken.take_turn()
    assert store.list().empty, "one of two is over"
    assert set(job.histories()) == {TINY, LONG}
    job.stop()
    wait_until(lambda: not job.running)
    assert set(store.list()["id"]) == {TINY.id, LONG.id}


def test_a_sequel_starts_from_the_earlier_results(workers: Workers, store: RunStore) -> None:
    def more() -> list[Experiment]:
        return [TINY, TINY.replace(seed=len(store.list()))]

    job = workers.begin([TINY], store, by_part=True, sequel=Sequel(2 * TINY.updates, more))
    wait_until(lambda: not job.running)
    assert job.error is None
    assert job.experiments == (TINY, TINY.replace(seed=1))
    assert set(store.list()["id"]) == {TINY.id, TINY.replace(seed=1).id}
    assert job.share == 1.0


def test_a_stopped_training_has_no_sequel(workers: Workers, store: RunStore) -> None:
    job = workers.begin([LONG], store, sequel=Sequel(1, lambda: [TINY]))
    wait_until(lambda: 0 < job.share < 1)
    job.stop()
    wait_until(lambda: not job.running)
    assert list(store.list()["id"]) == [LONG.id]


def test_a_training_ends_at_its_time_limit(store: RunStore) -> None:
    job = Workers(Budget(seconds=0.3)).begin([LONG], store)
    wait_until(lambda: not job.running)
    assert job.used_up
    assert list(store.list()["status"]) == ["stopped"]


def test_shutdown_does_not_wait_for_a_locked_store(
    workers: Workers, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lossopt_ui.jobs.workers.CLOSING_SECONDS", 0.3)
    monkeypatch.setattr("lossopt_ui.jobs.job.UNKEPT_SECONDS", 0)
    monkeypatch.setattr("lossopt_ui.jobs.job.RETRY_SECONDS", 0)
    job, free = begin(workers, store), threading.Event()

    def locked(_: object) -> None:
        free.wait(20)
        raise StoreError("locked")

    monkeypatch.setattr(job.store, "save", locked)
    monkeypatch.setattr(job, "note_interruption", lambda: locked(None))
    workers.close()
    assert job.running, "it could not save"
    free.set()
    wait_until(lambda: not job.running)


def test_a_training_can_be_resumed_after_a_store_failure(
    workers: Workers, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lossopt_ui.jobs.job.UNKEPT_SECONDS", 0)
    monkeypatch.setattr("lossopt_ui.jobs.job.RETRY_SECONDS", 0)
    full = RunStore(store.address)

    def refuse(_: object) -> None:
        raise StoreError("full")

    monkeypatch.setattr(full, "save", refuse)
    workers.begin([TINY], full)
    wait_until(lambda: list(ActiveTrainings(store).jobs().values()) == [True])


def test_the_second_phase_of_a_comparison_is_registered_when_it_starts(
    workers: Workers, store: RunStore
) -> None:
    comparison = Comparison(
        "losses", TINY, ("hinge", "cross_entropy"), (0.01, 0.1, 1.0), tuning_seeds=1, fresh_seeds=1
    )
    comparison = replace(comparison, base=Experiment(dataset="blobs", epochs=1))
    job = workers.begin(
        comparison.tuning(), store, by_part=True, sequel=Sequel.of(comparison, store)
    )
    wait_until(lambda: not job.running)
    assert job.error is None
    assert set(store.list()["id"]) == {
        each.id for each in [*comparison.tuning(), *comparison.final_after(store.list())]
    }
