"""The queue of trainings is fair, and trainings end with the process."""

import pytest

from lossopt_core import Experiment, RunStore
from lossopt_core.store.quotas import Budget, BudgetError
from lossopt_core.store.unfinished import SILENT_CHECKS, ActiveTrainings, Watch
from lossopt_ui.jobs.job import PART, Job
from lossopt_ui.jobs.workers import Workers
from tests.experiments import TINY
from tests.programs import run_python, wait_until
from tests.ui.jobs.helpers import LONG, begin

PROGRAM = """
import os, time
from lossopt_core import Experiment, RunStore
from lossopt_ui.jobs.workers import Workers
workers = Workers()
long = Experiment(epochs=100_000)
job = workers.begin([long], RunStore())
waiting = [workers.begin([long.replace(seed=seed)], RunStore(None, f"{seed}")) for seed in (1, 2)]
while job.share == 0: time.sleep(0.02)
"""


def test_other_or_stopped_trainings_are_not_found(workers: Workers, store: RunStore) -> None:
    job = begin(workers, store)
    assert workers.find([Experiment(seed=1)], store) is None
    job.stop()
    assert workers.find([LONG], store) is None
    wait_until(lambda: not job.running)


def test_the_process_exits_during_trainings(store: RunStore) -> None:
    program = (
        "import time; from lossopt_core import Experiment, RunStore;"
        "from lossopt_ui.jobs.workers import Workers; workers = Workers();"
        "job = workers.begin([Experiment(epochs=100_000)], RunStore());\n"
        "while job.share == 0: time.sleep(0.02)"
    )
    run_python("-c", program)
    assert list(store.list()["status"]) == ["stopped"]


def test_others_get_a_turn_between_the_parts_of_a_long_training(store: RunStore) -> None:
    workers = Workers(count=1)
    long = [TINY.replace(learning_rate=0.001 * k, epochs=500) for k in range(1, 10 * PART)]
    first = workers.begin(long, store, by_part=True)
    wait_until(lambda: first.share > 0)
    other = RunStore(store.address, "other")
    second = workers.begin([TINY], other)
    assert workers.place(second)[0] == 0
    assert workers.place(second)[1] > 0
    wait_until(lambda: not second.running)
    assert first.running
    assert len(other.list()) == 1
    first.stop()
    wait_until(lambda: not first.running)


def test_a_waiting_training_has_a_position_and_can_leave(store: RunStore) -> None:
    workers = Workers(count=1)
    first = begin(workers, store)
    waiting = [
        workers.begin([TINY.replace(seed=k)], RunStore(store.address, f"{k}")) for k in (1, 2)
    ]
    assert [workers.place(job)[0] for job in waiting] == [0, 1]
    assert all(job.waiting for job in waiting)
    waiting[0].stop()
    assert not waiting[0].running
    first.stop()
    wait_until(lambda: not waiting[1].running)
    assert RunStore(store.address, "1").list().empty
    assert len(RunStore(store.address, "2").list()) == 1


def test_the_expected_wait_is_capped_by_time_limits(store: RunStore) -> None:
    workers = Workers(Budget(seconds=30), count=1)
    first = begin(workers, store)
    assert first.cost / workers._speed > 60
    waiting = workers.begin([TINY], RunStore(store.address, "other"))
    _, seconds = workers.place(waiting)
    assert 0 < seconds <= 30
    waiting.stop()
    first.stop()
    wait_until(lambda: not first.running)


def test_a_training_that_ends_is_not_waited_for(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers = Workers(count=1)
    first = begin(workers, store)
    other = RunStore(store.address, "other")
    last = workers.begin([TINY], other)
    assert workers.place(last)[1] > 60
    monkeypatch.setattr(Job, "stopped", property(lambda job: job is first))  # its slice goes on
    assert workers.place(last)[1] < 1
    monkeypatch.undo()
    last.stop()
    first.stop()
    wait_until(lambda: not first.running)


def test_stopped_trainings_leave_the_queue_immediately(store: RunStore) -> None:
    workers = Workers(count=1, most_waiting=40)
    first = begin(workers, store)
    other = RunStore(store.address, "other")
    for seed in range(50):
        workers.begin([LONG.replace(seed=seed)], other).stop()
    last = workers.begin([TINY], other)
    assert workers.place(last)[0] == 0
    assert list(ActiveTrainings(other).jobs().values()) == [False]
    last.stop()
    first.stop()
    wait_until(lambda: not first.running)


def test_a_training_stopped_between_parts_leaves_immediately(store: RunStore) -> None:
    workers = Workers(count=0)
    parts = [TINY.replace(evaluations=number) for number in (2, 3, 4)]  # not trained together
    for stop_first in (False, True):
        job = workers.begin(parts, store, by_part=True)
        owner, taken = workers._turns.take()
        assert taken is job
        assert job.take_turn()
        if stop_first:  # during the part
            job._stop.set()
        workers._wait_for_turn(owner, job)
        job.stop()
        assert not job.running
        assert len(workers._turns) == 0
        workers._turns.done(owner)
    job = workers.begin(parts, store, by_part=True)
    job._stop.set()
    assert not workers._turns.take()[1].take_turn(), "nothing is left to be done"


def test_one_visitor_cannot_fill_the_queue(store: RunStore) -> None:
    workers = Workers(count=0, most_waiting=60)
    jobs = [workers.begin([TINY.replace(seed=seed)], store) for seed in range(3)]
    with pytest.raises(BudgetError, match="3 of yours are already waiting for a worker"):
        workers.begin([TINY.replace(seed=3)], store)
    others = RunStore(store.address, "other")
    assert workers.begin([TINY], others).running
    # A replacement does not need another slot in the queue.
    instead = workers.begin([TINY.replace(seed=3)], store, replacing=jobs[0])
    assert instead.running
    assert not jobs[0].running
    assert len(workers._turns) == 4


def test_a_refused_training_replaces_no_other(store: RunStore) -> None:
    workers = Workers(Budget(updates=1000), count=0)
    job = workers.begin([TINY], store)
    with pytest.raises(BudgetError):
        workers.begin([LONG], store, replacing=job)
    assert job.running


def test_one_visitors_tabs_do_not_take_all_workers(store: RunStore) -> None:
    workers = Workers(count=2, at_once=1)
    first, second = begin(workers, store), workers.begin([LONG.replace(seed=1)], store)
    other = RunStore(store.address, "other")
    third = workers.begin([TINY], other)
    wait_until(lambda: not third.running)
    assert len(other.list()) == 1
    assert first.running
    assert second.running
    first.stop()
    wait_until(lambda: second.share > 0)
    second.stop()
    wait_until(lambda: not second.running)


def test_a_training_over_budget_is_refused_before_any_work(store: RunStore) -> None:
    workers = Workers(Budget(updates=1000), count=0, most_waiting=1)
    with pytest.raises(BudgetError, match="the limit is 1,000"):
        workers.begin([LONG], store)
    workers.begin([TINY], RunStore(store.address, "other"))
    with pytest.raises(BudgetError, match="1 training is already waiting for a worker"):
        workers.begin([TINY], store)
    assert not ActiveTrainings(store).jobs()
    assert store.list().empty


def test_a_training_is_found_only_by_its_owner(workers: Workers, store: RunStore) -> None:
    job = begin(workers, store)
    assert workers.find([LONG], RunStore(store.address, "other")) is None
    job.stop()


def test_a_killed_process_leaves_an_interrupted_training_but_a_finished_one_does_not(
    store: RunStore,
) -> None:
    job = Workers().begin([TINY], store)
    wait_until(lambda: not job.running)
    wait_until(lambda: not ActiveTrainings(store).jobs())
    with pytest.raises(AssertionError):  # it fails
        run_python("-c", PROGRAM + "os.kill(os.getpid(), 9)")
    assert list(ActiveTrainings(store).jobs().values()) == [False]
    watch = Watch(store.address)
    for _ in range(SILENT_CHECKS + 1):
        watch.check()
    [left] = ActiveTrainings(store).interrupted()
    assert left.missing == [LONG]


def test_shutdown_registers_running_and_waiting_trainings(store: RunStore) -> None:
    run_python("-c", PROGRAM)
    for name, experiment in (
        ("local", LONG),
        ("1", LONG.replace(seed=1)),
        ("2", LONG.replace(seed=2)),
    ):
        [left] = ActiveTrainings(RunStore(store.address, name)).interrupted()
        assert left.missing == [experiment], name


def test_a_training_stopped_by_its_owner_is_not_interrupted(
    workers: Workers, store: RunStore
) -> None:
    job = begin(workers, store)
    job.stop()
    workers.close()
    wait_until(lambda: not ActiveTrainings(store).jobs())
    with pytest.raises(BudgetError, match="is restarting"):
        workers.begin([TINY], store)
