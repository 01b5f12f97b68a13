"""Promises of the store: whole or not at all, exact, shared, and only one's own."""

import dataclasses
import json
import re
import sqlite3
import struct

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
    train,
)
from lossopt_core.store.repository import UnknownRunError
from lossopt_core.training.run import (
    HISTORY_COLUMNS,
    MINIBATCH_COLUMNS,
    WHOLE_COLUMNS,
    Run,
    history_table,
)
from tests.databases import file_of
from tests.experiments import TINY


@pytest.fixture(scope="module")
def stopped():
    [run] = train([TINY], should_stop=lambda: True)
    return run


@pytest.fixture(scope="module")
def diverged():
    [run] = train([TINY.replace(loss="squared_hinge", learning_rate=1e4, epochs=50)])
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


@settings(max_examples=25, deadline=None)
@given(run=invented_runs())
def test_a_run_is_read_back_exactly(run):
    store = RunStore("sqlite://")
    store.save([run])
    [back] = store.load([run.id])
    assert_same(back, run)


def test_runs_are_loaded_in_the_order_of_the_ids(address, finished, diverged):
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


def test_timings_exist_for_runs_that_were_trained_alone(address):
    alone = train([TINY])[0]
    together = train([TINY.replace(learning_rate=rate) for rate in (0.2, 0.3)])
    store = RunStore(address)
    store.save([alone, *together])
    assert store.timings(store.list()["id"]) == {alone.id: alone.seconds_per_update}
    assert alone.seconds_per_update > 0
    assert together[0].seconds_per_update is None


@pytest.mark.parametrize("seconds", ["nan", "inf", "0", "-1", "soon", [1]])
def test_an_invalid_timing_is_ignored(address, seconds):
    run = train([TINY])[0]
    store = RunStore(address)
    environment = {**run.environment, "seconds_per_update": seconds}
    store.save([dataclasses.replace(run, environment=environment)])
    assert store.timings([run.id]) == {}


def test_changing_one_history_does_not_affect_others(address, finished):
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
def test_an_invalid_id_is_an_unknown_one(address, finished, id):
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


def test_a_workspace_cannot_list_load_or_delete_runs_of_another(address, finished):
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
