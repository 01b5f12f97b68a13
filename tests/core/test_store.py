"""Promises of the store: whole or not at all, exact, shared, and only one's own."""

import dataclasses
import json
import os
import re
import signal
import sqlite3
import struct
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from lossopt_core import (
    LOSSES,
    OPTIMIZERS,
    REGULARIZERS,
    SCHEDULES,
    Experiment,
    RunStore,
    StoreError,
    train,
)
from lossopt_core.run import HISTORY_COLUMNS, MINIBATCH_COLUMNS, WHOLE_COLUMNS, Run, history_table
from lossopt_core.store import UnknownRunError
from lossopt_core.store_database import Database
from tests.databases import ask, change, file_of
from tests.experiments import TINY
from tests.programs import ROOT


@pytest.fixture(scope="module")
def stopped():
    [run] = train([TINY], should_stop=lambda: True)
    return run


@pytest.fixture(scope="module")
def diverged():
    [run] = train([TINY.but(loss="squared_hinge", learning_rate=1e4, epochs=50)])
    assert run.status == "diverged"
    return run


def assert_same(ours: Run, theirs: Run) -> None:
    assert ours.experiment == theirs.experiment
    assert ours.status == theirs.status
    assert ours.environment == theirs.environment
    assert_frame_equal(ours.history, theirs.history, check_exact=True)
    assert_frame_equal(ours.minibatch, theirs.minibatch, check_exact=True)
    for name in ("weights", "bias", "path", "path_updates"):
        mine, other = getattr(ours, name), getattr(theirs, name)
        assert mine.dtype == other.dtype
        assert mine.shape == other.shape
        assert mine.tobytes() == other.tobytes()


# ---- what is loaded is what was saved

experiments = st.builds(
    Experiment,
    dataset=st.just("blobs"),
    dataset_options=st.builds(
        dict, classes=st.integers(2, 4), features=st.integers(2, 3), spread=st.floats(0.1, 10)
    ),
    loss=st.sampled_from([*LOSSES]),
    margin=st.floats(0.01, 100),
    regularizer=st.sampled_from([*REGULARIZERS]),
    strength=st.floats(0, 1e3),
    optimizer=st.sampled_from([*OPTIMIZERS]),
    learning_rate=st.floats(1e-8, 1e4),
    schedule=st.sampled_from([*SCHEDULES]),
    seed=st.integers(0, 2**32 - 1),
    standardize=st.booleans(),
)
any_number = st.floats(allow_nan=True, allow_infinity=True)


@st.composite
def invented_runs(draw: st.DrawFn) -> Run:
    """Runs that no training made, with every number that a float can be."""
    experiment = draw(experiments)
    rows, points = draw(st.integers(1, 4)), draw(st.integers(0, 3))
    shape = (experiment.size.classes, experiment.size.features)
    numbers = np.array(draw(st.lists(any_number, min_size=12, max_size=12)))
    table = np.resize(numbers, (rows, len(HISTORY_COLUMNS)))
    table[:, [0, 2]] = np.arange(rows)[:, None]
    return Run(
        experiment=experiment,
        history=history_table(table),
        minibatch=pd.DataFrame(
            {
                name: np.arange(3) if name in WHOLE_COLUMNS else np.resize(numbers, 3)
                for name in MINIBATCH_COLUMNS
            }
        ),
        weights=np.resize(numbers, shape),
        bias=np.resize(numbers, shape[0]),
        path=np.resize(np.float32([1.5, np.nan, -np.inf]), (points, shape[0], shape[1] + 1)),
        path_updates=np.arange(points),
        status=draw(st.sampled_from(["finished", "diverged", "stopped"])),
        environment={"numpy": draw(st.text(max_size=5))},
    )


@settings(max_examples=60, deadline=None)
@given(run=invented_runs())
def test_a_run_comes_back_as_it_was_to_the_last_bit(run):
    store = RunStore("sqlite://")
    store.save([run])
    [back] = store.load([run.id])
    assert_same(back, run)


def test_trained_runs_come_back_in_the_order_asked_for(address, finished, diverged):
    RunStore(address).save([*finished, diverged])
    ids = [diverged.id, finished[2].id, finished[0].id, finished[2].id]
    back = RunStore(address).load(ids)
    assert [run.id for run in back] == ids
    assert_same(back[0], diverged)
    assert_same(back[1], finished[2])


def test_without_their_paths_runs_are_otherwise_the_same(address, finished):
    RunStore(address).save(finished)
    [back] = RunStore(address).load([finished[0].id], with_path=False)
    assert back.path.shape == (0, 3, 3)
    assert back.path_updates.shape == (0,)
    path, updates = finished[0].path, finished[0].path_updates
    assert_same(dataclasses.replace(back, path=path, path_updates=updates), finished[0])


def test_without_their_minibatches_runs_are_otherwise_the_same(address, finished):
    RunStore(address).save(finished)
    [back] = RunStore(address).load([finished[0].id], with_minibatch=False)
    assert_frame_equal(back.minibatch, finished[0].minibatch.iloc[:0])
    assert_same(dataclasses.replace(back, minibatch=finished[0].minibatch), finished[0])


def test_histories_are_those_of_the_runs_in_the_order_asked_for(address, finished, diverged):
    store = RunStore(address)
    store.save([*finished, diverged])
    ids = [diverged.id, "nobody", finished[2].id, finished[0].id, finished[2].id]
    histories = store.histories(iter(ids))
    assert list(histories) == [diverged.id, finished[2].id, finished[0].id]
    for run in (diverged, finished[2], finished[0]):
        assert_frame_equal(histories[run.id], run.history, check_exact=True)
    assert store.histories([]) == {}


def test_timings_are_those_of_runs_that_were_trained_alone(address):
    alone = train([TINY])[0]
    together = train([TINY.but(learning_rate=rate) for rate in (0.2, 0.3)])
    store = RunStore(address)
    store.save([alone, *together])
    assert store.timings(store.list()["id"]) == {alone.id: alone.seconds_per_update}
    assert alone.seconds_per_update > 0
    assert together[0].seconds_per_update is None


@pytest.mark.parametrize("seconds", ["nan", "inf", "0", "-1", "soon", [1]])
def test_a_timing_that_is_none_is_not_known(address, seconds):
    run = train([TINY])[0]
    store = RunStore(address)
    environment = {**run.environment, "seconds_per_update": seconds}
    store.save([dataclasses.replace(run, environment=environment)])
    assert store.timings([run.id]) == {}


def test_to_change_one_history_changes_no_other(address, finished):
    store = RunStore(address)
    store.save(finished)
    histories = store.histories(run.id for run in finished)
    histories[finished[0].id]["objective"] = 0.0
    histories[finished[1].id].loc[:, "objective"] = 1.0
    for run in finished[2:]:
        assert_frame_equal(histories[run.id], run.history)


def test_an_unknown_id_is_named_by_load_and_left_out_by_find(address, finished):
    store = RunStore(address)
    store.save(finished)
    with pytest.raises(UnknownRunError, match=f"no run 'nobody'.* {re.escape(store.shown)}"):
        store.load([finished[0].id, "nobody"])
    assert list(store.find(["nobody", finished[1].id])) == [finished[1].id]
    assert issubclass(UnknownRunError, KeyError)


@pytest.mark.parametrize("id", ["a\0b", "\ud800", "Δ", ""])
def test_what_cannot_be_an_id_is_an_unknown_one(address, finished, id):
    store = RunStore(address)
    store.save(finished[:1])
    assert list(store.find([id, finished[0].id])) == [finished[0].id]
    with pytest.raises(UnknownRunError):
        store.load([id])
    store.annotate([id], name="nobody")
    store.delete([id])


# ---- one run an experiment


def test_missing_are_those_without_a_run_or_with_a_stopped_one(address, finished, stopped):
    store = RunStore(address)
    store.save([stopped, *finished[1:3]])
    wanted = [run.experiment for run in finished]
    assert store.missing([*wanted, wanted[3]]) == [wanted[0], wanted[3]]


def test_a_finished_run_replaces_a_stopped_one_and_never_the_reverse(address, finished, stopped):
    store = RunStore(address)
    for saved, kept in (
        (stopped, stopped),
        (finished[0], finished[0]),
        (stopped, finished[0]),
        (finished[0], finished[0]),
    ):
        store.save([saved])
        assert len(store.list()) == 1
        assert_same(store.load([saved.id])[0], kept)


def test_a_stopped_run_does_not_replace_a_diverged_one(address, diverged):
    store = RunStore(address)
    store.save([diverged, dataclasses.replace(diverged, status="stopped")])
    assert store.load([diverged.id])[0].status == "diverged"


def test_saving_a_run_that_was_loaded_without_its_path_keeps_the_path(address, finished):
    store = RunStore(address)
    store.save(finished)
    store.save(store.load([finished[0].id], with_path=False))
    assert_same(store.load([finished[0].id])[0], finished[0])


# ---- workspaces


def test_a_workspace_cannot_list_load_or_delete_what_is_anothers(address, finished):
    mine, other = RunStore(address, workspace="mine"), RunStore(address, workspace="other")
    mine.save(finished)
    ids = [run.id for run in finished]
    assert other.list().empty
    assert other.find(ids) == {}
    assert other.missing([run.experiment for run in finished]) == [r.experiment for r in finished]
    with pytest.raises(UnknownRunError):
        other.load(ids)
    other.delete(ids)
    assert list(mine.list()["id"]) == ids

    other.save(finished[:1])
    mine.delete(ids)
    assert_same(other.load(ids[:1])[0], finished[0])


@pytest.mark.parametrize("name", ["", "x" * 81])
def test_a_workspace_has_a_name_of_sensible_length(name):
    with pytest.raises(ValueError, match="workspace must be"):
        RunStore("sqlite://", workspace=name)


# ---- others at the same time


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
        store.save([dataclasses.replace(run, experiment=experiment.but(seed=seed))])
"""
KILLED_HALF_WAY = """
    import os, signal, sys
    from lossopt_core import Experiment, RunStore, train
    from lossopt_core import store, store_arrays, store_rows
    from lossopt_core import store_layout as layout
    experiment = Experiment.from_json(sys.argv[2])
    whole, half = train([experiment, experiment.but(seed=1)])
    runs = RunStore(sys.argv[1])
    runs.save([whole])

    def write_half_and_die(database, workspace, tables, ids):
        key = {"workspace": "local", "id": half.id}
        arrays = [key | row for row in store_arrays.arrays_to_rows(half)]
        database.execute(layout.sql.insert(layout.runs), key | store_rows.run_to_row(half))
        database.execute(layout.sql.insert(layout.arrays), arrays[:3])
        os.kill(os.getpid(), signal.SIGKILL)

    store.remove = write_half_and_die
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
    store.save(train([TINY.but(seed=10**6)]))  # and the next one can go on


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


# ---- files that are not as they should be


def test_the_directory_is_made_and_the_address_may_come_from_the_environment(
    tmp_path, monkeypatch, finished
):
    monkeypatch.setenv("LOSSOPT_STORE", f"sqlite:///{tmp_path}/new/place/runs.db")
    RunStore().save(finished)
    assert (tmp_path / "new/place/runs.db").exists()


def test_a_removed_file_begins_anew(sqlite_address, finished):
    store = RunStore(sqlite_address)
    store.save(finished)
    for file in file_of(sqlite_address).parent.iterdir():
        file.unlink()
    assert store.list().empty
    store.save(finished[:1])
    assert len(RunStore(sqlite_address).list()) == 1


@pytest.mark.parametrize(
    "bad",
    ["nonsense", "sqlite:////dev/null/runs.db", "nobody://server/db", "sqlite:////proc/runs.db"],
)
def test_an_address_that_leads_nowhere_is_one_clear_error(bad):
    with pytest.raises(StoreError, match="the store"):
        RunStore(bad).list()


def test_a_file_that_is_no_database_is_one_clear_error(tmp_path):
    file = tmp_path / "runs.db"
    file.write_text("id,loss\n" * 1000)
    with pytest.raises(StoreError, match=r"runs\.db cannot be used: file is not a database"):
        RunStore(f"sqlite:///{file}").list()


def test_a_file_whose_pages_are_damaged_is_one_clear_error(sqlite_address, finished):
    RunStore(sqlite_address).save(finished)
    file = file_of(sqlite_address)
    content = file.read_bytes()
    file.write_bytes(content[:4096] + os.urandom(len(content) - 4096))
    with pytest.raises(StoreError):
        RunStore(sqlite_address).load([finished[0].id])


def test_somebody_elses_database_is_not_taken_for_a_store(address):
    change(address, "CREATE TABLE facts (name TEXT, value TEXT)")
    with pytest.raises(StoreError, match="in use, but not by lossopt"):
        RunStore(address).list()


def test_a_password_is_not_shown():
    store = RunStore("postgresql+psycopg://me:secret@127.0.0.1:1/runs")
    with pytest.raises(
        StoreError, match=r"at postgresql\+psycopg://me:.* cannot be used"
    ) as caught:
        store.list()
    assert "secret" not in str(caught.value)


def test_a_driver_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r'psycopg.*pip install "psycopg\[binary\]"') as caught:
        RunStore("postgresql+psycopg://me:secret@nowhere.invalid/runs")
    assert "secret" not in str(caught.value)


TAMPERING = {
    "experiment is JSON": "UPDATE runs SET experiment = '{'",
    "experiment is valid": """UPDATE runs SET experiment = '{"epochs": -1}'""",
    "experiment is the id's": """UPDATE runs SET experiment = '{"dataset": "spiral"}'""",
    "status is known": "UPDATE runs SET status = 'excellent'",
    "environment is an object": "UPDATE runs SET environment = '[]'",
    "data are long enough": "UPDATE arrays SET data = :byte WHERE name = 'weights'",
    "kind is known": "UPDATE arrays SET kind = 'O' WHERE name = 'path_updates'",
    "kind is the right one": "UPDATE arrays SET kind = '<f8' WHERE name = 'path_updates'",
    "shape is that of the data set": "UPDATE arrays SET shape = '[2, 3]' WHERE name = 'weights'",
    "shape is not negative": "UPDATE arrays SET shape = '[-1, 2]' WHERE name = 'weights'",
    "shape is a list": "UPDATE arrays SET shape = '6' WHERE name = 'path_updates'",
    "columns are those of a history": "UPDATE arrays SET columns = '[1]' WHERE name = 'history'",
    "history is not empty": (
        "UPDATE arrays SET data = :nothing, shape = '[11, 0]' WHERE name = 'history'"
    ),
    "history is a table": "UPDATE arrays SET shape = '[44]' WHERE name = 'history'",
    "history has its columns": "UPDATE arrays SET shape = '[4, 11]' WHERE name = 'history'",
    "history is there": "DELETE FROM arrays WHERE name = 'history'",
    "counts are whole": "UPDATE arrays SET data = :noise WHERE name = 'minibatch'",
    "all arrays are there": "DELETE FROM arrays WHERE name = 'bias'",
}


@pytest.mark.parametrize("promise", TAMPERING)
def test_a_run_is_loaded_only_if(promise, address, finished):
    values = {"byte": b"\0", "nothing": b"", "noise": np.random.default_rng(0).bytes(192)}
    check_damage(TAMPERING[promise], values, address, finished, history="history" in promise)


def test_a_run_is_loaded_only_if_data_are_bytes(sqlite_address, finished):
    # Other databases hold a column to its kind.
    number = "UPDATE arrays SET data = 7 WHERE name = 'bias'"
    check_damage(number, {}, sqlite_address, finished, history=False)


def check_damage(statement, values, address, finished, *, history):
    store = RunStore(address)
    store.save(finished[:1])
    assert change(address, statement, **values) == 1
    damaged = f"the run {finished[0].id} in the store at .* is damaged"
    with pytest.raises(StoreError, match=damaged):
        store.load([finished[0].id])
    if history:
        with pytest.raises(StoreError, match=damaged):
            store.histories([finished[0].id])
    store.list()
    store.delete([finished[0].id])
    assert store.list().empty


# ---- another language


def test_sqlite_and_struct_are_enough_to_read_a_history(sqlite_address, finished):
    RunStore(sqlite_address).save(finished)
    with sqlite3.connect(file_of(sqlite_address)) as db:
        columns, kind, shape, data = db.execute(
            "SELECT columns, kind, shape, data FROM arrays"
            " WHERE workspace = 'local' AND id = ? AND name = 'history'",
            [finished[0].id],
        ).fetchone()
    assert kind == "<f8"
    names, (count, rows) = json.loads(columns), json.loads(shape)
    numbers = struct.unpack(f"<{count * rows}d", data)
    history = {name: numbers[i * rows : (i + 1) * rows] for i, name in enumerate(names)}
    assert names == list(HISTORY_COLUMNS)
    for name in names:
        np.testing.assert_array_equal(history[name], finished[0].history[name])
    # as the module's docstring has it:
    np.testing.assert_array_equal(
        struct.unpack_from(f"<{rows}d", data, 3 * rows * 8), finished[0].history["objective"]
    )
