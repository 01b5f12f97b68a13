"""Several processes save, say, delete and purge in one store at the same time."""

import subprocess
import sys

import pytest

from lossopt_core import RunStore
from tests.databases import ask
from tests.experiments import TINY
from tests.programs import ROOT

# All save the same runs and say something of them; when all have, all delete the same, in
# different orders, and remove them for good.
PROGRAM = """
import dataclasses, sys
from datetime import timedelta
from lossopt_core import Experiment, RunStore, train
from lossopt_core.store import deletion
address, experiment, own = sys.argv[1], Experiment.from_json(sys.argv[2]), int(sys.argv[3])
says = [{"name": "said"}, {"note": "said"}, {"tags": ["said"]}][own]
[run] = train([experiment])
runs = [dataclasses.replace(run, experiment=experiment.replace(seed=seed)) for seed in range(14)]
ids = [run.id for run in runs][:: -1 if own == 1 else 1]
deletion.UNDO_PERIOD = -timedelta(days=2)
store = RunStore(address)
print("ready", flush=True)
sys.stdin.readline()
for run in runs:
    store.save([run])
    store.annotate(ids, **says)
print("saved", flush=True)
sys.stdin.readline()
doomed = [run.id for run in runs[:10]]
for id in [id for id in ids if id in doomed]:
    store.delete([id])
    store.find(ids)
    store.delete([])
"""


@pytest.fixture
def processes(address):
    command = [sys.executable, "-c", PROGRAM, address, TINY.to_json()]
    started = [
        subprocess.Popen(
            [*command, str(own)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for own in range(3)
    ]
    yield started
    for process in started:
        process.kill()
        process.communicate()


def go_on(processes, answer):
    """Let all continue at the same time, once all are where they say `answer`."""
    assert [process.stdout.readline() for process in processes] == [f"{answer}\n"] * 3
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()


def test_processes_lose_and_double_nothing(address, processes):
    go_on(processes, "ready")
    go_on(processes, "saved")
    assert [process.wait() for process in processes] == [0, 0, 0]
    table = RunStore(address).list()
    assert sorted(table["seed"]) == [10, 11, 12, 13]
    assert list(table["name"]) == list(table["note"]) == ["said"] * 4
    assert list(table["tags"]) == [["said"]] * 4
    for rows, expected in (("runs", 4), ("notes", 4), ("arrays", 24), ("facts", 1)):
        assert ask(address, f"SELECT count(*) FROM {rows}") == [(expected,)]
