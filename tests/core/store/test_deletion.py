"""A deleted run is gone at once, stays in the bin for 30 days, and is removed after them."""

from datetime import timedelta

import pytest
from pandas.testing import assert_frame_equal

from lossopt_core import RunStore, train
from lossopt_core.store.repository import UnknownRunError
from tests.databases import ask, change
from tests.running_time import run_for


@pytest.fixture
def store(address, finished):
    store = RunStore(address)
    store.save(finished)
    return store


def rows_of(store: RunStore, id: str) -> list[int]:
    """How many rows of runs, arrays and notes there are of an id, whoever may see them."""
    return [
        ask(store.address, f"SELECT count(*) FROM {table} WHERE id = :id", id=id)[0][0]
        for table in ("runs", "arrays", "notes")
    ]


def test_a_deleted_run_is_hidden_everywhere(store, finished):
    gone, *left = finished
    store.delete([gone.id, "nobody"])
    ids = [run.id for run in finished]
    assert list(store.list()["id"]) == [run.id for run in left]
    assert list(store.find(ids)) == [run.id for run in left]
    assert list(store.histories(ids)) == [run.id for run in left]
    assert store.missing([run.experiment for run in finished]) == [gone.experiment]
    with pytest.raises(UnknownRunError):
        store.load([gone.id])


def test_a_restored_run_is_as_it_was(store, finished):
    store.annotate([finished[0].id], name="dear", tags=["a"], pinned=True)
    before = store.list()
    ids = [run.id for run in finished]
    store.delete(ids)
    assert store.list().empty
    store.restore([*ids, "nobody"])
    assert_frame_equal(store.list(), before)
    assert_frame_equal(store.histories(ids)[ids[0]], finished[0].history)
    assert store.missing([run.experiment for run in finished]) == []


def test_a_deleted_run_cannot_be_annotated(store, finished):
    store.delete([finished[0].id])
    store.annotate([finished[0].id], name="ghost")
    store.restore([finished[0].id])
    assert list(store.list()["name"]) == [""] * 4


@pytest.mark.parametrize("status", ["finished", "stopped"])
def test_saving_a_deleted_run_again_restores_its_annotations(store, finished, status):
    first = finished[0]
    store.annotate([first.id], note="keep me")
    store.delete([first.id])
    store.save(train([first.experiment], should_stop=lambda: status == "stopped"))
    table = store.list().set_index("id")
    assert list(table.index[:-1]) == [run.id for run in finished[1:]]  # it is the newest now
    assert table.loc[first.id, "note"] == "keep me"
    assert table.loc[first.id, "status"] == status


def test_what_was_deleted_more_than_30_days_ago_is_removed_by_the_next_deletion(store, finished):
    old, recent, last, kept = (run.id for run in finished)
    for id in (old, recent):
        store.annotate([id], name="said")
    store.delete([old])
    run_for(store.address, timedelta(hours=1))
    store.delete([recent])
    assert rows_of(store, old) == [1, 6, 1]
    run_for(store.address, timedelta(days=29, hours=23, minutes=2))
    store.delete([last])
    assert rows_of(store, old) == [0, 0, 0]
    assert rows_of(store, recent) == [1, 6, 1]
    store.restore([old, recent, last])
    assert {*store.list()["id"]} == {recent, last, kept}


def test_deleting_a_run_twice_does_not_extend_the_undo_period(store, finished):
    id = finished[0].id
    store.delete([id])
    run_for(store.address, timedelta(days=29))
    store.delete([id])
    run_for(store.address, timedelta(days=2))
    store.delete([])
    assert rows_of(store, id) == [0, 0, 0]


def test_what_an_earlier_version_deleted_is_removed_30_days_after_counting_began(store, finished):
    store.delete([finished[0].id])
    change(store.address, "UPDATE runs SET deleted = substr(deleted, 1, 32)")
    run_for(store.address, timedelta(days=29))
    store.delete([])
    assert rows_of(store, finished[0].id)[0] == 1
    run_for(store.address, timedelta(days=2))
    store.delete([])
    assert rows_of(store, finished[0].id)[0] == 0


def test_one_workspace_cannot_delete_restore_or_purge_anothers(store, finished):
    other = RunStore(store.address, workspace="other")
    id = finished[0].id
    store.delete([id])
    other.restore([id])
    other.save(finished[:1])
    run_for(store.address, timedelta(days=99))
    other.delete([id])
    assert list(store.list()["id"]) == [run.id for run in finished[1:]]
    store.restore([id])
    assert len(store.list()) == 4
    assert other.list().empty


def test_the_bin_lists_what_can_be_restored_and_is_emptied_at_once(store, finished):
    first, second, *left = (run.id for run in finished)
    store.annotate([first], name="dear")
    store.delete([first])
    store.delete([second])
    binned = RunStore(store.address).bin()
    assert list(binned["id"]) == [second, first]
    assert list(binned["name"]) == ["", "dear"]
    assert binned["deleted"].is_monotonic_decreasing
    before = store.revision()
    RunStore(store.address, workspace="other").remove_deleted([first])
    store.remove_deleted([first, left[0], "nobody"])
    assert store.revision() != before
    assert list(store.bin()["id"]) == [second]
    assert rows_of(store, first) == [0, 0, 0]
    store.restore([first, second])
    assert {*store.list()["id"]} == {second, *left}
    assert store.bin().empty
