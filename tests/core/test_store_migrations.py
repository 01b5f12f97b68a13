"""A store of an older layout becomes one of the present, and keeps what is in it."""

import sqlite3
from pathlib import Path

import pytest
from pandas.testing import assert_frame_equal

from lossopt_core import RunStore, StoreError, certify
from lossopt_core import store_layout as layout
from lossopt_core import store_migrations as migrations
from tests.experiments import TINY
from tests.older_stores import take_back


@pytest.mark.parametrize("older", [1, 2, 3, 4])
def test_a_migrated_store_is_as_one_that_was_always_new(address, finished, older):
    store, other = RunStore(address), RunStore(address, workspace="other")
    store.save(finished)
    other.save(finished[:1])
    expected = store.list(), other.list()
    take_back(address, older)
    assert_frame_equal(store.list(), expected[0])
    assert_frame_equal(other.list(), expected[1])
    loaded = store.load(run.id for run in finished)
    assert {run.reason for run in loaded} == {"all updates made"}
    assert "" != store.revision() != other.revision()
    store.annotate([finished[0].id], name="old")
    assert list(store.list()["name"]) == ["old", "", "", ""]
    store.keep_certificate(TINY, certify(TINY))
    assert store.certificate(TINY).reached


def test_a_run_whose_history_is_damaged_is_migrated_without_its_summary(address, finished):
    RunStore(address).save(finished)
    take_back(address, 3)
    with sqlite3.connect(address.removeprefix("sqlite:///")) as db:
        damaged = "UPDATE arrays SET data = x'00' WHERE name = 'history' AND id = ?"
        db.execute(damaged, [finished[1].id])
    table = RunStore(address).list()
    assert [len(spark) for spark in table["spark"]] == [4, 0, 4, 4]
    assert list(table["best_objective"].isna()) == [False, True, False, False]


def test_a_newer_file_is_refused_and_left_untouched(address, finished):
    file = Path(address.removeprefix("sqlite:///"))
    RunStore(address).save(finished)
    with sqlite3.connect(file) as db:
        db.execute("UPDATE facts SET value = '6'")
    db.close()
    before = file.read_bytes()
    store = RunStore(address)
    for use in (
        store.list,
        lambda: store.save(finished),
        lambda: store.load([finished[0].id]),
        lambda: store.delete([finished[0].id]),
    ):
        with pytest.raises(StoreError, match=r"written by a newer lossopt \(layout 6, .* knows 5"):
            use()
    assert file.read_bytes() == before
    assert [each.name for each in file.parent.iterdir()] == [file.name]


def test_an_older_file_is_migrated_once_and_keeps_its_runs(address, finished, monkeypatch):
    RunStore(address).save(finished)
    steps = []

    def add_a_column(database):
        steps.append(1)
        database.exec_driver_sql("ALTER TABLE runs ADD COLUMN mood TEXT")

    monkeypatch.setattr(layout, "SCHEMA", 6)
    monkeypatch.setitem(migrations.MIGRATIONS, 5, add_a_column)
    assert len(RunStore(address).list()) == 4
    [back] = RunStore(address).load([finished[0].id])
    assert_frame_equal(back.history, finished[0].history)
    assert steps == [1]


def test_a_migration_that_fails_changes_nothing(address, finished, monkeypatch):
    RunStore(address).save(finished)

    def fail(database):
        database.exec_driver_sql("DELETE FROM runs")
        database.exec_driver_sql("nonsense")

    with monkeypatch.context() as patch:
        patch.setattr(layout, "SCHEMA", 6)
        patch.setitem(migrations.MIGRATIONS, 5, fail)
        with pytest.raises(StoreError):
            RunStore(address).list()
    assert len(RunStore(address).list()) == 4
