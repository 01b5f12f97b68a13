"""Stores that are not as they should be: one clear error each, and nothing is lost."""

import os
import sys

import numpy as np
import pytest

from lossopt_core import RunStore, StoreError
from tests.databases import change, file_of


def test_the_directory_is_created_and_the_url_may_come_from_the_environment(
    tmp_path, monkeypatch, finished
):
    monkeypatch.setenv("LOSSOPT_STORE", f"sqlite:///{tmp_path}/new/place/runs.db")
    RunStore().save(finished)
    assert (tmp_path / "new/place/runs.db").exists()


def test_a_removed_file_is_recreated(sqlite_address, finished):
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
def test_an_unreachable_url_is_one_clear_error(bad):
    with pytest.raises(StoreError, match="the store"):
        RunStore(bad).list()


def test_a_file_that_is_not_a_database_is_one_clear_error(tmp_path):
    file = tmp_path / "runs.db"
    file.write_text("id,loss\n" * 1000)
    with pytest.raises(StoreError, match=r"runs\.db cannot be used: file is not a database"):
        RunStore(f"sqlite:///{file}").list()


def test_a_corrupted_file_is_one_clear_error(sqlite_address, finished):
    RunStore(sqlite_address).save(finished)
    file = file_of(sqlite_address)
    content = file.read_bytes()
    file.write_bytes(content[:4096] + os.urandom(len(content) - 4096))
    with pytest.raises(StoreError):
        RunStore(sqlite_address).load([finished[0].id])


def test_a_database_of_another_program_is_rejected(address):
    change(address, "CREATE TABLE facts (name TEXT, value TEXT)")
    with pytest.raises(StoreError, match="is a database of another program"):
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
    damaged = f"the run {finished[0].id} in the store at .* is corrupted"
    with pytest.raises(StoreError, match=damaged):
        store.load([finished[0].id])
    if history:
        with pytest.raises(StoreError, match=damaged):
            store.histories([finished[0].id])
    store.list()
    store.delete([finished[0].id])
    assert store.list().empty


def test_discreet_messages_do_not_reveal_the_url(tmp_path, caplog):
    (tmp_path / "text").write_text("no database " * 100)
    places = {
        f"sqlite:///{tmp_path / 'text'}": "the store cannot be used: file is not a database",
        f"sqlite:///{tmp_path / 'text' / 'x.db'}": "the store cannot be used: it cannot be reached",
        "postgresql+psycopg://me:secret@127.0.0.1:9/x": "the store cannot be used: it cannot be",
    }
    for address, words in places.items():
        with pytest.raises(StoreError, match=f"^{words}"):
            RunStore(address, discreet=True).list()
    assert "127.0.0.1" in caplog.text, "who hosts it finds it in the log"
    assert "secret" not in caplog.text
