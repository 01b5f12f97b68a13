"""Workspaces that nobody uses any more are removed whole, and no others."""

from datetime import UTC, datetime, timedelta

import pytest

from lossopt_core import RunStore, StoreError
from lossopt_core.underway import Underway
from lossopt_core.workspaces import Workspaces

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
WEEK = timedelta(days=7)


def test_only_what_was_left_alone_for_long_ends(address, finished):
    workspaces = Workspaces(address)
    stores = {name: RunStore(address, name) for name in ("visit-a", "visit-b", "account-c")}
    for name, store in stores.items():
        store.save(finished[:2])
        store.annotate([finished[0].id], name="mine")
        store.keep_view("all", "runs=1")
        Underway(store).begin([finished[0].experiment])
        workspaces.note_use(name, now=NOW - timedelta(days=8))
    RunStore(address, "visit-never-noted").save(finished[:1])
    workspaces.note_use("visit-b", now=NOW - timedelta(days=6))
    assert workspaces.remove_unused("visit-", WEEK, now=NOW) == ["visit-a"]
    assert stores["visit-a"].list().empty
    assert stores["visit-a"].views() == {}
    assert stores["visit-a"].usage().bytes == 0
    assert not Underway(stores["visit-a"]).interrupted(now=NOW + WEEK)
    assert list(stores["visit-b"].list()["name"]) == ["mine", ""]
    assert len(stores["account-c"].list()) == 2
    assert len(RunStore(address, "visit-never-noted").list()) == 1
    assert workspaces.remove_unused("visit-", WEEK, now=NOW) == []


def test_a_prefix_is_no_pattern(address):
    workspaces = Workspaces(address)
    workspaces.note_use("visit-a", now=NOW - 2 * WEEK)
    assert workspaces.remove_unused("visit_", WEEK, now=NOW) == []
    assert workspaces.remove_unused("%", WEEK, now=NOW) == []


def test_usage_counts_runs_and_their_bytes(address, finished):
    store = RunStore(address, "visit-a")
    assert store.usage().runs == 0
    store.save(finished[:1])
    one = store.usage()
    store.save(finished[:2])
    assert (one.runs, store.usage().runs) == (1, 2)
    assert one.bytes > finished[0].weights.nbytes
    assert store.usage().bytes == pytest.approx(2 * one.bytes, rel=0.2)


def test_a_store_out_of_reach_says_so(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StoreError, match="cannot be used"):
        Workspaces(f"sqlite:///{tmp_path / 'file' / 'runs.db'}").note_use("visit-a")
