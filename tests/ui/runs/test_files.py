"""Files are made only for the visitor whose page was drawn."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lossopt_core import (
    Experiment,
    RunStore,
    StoreError,
    train,
)
from lossopt_core.exchange import archive
from lossopt_ui.identity import workspace
from lossopt_ui.runs.files import (
    Delivery,
    File,
    FileError,
    Mine,
)


def file(make) -> File:
    return File("Table", "table.csv", "text/csv", make, key="table")


@pytest.fixture
def mine(store: RunStore) -> Mine:
    return Mine(store, workspace.references())


def raising(error):
    def make(_):
        raise error

    return make


def test_there_is_no_visitors_store_outside_a_session(store, monkeypatch) -> None:
    monkeypatch.setenv("LOSSOPT_MODE", "hosted")
    with pytest.raises(RuntimeError, match="only within a session"):
        workspace.store()
    assert workspace.store("visit-mine").workspace == "visit-mine"


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (raising(StoreError("the store is locked")), "the store is locked"),
        (raising(ValueError("an archive can have 5 MB")), "an archive can have 5 MB"),
        (raising(FileError("it is gone")), "it is gone"),
        (lambda _: b"", "it would be empty"),
    ],
)
def test_a_failure_is_reported_and_gives_no_file(mine, make, why) -> None:
    delivery = Delivery(hold=0)
    with pytest.raises(FileError, match=f"table.csv was not made: {why}"):
        delivery.make(file(make), mine)
    assert delivery.news
    assert delivery.tell() == why
    assert not delivery.news
    assert delivery.make(file(lambda _: b"1"), mine) == b"1"
    assert delivery.tell() == ""


def test_an_unexpected_error_reaches_the_log_but_not_the_page(mine) -> None:
    delivery = Delivery()
    with pytest.raises(ZeroDivisionError):
        delivery.make(file(raising(ZeroDivisionError("secret"))), mine)
    assert "secret" not in delivery.tell()
    assert not delivery.running


def test_the_page_waits_for_a_file_in_progress(mine) -> None:
    delivery, begun, go_on = Delivery(hold=0), threading.Event(), threading.Event()

    def make(_):
        begun.set()
        assert go_on.wait(10)
        return b"1"

    thread = threading.Thread(target=delivery.make, args=(file(make), mine))
    thread.start()
    assert begun.wait(10)
    assert delivery.running
    assert not delivery.news
    go_on.set()
    thread.join()
    assert delivery.news


def test_a_file_is_handed_over_once_the_page_refers_to_it(mine) -> None:
    """Before that, Streamlit would drop it once other pages have been drawn."""
    delivery, given = Delivery(hold=60), []
    thread = threading.Thread(
        target=lambda: given.append(delivery.make(file(lambda _: b"1"), mine)), daemon=True
    )
    thread.start()
    while not delivery.news:
        thread.join(0.01)
    assert delivery.take() == b"1"
    assert given == []
    delivery.release()
    thread.join(30)
    assert given == [b"1"]
    assert delivery.take() == b"", "what the page refers to is not kept twice"


def test_runs_deleted_meanwhile_are_counted(mine) -> None:
    runs = train([Experiment(dataset="blobs", epochs=1, seed=seed) for seed in range(2)])
    ids = [run.id for run in runs]
    mine.store.save(runs)
    assert [run.id for run in mine.runs(ids)] == ids
    mine.store.delete(ids[:1])
    with pytest.raises(FileError, match="1 of the 2 selected runs is no longer stored"):
        mine.runs(ids)


@given(st.lists(st.integers(0, archive.LARGEST - archive.BYTES_OF_A_DESCRIPTION), max_size=40))
def test_archive_parts_contain_every_run_once_within_the_limit(sizes) -> None:
    by_id = {f"run{k}": size for k, size in enumerate(sizes)}
    parts = archive.parts(by_id)
    assert [id for part in parts for id in part] == [*by_id]
    room = archive.LARGEST
    for part in parts:
        assert sum(by_id[id] + archive.BYTES_OF_A_DESCRIPTION for id in part) <= room


def test_a_run_too_large_for_an_archive_is_named() -> None:
    with pytest.raises(ValueError, match="an archive can have 5 MB, but big alone takes more"):
        archive.parts({"small": 1, "big": archive.LARGEST})


def test_each_part_is_an_archive_that_can_be_imported(store, monkeypatch) -> None:
    runs = train([Experiment(dataset="blobs", epochs=1, seed=seed) for seed in range(5)])
    store.save(runs)
    sizes = store.sizes(run.id for run in runs)
    monkeypatch.setattr(archive, "LARGEST", 2 * (max(sizes.values()) + 4_000))
    parts = archive.parts(sizes)
    assert [len(part) for part in parts] == [2, 2, 1]
    files = [archive.to_archive(store.load(part)) for part in parts]
    assert [run.id for each in files for run in archive.from_archive(each)] == [*sizes]
