"""Sets of runs that were planned together."""

import pytest

from lossopt_core import RunStore
from lossopt_core.store import sets
from tests.databases import change


def test_a_set_has_an_id_of_its_runs_and_the_last_saved_is_the_newest(address):
    store = RunStore(address)
    store.save_set(["b", "a", "a"])
    store.save_set(["c", "d"])
    before = store.revision()
    store.save_set(iter(["a", "b"]))
    assert [each.runs for each in store.sets()] == [("a", "b"), ("c", "d")]
    assert store.revision() != before
    assert store.sets()[0].id == sets.set_id(["b", "a"])
    assert RunStore(address, workspace="other").sets() == []


def test_old_sets_are_forgotten_and_large_ones_refused(address, monkeypatch):
    store = RunStore(address)
    monkeypatch.setattr(sets, "MAX_SETS", 2)
    for id in "abc":
        store.save_set([id, "z"])
    assert [each.runs for each in store.sets()] == [("c", "z"), ("b", "z")]
    monkeypatch.setattr(sets, "LARGEST_SET", 3)
    with pytest.raises(ValueError, match="a set can have 3 runs, got 4"):
        store.save_set("abcd")


@pytest.mark.parametrize("runs", ["", "{}", "[1]", '"a"'])
def test_an_invalid_set_is_skipped(address, runs):
    store = RunStore(address)
    store.save_set(["a", "b"])
    change(address, "UPDATE sets SET runs = :runs", runs=runs)
    assert store.sets() == []
