"""A sweep from the page on a Dask cluster: a worker is killed, then the whole cluster."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from distributed import Client

from benchmarks.visitors import Visit
from lossopt_core import RunStore
from tests.browser.helpers import free_port, server
from tests.programs import ROOT

GONE = "The cluster cannot be reached"
SWEEP = {
    "dataset": "digits",
    "epochs": "40",
    "axes": "batch_size=8,12,16,24,32,48;learning_rate=0.01,0.02",
    "seeds": "1",
}
RUNS = 12


@contextmanager
def program(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A program of Dask that finds lossopt, as in the image."""
    process = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_" + arguments[0], *arguments[1:]],
        env=os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """The address of a scheduler, and the processes: the scheduler, and two workers."""
    address = f"tcp://127.0.0.1:{(port := free_port())}"
    with ExitStack() as stack:
        processes = [
            stack.enter_context(program("scheduler", "--port", str(port), "--no-dashboard"))
        ]
        for _ in range(2):
            options = ("--nthreads", "1", "--no-dashboard", "--no-nanny")
            place = ("--local-directory", str(tmp_path))
            processes.append(stack.enter_context(program("worker", address, *options, *place)))
        with Client(address, timeout=60) as client:
            client.wait_for_workers(2, timeout=60)
        yield address, processes


ONE = {"learning_rate": "0.1", "seeds": "1", "live": "false"}


def test_a_sweep_survives_a_worker_and_trainings_survive_the_cluster(
    tmp_path: Path, cluster: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    scheduler, processes = cluster
    store = f"sqlite:///{tmp_path / 'runs.db'}"
    environment = {"LOSSOPT_STORE": store, "LOSSOPT_SCHEDULER": scheduler}

    def finished() -> int:
        table = RunStore(store).list()
        return int((table["status"] == "finished").sum())

    async def story(address: str) -> None:
        async with Visit(address, {}) as tab:
            await tab.open("sweep", SWEEP)
            await tab.press("train")
            await tab.wait_until(lambda: "Training: " in tab.words(), "it does not train")
            os.kill(processes[1].pid, signal.SIGKILL)
            await tab.wait_until(lambda: "Training: " not in tab.words(), "it does not end")
            assert finished() == RUNS
            assert GONE not in tab.words()
            processes[0].kill()  # the scheduler
            await tab.go("train", {"dataset": "blobs", "epochs": "30"} | ONE)
            await tab.press("train")
            await tab.wait_until(lambda: finished() == RUNS + 1, "no run came")
            await tab.wait_until(lambda: GONE in tab.words(), "it does not say where it trained")

    with server(ROOT / "streamlit_app.py", environment=environment) as address:
        asyncio.run(story(address))
