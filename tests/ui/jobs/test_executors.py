"""Processes that work for the server: replaced when killed, and not waited for when cold."""

import os
import pickle
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, CancelledError
from pathlib import Path

import pytest
from distributed import LocalCluster

from lossopt_core import Experiment, RunStore, train
from lossopt_ui.jobs import executors
from lossopt_ui.jobs.executors import AtOnce, Cluster, Processes
from lossopt_ui.jobs.job import parts_of
from lossopt_ui.jobs.processes import ForkServer, LostWorkerError, Worker
from lossopt_ui.jobs.workers import Workers
from tests.programs import wait_until


def killed_once(mark: Path) -> int:
    """Kill the own process, unless it was done before."""
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_tasks_run_in_other_processes(processes: Processes) -> None:
    assert processes.submit(os.getpid).result(60) != os.getpid()
    assert AtOnce().submit(os.getpid).result() == os.getpid()


@pytest.mark.parametrize("executor", ["processes", "at once"])
def test_an_error_is_that_of_the_task(processes: Processes, executor: str) -> None:
    chosen = processes if executor == "processes" else AtOnce()
    with pytest.raises(ValueError, match="invalid literal"):
        chosen.submit(int, "x").result(60)


def test_a_task_whose_process_is_killed_is_done_again(processes: Processes, tmp_path: Path) -> None:
    found = processes.submit(killed_once, tmp_path / "killed").result(120)
    assert found != os.getpid()
    assert (tmp_path / "killed").exists()


def test_a_task_that_kills_every_process_is_an_error(processes: Processes) -> None:
    with pytest.raises(BrokenExecutor):
        processes.submit(killed).result(120)
    assert processes.submit(os.getpid).result(120) != os.getpid(), "others go on"


def test_nobody_waits_long_for_cold_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors, "COLD_SECONDS", 0.01)
    assert Processes(1, ForkServer()).submit(os.getpid).result(30) == os.getpid()


def test_cold_processes_are_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors, "COLD_SECONDS", 0.5)
    pool = Processes(1, ForkServer())
    began = time.monotonic()
    assert {pool.submit(os.getpid).result() for _ in range(50)} == {os.getpid()}
    assert 0.5 <= time.monotonic() - began < 20


def test_a_shutdown_ends_what_is_running() -> None:
    pool = Processes(1, ForkServer()).start()
    assert pool._ready.wait(60)
    running = pool.submit(time.sleep, 60)
    time.sleep(0.5)
    pool.shutdown(wait=False)
    with pytest.raises((BrokenExecutor, CancelledError, RuntimeError)):
        running.result(10)


class NoSource:
    """A machine that starts no process."""

    def start(self) -> None:
        raise OSError("no processes on this machine")

    def worker(self) -> Worker:
        raise OSError("no processes on this machine")

    def close(self) -> None: ...


def test_without_processes_tasks_run_here() -> None:
    assert Processes(1, NoSource()).start().submit(os.getpid).result(10) == os.getpid()


def test_a_fork_server_that_is_killed_is_replaced() -> None:
    source = ForkServer()
    pool = Processes(1, source).start()
    assert pool._ready.wait(60)
    first = pool.submit(os.getpid).result(60)
    os.kill(pool.submit(os.getppid).result(60), signal.SIGKILL)
    assert pool.submit(os.getpid).result(60) == first, "its workers go on"
    os.kill(first, signal.SIGKILL)
    assert pool.submit(os.getpid).result(60) not in (first, os.getpid())


def test_workers_end_with_those_who_use_them() -> None:
    pool = Processes(1, ForkServer()).start()
    assert pool._ready.wait(60)
    worker, parent = pool.submit(os.getpid).result(60), pool.submit(os.getppid).result(60)
    pool.shutdown()
    wait_until(lambda: not _exists(worker) and not _exists(parent))


def _exists(pid: int) -> bool:
    """Whether a process is there that has not ended."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def test_a_task_whose_outcome_is_cut_off_is_done_again(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker is killed while it sends: an outcome this long does not fit into the pipe."""
    receive, killed = Worker._receive, []

    def cut_off(self: Worker) -> object:
        if not killed and hasattr(self, "_pid"):  # not while it starts
            assert self._connection.poll(60)
            killed.append(self._pid)
            os.kill(self._pid, signal.SIGKILL)
            wait_until(lambda: not _exists(self._pid))
        return receive(self)

    monkeypatch.setattr(Worker, "_receive", cut_off)
    length = 50_000_000
    assert len(processes.submit(bytes, length).result(60)) == length
    assert len(killed) == 1


def test_a_task_that_cannot_be_pickled_is_an_error_and_costs_no_worker(
    processes: Processes,
) -> None:
    before = {processes.submit(os.getpid).result(60) for _ in range(20)}
    with pytest.raises((TypeError, AttributeError, pickle.PicklingError)):
        processes.submit(print, threading.Lock()).result(60)
    assert {processes.submit(os.getpid).result(60) for _ in range(20)} & before


def test_a_fork_server_without_processes_is_kept_and_tasks_run_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_worker(self: object) -> Worker:
        raise LostWorkerError

    source = ForkServer()
    pool = Processes(1, source).start()
    assert pool._ready.wait(60)
    running = source._running
    monkeypatch.setattr("lossopt_ui.jobs.processes._Forking.worker", no_worker)
    for _ in range(2):
        assert pool.submit(os.getpid).result(60) == os.getpid()
    assert source._running is running
    monkeypatch.undo()
    assert pool.submit(os.getpid).result(60) != os.getpid(), "as soon as there is one"
    pool.shutdown()


def test_a_stack_of_seeds_is_shared_out_among_the_workers() -> None:
    seeds = [Experiment(seed=seed) for seed in range(40)]
    assert [len(part) for part in parts_of(seeds)] == [40]
    assert [len(part) for part in parts_of(seeds, workers=2)] == [20, 20]
    assert [len(part) for part in parts_of(seeds, workers=16)] == [3] * 13 + [1]
    lanes = [each.replace(loss=loss) for each in seeds[:9] for loss in ("hinge", "cross_entropy")]
    assert [len(part) for part in parts_of(lanes, workers=2)] == [10, 8], "no seed is torn apart"
    rates = [Experiment(learning_rate=0.01 * k) for k in range(1, 11)]
    assert [len(part) for part in parts_of(rates, workers=4)] == [8, 2], "they share their batches"
    apart = [each.replace(epochs=each.seed + 1) for each in seeds]
    assert len(parts_of(apart, workers=16)) == 40, "as many parts as there are cohorts"


@pytest.fixture
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as found:
        yield found


def cluster_at(address: str) -> Cluster:
    found = Cluster(address, AtOnce).start()
    assert found._ready.wait(60)
    return found


def test_a_cluster_trains_and_survives_the_death_of_a_worker(
    cluster: LocalCluster, store: RunStore
) -> None:
    executor = cluster_at(cluster.scheduler_address)
    experiments = [Experiment(epochs=100, evaluations=20 + part) for part in range(2)]
    job = Workers(executor=executor).begin(experiments, store, by_part=True)
    wait_until(lambda: job.share > 0.1)
    killed = executor.submit(os.getpid).result(60)
    assert killed != os.getpid()
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: not job.running)
    assert job.error is None
    assert not executor.lost
    for ours, its in zip(store.load([e.id for e in experiments]), train(experiments), strict=True):
        assert ours.history.equals(its.history)


def test_an_error_on_a_cluster_is_that_of_the_task(cluster: LocalCluster) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        cluster_at(cluster.scheduler_address).submit(int, "x").result(60)


def test_without_its_cluster_this_machine_trains(store: RunStore) -> None:
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        executor = cluster_at(cluster.scheduler_address)
        assert executor.submit(os.getpid).result(60) != os.getpid()
        assert not executor.lost
    assert executor.submit(os.getpid).result(60) == os.getpid()
    assert executor.lost


def test_a_cluster_that_never_answers_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors, "CONNECT_SECONDS", 0.5)
    executor = cluster_at("tcp://127.0.0.1:9")
    assert executor.lost
    assert executor.submit(os.getpid).result(10) == os.getpid()


def test_a_training_in_processes_has_the_same_runs(processes: Processes, store: RunStore) -> None:
    experiments = [Experiment(dataset="blobs", epochs=3, evaluations=4 + part) for part in range(3)]
    job = Workers(executor=processes).begin(experiments, store, by_part=True)
    wait_until(lambda: not job.running)
    assert job.error is None
    for ours, its in zip(store.load([e.id for e in experiments]), train(experiments), strict=True):
        assert ours.history.equals(its.history)


def test_a_training_survives_the_death_of_its_process(
    processes: Processes, store: RunStore
) -> None:
    experiment = Experiment(epochs=200, evaluations=20)
    job = Workers(executor=processes).begin([experiment], store)
    wait_until(lambda: job.share > 0.1)
    os.kill(processes.submit(os.getpid).result(60), signal.SIGKILL)
    wait_until(lambda: not job.running)
    assert job.error is None
    [ours], [its] = store.load([experiment.id]), train([experiment])
    assert ours.history.equals(its.history)


def test_the_thread_that_asks_is_free_meanwhile(processes: Processes) -> None:
    before = threading.active_count()
    futures = [processes.submit(os.getpid) for _ in range(10)]
    assert {each.result(60) for each in futures} - {os.getpid()}
    assert threading.active_count() <= before + 3
