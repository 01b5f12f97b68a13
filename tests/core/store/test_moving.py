"""Who began without an account takes along what there is, and loses nothing that was there."""

import numpy as np
import pandas as pd
import pytest

from lossopt_core import RunStore, train
from lossopt_core.data.datasets import Examples
from lossopt_core.store.foreign import ForeignRun
from lossopt_core.store.moving import Contents
from lossopt_core.store.unfinished import ActiveTrainings
from lossopt_core.store.usage import ROW_BYTES, Usage
from lossopt_core.store.workspaces import Workspaces
from lossopt_core.uploads import UploadStore
from tests.experiments import TINY

DATA = Examples(
    features=np.arange(12.0).reshape(6, 2),
    labels=np.array([0, 1, 0, 1, 0, 1]),
    class_names=("a", "b"),
    feature_names=("x", "y"),
)
CURVE = ForeignRun("theirs", pd.DataFrame({"update": [0, 1], "objective": [1.0, 0.5]}), "a.csv")


@pytest.fixture
def visit(address):
    return RunStore(address, "visit-a")


@pytest.fixture
def account(address):
    return RunStore(address, "account-a")


def test_moving_includes_everything(address, visit, account, finished):
    visit.save(finished)
    visit.annotate([finished[0].id], name="mine", note="look here", tags=["first"])
    visit.save_view("all", "runs=1")
    visit.save_foreign([CURVE])
    visit.save_set(run.id for run in finished)
    mark = UploadStore(visit).save("mine", DATA).fingerprint
    visit.delete([finished[3].id])
    ActiveTrainings(visit).interrupt([ActiveTrainings(visit).begin([TINY.replace(seed=9)])])
    workspaces = Workspaces(address)
    assert workspaces.contents("visit-a") == Contents(runs=3, curves=1, data_sets=1, views=1)
    coming = workspaces.growth("visit-a", "account-a")
    before = visit.load([finished[0].id])[0]
    revision = account.revision()

    workspaces.move("visit-a", "account-a")

    assert workspaces.contents("visit-a") == Contents()
    assert workspaces.contents("account-a") == Contents(runs=3, curves=1, data_sets=1, views=1)
    [moved] = account.load([finished[0].id])
    pd.testing.assert_frame_equal(moved.history, before.history)
    assert np.array_equal(moved.weights, before.weights)
    row = account.list().set_index("id").loc[finished[0].id]
    assert (row["name"], row["note"], list(row["tags"])) == ("mine", "look here", ["first"])
    assert account.views() == {"all": "runs=1"}
    assert [each.runs for each in account.sets()] == [tuple(sorted(run.id for run in finished))]
    assert visit.sets() == []
    assert UploadStore(account).examples(mark) is not None
    assert [each.missing for each in ActiveTrainings(account).interrupted()] == [
        [TINY.replace(seed=9)]
    ]
    assert account.revision() != revision
    assert account.usage() == coming
    visit.restore([finished[3].id])
    assert list(visit.list()["id"]) == [finished[3].id], "a deletion can still be undone there"


def test_duplicates_are_merged_with_their_notes(address, visit, account, finished):
    for store, words in ((visit, "before"), (account, "after")):
        store.save(finished[:1])
        store.annotate([finished[0].id], note=words, tags=[words])
        store.save_view("best", f"sort={words}")
        store.save_view("all", "runs=1")
        UploadStore(store).save("the same", DATA)
        store.save_foreign([CURVE])
    account.annotate([finished[0].id], name="a name")
    other_view = Usage(runs=0, bytes=ROW_BYTES + len("sort=before"))
    assert Workspaces(address).growth("visit-a", "account-a") == other_view
    Workspaces(address).move("visit-a", "account-a")
    [row] = account.list().to_dict("records")
    assert (row["name"], row["note"]) == ("a name", "after\n\nbefore")
    assert list(row["tags"]) == ["after", "before"]
    views = {"all": "runs=1", "best": "sort=after", "best (2)": "sort=before"}
    assert account.views() == views
    assert len(UploadStore(account).list()) == len(account.foreign()) == 1
    assert Workspaces(address).contents("visit-a") == Contents()


def test_a_finished_run_replaces_a_stopped_duplicate(address, visit, account, finished):
    [stopped] = train([TINY], should_stop=lambda: True)
    [ended] = finished[:1]
    assert (stopped.id, stopped.status) == (ended.id, "stopped")
    visit.save([ended])
    account.save([stopped])
    Workspaces(address).move("visit-a", "account-a")
    assert account.load([ended.id])[0].status == "finished"
    visit.save([stopped])
    Workspaces(address).move("visit-a", "account-a")
    assert account.load([ended.id])[0].status == "finished"
    assert Workspaces(address).contents("visit-a") == Contents()


def test_active_trainings_are_not_moved(address, visit, account):
    job = ActiveTrainings(visit).begin([TINY])
    Workspaces(address).move("visit-a", "account-a")
    assert not ActiveTrainings(account).jobs()
    assert ActiveTrainings(visit).jobs() == {job: False}


def test_a_long_name_of_a_view_has_room_for_its_number(address, visit, account):
    for store, query in ((visit, "a=1"), (account, "a=2")):
        store.save_view("x" * 60, query)
    Workspaces(address).move("visit-a", "account-a")
    assert account.views() == {"x" * 60: "a=2", "x" * 56 + " (2)": "a=1"}


def test_workspace_names_are_deterministic_and_unguessable(address, tmp_path):
    name = Workspaces(address).name_for("who")
    assert name == Workspaces(address).name_for("who")
    assert len(name) == 40
    assert name != Workspaces(address).name_for("somebody else")
    elsewhere = Workspaces(f"sqlite:///{tmp_path / 'other.db'}")
    assert name != elsewhere.name_for("who"), "it takes the store's own secret"
