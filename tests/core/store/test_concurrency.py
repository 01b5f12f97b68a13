"""Others use the store at the same time, or are killed while they do."""

import signal
import subprocess
import sys
import textwrap
import threading
import time

from lossopt_core import RunStore, train
from lossopt_core.store.database import Database
from tests.databases import ask
from tests.experiments import TINY
from tests.programs import ROOT


def start(code: str, *arguments: str) -> subprocess.Popen[str]:
    """Another Python process; what it prints can be read."""
    program = [sys.executable, "-c", textwrap.dedent(code), *arguments]
    return subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE, text=True)


SAVE_MANY = """
    import dataclasses, sys
    from lossopt_core import Experiment, RunStore, train
    experiment, first, last = Experiment.from_json(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    store = RunStore(sys.argv[1])
    [run] = train([experiment])
    print("ready", flush=True)
    for seed in range(first, last):
        store.save([dataclasses.replace(run, experiment=experiment.replace(seed=seed))])
"""
KILLED_HALF_WAY = """
    import os, signal, sys
    from lossopt_core import Experiment, RunStore, train
    from lossopt_core.store import arrays, repository, rows
    from lossopt_core.store import schema as layout
    experiment = Experiment.from_json(sys.argv[2])
    whole, half = train([experiment, experiment.replace(seed=1)])
    runs = RunStore(sys.argv[1])
    runs.save([whole])

    def write_half_and_die(database, workspace, tables, ids):
        key = {"workspace": "local", "id": half.id}
        data = [key | row for row in arrays.arrays_to_rows(half)]
        database.execute(layout.sql.insert(layout.runs), key | rows.run_to_row(half))
        database.execute(layout.sql.insert(layout.arrays), data[:3])
        os.kill(os.getpid(), signal.SIGKILL)

    repository.remove = write_half_and_die
    runs.save([half])
"""


def test_a_killed_process_leaves_whole_runs_only(address):
    process = start(SAVE_MANY, address, TINY.to_json(), "0", "100000")
    assert process.stdout.readline() == "ready\n"
    store = RunStore(address)
    while len(store.list()) < 20:
        time.sleep(0.01)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    process.stdout.close()
    ids = list(store.list()["id"])
    assert [run.id for run in store.load(ids)] == ids
    assert ask(address, "SELECT count(*) FROM arrays") == [(6 * len(ids),)]
    if address.startswith("sqlite"):
        assert ask(address, "PRAGMA integrity_check") == [("ok",)]
    store.save(train([TINY.replace(seed=10**6)]))  # and the next one can go on


def test_a_process_killed_within_a_transaction_leaves_nothing_of_that_run(address):
    process = start(KILLED_HALF_WAY, address, TINY.to_json())
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert ask(address, "SELECT id FROM runs") == [(TINY.id,)]
    assert ask(address, "SELECT count(*) FROM arrays") == [(6,)]
    assert list(RunStore(address).list()["id"]) == [TINY.id]


def test_processes_that_save_at_once_lose_and_duplicate_nothing(address):
    # There are no tables yet: they race for their creation, too.  Seeds 20 to 39 are common.
    processes = [
        start(SAVE_MANY, address, TINY.to_json(), first, last)
        for first, last in (("0", "40"), ("20", "60"))
    ]
    for process in processes:
        process.communicate()
        assert process.returncode == 0
    table = RunStore(address).list()
    assert sorted(table["seed"]) == list(range(60))
    assert len(RunStore(address).load(table["id"])) == 60


def test_threads_share_a_store(address, finished):
    share_between_threads(RunStore(address), finished)


def test_threads_share_a_store_in_memory(finished):
    share_between_threads(RunStore("sqlite://"), finished)


def share_between_threads(store, finished):
    errors = []

    def work():
        try:
            for run in finished:
                store.save([run])
                store.load([run.id])
                store.list()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(store.list()) == len(finished)


def test_reading_does_not_wait_for_a_writer(address, finished):
    RunStore(address).save(finished)
    with Database(address).connection(write=True) as writer, writer.begin():
        begun = time.perf_counter()
        assert len(RunStore(address).list()) == 4
        RunStore(address).load([finished[0].id])
        assert time.perf_counter() - begun < 5  # a writer would wait 30 seconds
