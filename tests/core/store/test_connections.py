"""Connections stay open while the store is used, and never belong to another file."""

import itertools
import os
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from lossopt_core import RunStore, StoreError, train
from lossopt_core.store import connections
from lossopt_core.store.connections import Connections
from tests.experiments import TINY


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "runs.db"


@pytest.fixture
def store(file: Path) -> RunStore:
    store = RunStore(f"sqlite:///{file}")
    store.save(train([TINY]))
    return store


def test_a_store_that_nobody_uses_is_a_single_complete_file(store: RunStore, file: Path) -> None:
    assert os.listdir(file.parent) == ["runs.db"]
    with store.database.in_use():
        store.save(train([TINY.replace(seed=1)]))
        assert len(os.listdir(file.parent)) > 1, "the log, while it is used"
    assert os.listdir(file.parent) == ["runs.db"]
    shutil.copy(file, file.parent / "copy.db")
    assert len(RunStore(f"sqlite:///{file.parent / 'copy.db'}").list()) == 2


def test_it_stays_open_until_the_last_one_has_used_it(store: RunStore, file: Path) -> None:
    with store.database.in_use():
        with RunStore(store.address).database.in_use():
            store.list()
        assert len(os.listdir(file.parent)) > 1
    assert os.listdir(file.parent) == ["runs.db"]


def test_a_connection_is_used_again_while_the_store_is_in_use(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    connect = sqlite3.connect

    def counted(*what, **how):
        opened.append(what)
        return connect(*what, **how)

    monkeypatch.setattr(sqlite3.dbapi2, "connect", counted)
    monkeypatch.setattr(sqlite3, "connect", counted)
    with store.database.in_use():
        for _ in range(5):
            store.list()
    assert len(opened) == 1


@pytest.mark.parametrize("how", ["deleted", "replaced", "damaged"])
def test_a_file_that_was_changed_from_outside_is_noticed_while_it_is_in_use(
    store: RunStore, file: Path, tmp_path: Path, how: str
) -> None:
    other = RunStore(f"sqlite:///{tmp_path / 'other' / 'runs.db'}")
    other.save(train([TINY.replace(seed=seed) for seed in (5, 6, 7)]))
    with store.database.in_use():
        assert len(store.list()) == 1
        for left in file.parent.glob("runs.db*"):
            left.unlink()
        if how == "replaced":
            shutil.copy(tmp_path / "other" / "runs.db", file)
        if how == "damaged":
            file.write_bytes(b"This is not a database at all. " * 200)
            with pytest.raises(StoreError, match="not a database"):
                store.list()
        else:
            assert len(store.list()) == {"deleted": 0, "replaced": 3}[how]


def test_many_threads_use_it_at_once(store: RunStore) -> None:
    with store.database.in_use(), ThreadPoolExecutor(16) as together:
        found = list(together.map(lambda _: len(store.list()), range(64)))
    assert found == [1] * 64


def test_writers_of_other_programs_are_seen(store: RunStore, file: Path) -> None:
    with store.database.in_use():
        assert len(store.list()) == 1
        with closing(sqlite3.connect(file)) as other, other:
            other.execute("DELETE FROM runs")
        assert len(store.list()) == 0


def test_a_database_in_memory_lives_as_long_as_its_connections() -> None:
    store = RunStore("sqlite://")
    store.save(train([TINY]))
    with store.database.in_use():
        pass
    assert len(store.list()) == 1
    assert isinstance(store.database._connections, Connections)


def test_a_store_is_read_while_others_change_its_file_all_the_time(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = itertools.count()
    monkeypatch.setattr(connections, "_identity", lambda url: (next(changes),))
    with store.database.in_use():
        for _ in range(3):
            assert len(store.list()) == 1
            store.load(store.list()["id"])
