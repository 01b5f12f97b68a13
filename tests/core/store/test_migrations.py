"""A store of an older layout becomes one of the present, and keeps what is in it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from pandas.testing import assert_frame_equal

from lossopt_core import RunStore, StoreError, certify
from lossopt_core.store import migrations
from lossopt_core.store import schema as layout
from tests.databases import change, file_of
from tests.experiments import TINY
from tests.older_stores import take_back, without_work_axes

NEWER = layout.SCHEMA + 1


def let_come_next(monkeypatch, step):
    """Let there be a layout after the present one, and this step to it."""
    monkeypatch.setattr(layout, "SCHEMA", NEWER)
    monkeypatch.setitem(migrations.MIGRATIONS, NEWER - 1, step)


def let_a_column_come_next(monkeypatch):
    """Let the next layout have a column more; gives a list that is longer by each migration."""
    steps = []

    def add_a_column(database):
        steps.append(1)
        database.exec_driver_sql("ALTER TABLE runs ADD COLUMN mood TEXT")

    let_come_next(monkeypatch, add_a_column)
    return steps


@pytest.mark.parametrize("older", range(1, layout.SCHEMA))
def test_a_migrated_store_equals_a_new_one(address, finished, older):
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
    store.save_certificate(TINY, certify(TINY))
    assert store.certificate(TINY).reached


def test_runs_of_the_first_versions_are_readable(address, finished):
    """They were kept without the work axes of the minibatch curve, which can be computed."""
    store = RunStore(address)
    store.save(finished)
    for run in finished:
        without_work_axes(address, run)
    take_back(address, 1)
    for run, back in zip(finished, store.load(run.id for run in finished), strict=True):
        assert_frame_equal(back.minibatch, run.minibatch)
        assert_frame_equal(back.history, run.history)
    updates = "UPDATE arrays SET data = :data WHERE name = 'minibatch' AND id = :id"
    change(address, updates, data=b"\x01" * 16 * len(finished[0].minibatch), id=finished[0].id)
    with pytest.raises(StoreError, match="not a whole number"):
        store.load([finished[0].id])


def test_a_run_with_a_corrupted_history_is_migrated_without_summary(address, finished):
    RunStore(address).save(finished)
    take_back(address, 3)
    damaged = "UPDATE arrays SET data = :byte WHERE name = 'history' AND id = :id"
    assert change(address, damaged, byte=b"\0", id=finished[1].id) == 1
    table = RunStore(address).list()
    assert [len(spark) for spark in table["spark"]] == [4, 0, 4, 4]
    assert list(table["best_objective"].isna()) == [False, True, False, False]


def test_a_newer_store_is_rejected(address, finished):
    RunStore(address).save(finished)
    change(address, f"UPDATE facts SET value = '{NEWER}'")
    store = RunStore(address)
    said = rf"written by a newer lossopt \(schema {NEWER}, .* supports {NEWER - 1}"
    for use in (
        store.list,
        lambda: store.save(finished),
        lambda: store.load([finished[0].id]),
        lambda: store.delete([finished[0].id]),
    ):
        with pytest.raises(StoreError, match=said):
            use()
    change(address, f"UPDATE facts SET value = '{NEWER - 1}'")
    assert len(store.list()) == 4


def test_a_newer_file_is_left_untouched(sqlite_address, finished):
    RunStore(sqlite_address).save(finished)
    change(sqlite_address, f"UPDATE facts SET value = '{NEWER}'")
    file = file_of(sqlite_address)
    before = file.read_bytes()
    with pytest.raises(StoreError):
        RunStore(sqlite_address).list()
    assert file.read_bytes() == before
    assert [each.name for each in file.parent.iterdir()] == [file.name]


def test_an_older_store_is_migrated_once_and_keeps_its_runs(address, finished, monkeypatch):
    RunStore(address).save(finished)
    steps = let_a_column_come_next(monkeypatch)
    assert len(RunStore(address).list()) == 4
    [back] = RunStore(address).load([finished[0].id])
    assert_frame_equal(back.history, finished[0].history)
    assert steps == [1]


def test_concurrent_processes_migrate_an_older_store_once(address, finished, monkeypatch):
    RunStore(address).save(finished)
    steps = let_a_column_come_next(monkeypatch)
    with ThreadPoolExecutor(6) as pool:
        tables = [*pool.map(lambda _: RunStore(address).list(), range(6))]
    assert [len(table) for table in tables] == [4] * 6
    assert steps == [1]


def test_a_migration_that_fails_changes_nothing(address, finished, monkeypatch):
    RunStore(address).save(finished)

    def fail(database):
        database.exec_driver_sql("DELETE FROM runs")
        database.exec_driver_sql("nonsense")

    with monkeypatch.context() as patch:
        let_come_next(patch, fail)
        with pytest.raises(StoreError):
            RunStore(address).list()
    assert len(RunStore(address).list()) == 4
