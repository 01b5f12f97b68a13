"""Workspaces that nobody uses any more are removed whole, and no others."""

from datetime import UTC, datetime, timedelta

import pytest

from lossopt_core import RunStore, StoreError
from lossopt_core.store import schema as layout
from lossopt_core.store.unfinished import ActiveTrainings
from lossopt_core.store.workspaces import GRACE, Workspaces
from lossopt_ui.app import upkeep
from tests.databases import ask, change
from tests.running_time import run_for

WEEK = timedelta(days=7)
LEFT_ALONE = timedelta(days=4)


def test_only_long_unused_workspaces_expire(address, finished):
    workspaces = Workspaces(address)
    stores = {name: RunStore(address, name) for name in ("visit-a", "visit-b", "account-c")}
    for name, store in stores.items():
        store.save(finished[:2])
        store.annotate([finished[0].id], name="mine")
        store.save_view("all", "runs=1")
        ActiveTrainings(store).begin([finished[0].experiment])
        workspaces.note_use(name)
    RunStore(address, "visit-never-noted").save(finished[:1])
    run_for(address, LEFT_ALONE)
    workspaces.note_use("visit-b")
    run_for(address, LEFT_ALONE)
    assert workspaces.remove_unused("visit-", WEEK) == [], "first it is marked"
    run_for(address, GRACE)
    assert workspaces.remove_unused("visit-", WEEK) == ["visit-a"]
    assert stores["visit-a"].list().empty
    assert stores["visit-a"].views() == {}
    assert stores["visit-a"].usage().bytes == 0
    assert ask(address, "SELECT workspace FROM trainings ORDER BY 1") == [
        ("account-c",),
        ("visit-b",),
    ]
    assert list(stores["visit-b"].list()["name"]) == ["mine", ""]
    assert len(stores["account-c"].list()) == 2
    assert len(RunStore(address, "visit-never-noted").list()) == 1
    assert workspaces.remove_unused("visit-", WEEK) == []


def test_a_visit_cancels_the_expiry_of_a_workspace(address, finished):
    workspaces, store = Workspaces(address), RunStore(address, "visit-a")
    store.save(finished[:1])
    workspaces.note_use("visit-a")
    run_for(address, WEEK)
    assert workspaces.remove_unused("visit-", WEEK) == []
    run_for(address, GRACE)
    workspaces.note_use("visit-a")
    assert workspaces.remove_unused("visit-", WEEK) == []
    run_for(address, WEEK - timedelta(hours=1))
    assert workspaces.remove_unused("visit-", WEEK) == []
    assert len(store.list()) == 1


@pytest.mark.parametrize("days", [-365, 365])
def test_a_wrong_date_removes_nothing(address, finished, days, monkeypatch):
    class Wrong(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + timedelta(days=days)

    workspaces, store = Workspaces(address), RunStore(address, "visit-a")
    store.save(finished[:2])
    workspaces.note_use("visit-a")
    store.delete([finished[0].id])
    for module in ("workspaces", "deletion"):
        monkeypatch.setattr(f"lossopt_core.store.{module}.datetime", Wrong, raising=False)
    for _ in range(3):
        assert upkeep.end_workspaces(address) == []
        store.delete([])
    monkeypatch.undo()
    store.restore([finished[0].id])
    assert {*store.list()["id"]} == {run.id for run in finished[:2]}


def test_records_of_an_earlier_version_restart_and_its_rules_delete_no_newer_ones(address):
    workspaces = Workspaces(address)
    workspaces.note_use("visit-new")
    workspaces.note_use("visit-old")
    date = layout.written(datetime(2020, 1, 1, tzinfo=UTC))
    change(address, "UPDATE visits SET used = :date WHERE workspace = 'visit-old'", date=date)
    run_for(address, timedelta(days=30))
    assert workspaces.remove_unused("visit-", WEEK) == []
    run_for(address, GRACE)
    assert workspaces.remove_unused("visit-", WEEK) == ["visit-new"]
    run_for(address, WEEK)
    assert workspaces.remove_unused("visit-", WEEK) == []
    in_a_year = layout.written(datetime.now(UTC) + timedelta(days=365))
    assert ask(address, "SELECT 1 FROM visits WHERE used < :date", date=in_a_year) == []
    run_for(address, GRACE)
    assert workspaces.remove_unused("visit-", WEEK) == ["visit-old"]


def test_a_prefix_is_not_a_pattern(address):
    workspaces = Workspaces(address)
    workspaces.note_use("visit-a")
    for wait in (WEEK, GRACE):
        run_for(address, wait)
        assert workspaces.remove_unused("visit_", WEEK) == []
        assert workspaces.remove_unused("%", WEEK) == []
    assert workspaces.remove_unused("visit-", WEEK) == []


def test_usage_counts_runs_and_their_bytes(address, finished):
    store = RunStore(address, "visit-a")
    assert store.usage().runs == 0
    store.save(finished[:1])
    one = store.usage()
    store.save(finished[:2])
    assert (one.runs, store.usage().runs) == (1, 2)
    assert one.bytes > finished[0].weights.nbytes
    assert store.usage().bytes == pytest.approx(2 * one.bytes, rel=0.2)


def test_an_unreachable_store_is_reported(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StoreError, match="cannot be used"):
        Workspaces(f"sqlite:///{tmp_path / 'file' / 'runs.db'}").note_use("visit-a")
