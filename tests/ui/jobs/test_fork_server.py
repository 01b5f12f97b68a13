"""The processes that work: what they import, share, keep, and cannot send back."""

import os
import signal
import socket
import sys
import threading
import time
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lossopt_core import Experiment, RunStore, load_data, train, uploads
from lossopt_core.certify.certificates import certify_problem
from lossopt_core.certify.duality import Problem
from lossopt_core.data.datasets import Examples
from lossopt_core.experiment import caches
from lossopt_core.experiment.loading import Data
from lossopt_ui.jobs import fork_server
from lossopt_ui.jobs.executors import Processes
from lossopt_ui.jobs.processes import ForkServer, OneByOne
from lossopt_ui.jobs.workers import Workers
from tests.programs import wait_until


def load(*split_seeds: int) -> int:
    """Load data here; returns how many data sets are in the caches of this process."""
    for each in split_seeds:
        load_data(Experiment(split_seed=each))
    entries = [entry for cache in caches._ALL for entry in cache._entries.values()]
    return sum(isinstance(entry.result, Data) for entry in entries)


def imported() -> set[str]:
    return set(sys.modules)


def work_on_digits() -> set[str]:
    """Train and certify; returns what had to be imported for it."""
    before = imported()
    [run] = train([Experiment(epochs=1, standardize=True, strength=0.1)])
    certify_problem(Problem.of(run.experiment), target_gap=0.1, time_budget=10.0)
    return imported() - before


def test_workers_share_the_memory_of_what_they_need(processes: Processes) -> None:
    new = processes.submit(work_on_digits).result(120)
    large = {name for name in new if name.split(".")[0] in ("numpy", "scipy", "sklearn", "pandas")}
    assert len(large) < 10, sorted(large)


def test_workers_do_without_pyarrow() -> None:
    source = ForkServer()
    source.start()
    worker = source.worker()
    [run] = worker.run(partial(train, [Experiment(epochs=1, strength=0.1)]))
    problem = Problem.of(run.experiment)
    worker.run(partial(certify_problem, problem, target_gap=0.1, time_budget=10.0))
    assert not worker.run(partial(eval, "'pyarrow' in __import__('sys').modules"))
    # A task that needs it can have it.
    assert worker.run(partial(eval, "__import__('pyarrow').__version__"))
    source.close()


def test_a_table_made_by_a_worker_is_as_one_made_here(processes: Processes) -> None:
    [run] = processes.submit(train, [Experiment(epochs=1)]).result(60)
    [here] = train([Experiment(epochs=1)])
    pd.testing.assert_frame_equal(run.history, here.history)
    assert run.history.columns.dtype == here.history.columns.dtype


def ask_for_a_worker_of_its_own() -> tuple[int, str]:
    print("this must not get between the outcomes")
    return os.getpid(), os.environ["OPENBLAS_NUM_THREADS"]


KEPT: list[bytearray] = []


def take_much_and_keep_what_comes_last() -> None:
    much = [bytearray(100_000) for _ in range(1_000)]
    KEPT.append(bytearray(100_000))  # holds the end of the heap
    much.clear()


def megabytes_of(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 1e6


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads memory from /proc")
def test_a_worker_gives_back_the_memory_that_a_task_took() -> None:
    pool = Processes(1, ForkServer()).start()
    assert pool._ready.wait(60)
    worker, _ = pool.submit(ask_for_a_worker_of_its_own).result(60)  # imports this module
    before = megabytes_of(worker)
    pool.submit(take_much_and_keep_what_comes_last).result(60)
    wait_until(lambda: megabytes_of(worker) < before + 30)


def test_where_forking_is_not_safe_each_worker_starts_alone() -> None:
    pool = Processes(2, OneByOne()).start()
    assert pool._ready.wait(60)
    first, threads = pool.submit(ask_for_a_worker_of_its_own).result(60)
    assert first != os.getpid()
    assert threads == "1"
    with pytest.raises(ValueError, match="invalid literal"):
        pool.submit(int, "x").result(60)
    pool.shutdown()


def test_a_fork_that_fails_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_process() -> int:
        raise BlockingIOError("no process left")

    monkeypatch.setattr(fork_server, "_prepare", lambda: None)
    monkeypatch.setattr(fork_server.signal, "signal", lambda *_: None)
    monkeypatch.setattr(fork_server.gc, "freeze", lambda: None)
    monkeypatch.setattr(fork_server.os, "fork", no_process)
    ours, its = socket.socketpair()
    threading.Thread(target=fork_server.serve, args=(its,), daemon=True).start()
    assert ours.recv(1) == fork_server.READY
    for _ in range(2):
        channel, other = socket.socketpair()
        with channel:
            with other:
                socket.send_fds(ours, [b"w"], [other.fileno()])
            assert channel.recv(1) == b"", "who asked finds it closed"
    ours.close()


def test_the_fork_server_has_no_other_python_thread() -> None:
    source = ForkServer()
    source.start()
    assert source.worker().run(threading.active_count) == 1
    source.close()


class StubbornError(Exception):
    """An error that cannot be pickled."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} and {two}")


def fail_stubbornly() -> None:
    raise StubbornError(1, 2)


def give_back_what_cannot_be_pickled() -> threading.Lock:
    return threading.Lock()


@pytest.mark.parametrize("task", [fail_stubbornly, give_back_what_cannot_be_pickled])
def test_what_cannot_be_sent_back_is_an_error(processes: Processes, task: object) -> None:
    with pytest.raises((RuntimeError, TypeError)):
        processes.submit(task).result(60)  # type: ignore[arg-type]
    assert processes.submit(os.getpid).result(60) != os.getpid(), "others go on"


def test_interrupts_are_left_to_the_server(processes: Processes) -> None:
    worker = processes.submit(os.getpid).result(60)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(worker, number)
    assert worker in {processes.submit(os.getpid).result(60) for _ in range(20)}


def test_training_near_the_optimum_of_uploaded_data_needs_nothing_but_what_is_sent(
    processes: Processes, store: RunStore
) -> None:
    random = np.random.default_rng(0)
    examples = Examples(
        random.standard_normal((60, 3)), np.arange(60) % 2, ("no", "yes"), ("x", "y", "z"), None
    )
    options = uploads.UploadStore(store).save("mine", examples).options
    with uploads.using(uploads.UploadStore(store)):
        experiment = Experiment(
            dataset="own", dataset_options=options, optimizer="gd", epochs=500,
            learning_rate=0.5, stopping="target", tolerance=0.05,
        )  # fmt: skip
    job = Workers(executor=processes).begin([experiment], store)
    wait_until(lambda: not job.running)
    assert job.error is None
    [run] = store.load([experiment.id])
    assert run.status == "finished"
    assert run.final["update"] < experiment.updates


def test_a_worker_keeps_data_between_the_slices_of_a_training_only() -> None:
    pool = Processes(1, ForkServer()).start()
    try:
        wait_until(lambda: pool.submit(os.getpid).result(30) != os.getpid())
        assert pool.submit(load, 1, 2).result(30) >= 2
        time.sleep(2 * fork_server.UNUSED_SECONDS)
        assert pool.submit(load, 3).result(30) == 1
    finally:
        pool.shutdown()
