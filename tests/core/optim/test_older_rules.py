"""Runs of rules that have changed since: kept and marked, but not taken for what they give now."""

from dataclasses import replace

import pytest

from lossopt_core import Experiment, RunStore, train
from lossopt_core.exchange.archive import from_archive, to_archive
from lossopt_core.optim.older_rules import OLDER_RULE
from lossopt_core.training.run import FINISHED, STOPPED
from tests.experiments import TINY
from tests.older_stores import take_back

SPARSE = TINY.replace(regularizer="l1", optimizer="momentum", strength=0.1)
CONCERNED = [
    SPARSE,
    SPARSE.replace(optimizer="adam"),
    SPARSE.replace(optimizer="rmsprop", regularizer="elastic_net", l1_ratio=0.2),
]
UNCONCERNED = [
    SPARSE.replace(optimizer="sgd"),
    SPARSE.replace(regularizer="l2"),
    SPARSE.replace(optimizer="nesterov", strength=0.0),
    SPARSE.replace(optimizer="adagrad", regularizer="elastic_net", l1_ratio=0.0),
]


@pytest.fixture(scope="module")
def older_runs():
    """As an older version has left them: without an edition of the rules."""
    runs = train(CONCERNED + UNCONCERNED)
    return [replace(run, environment={"numpy": "2.4.0"}) for run in runs]


def test_only_affected_runs_of_an_older_store_are_retrained(older_runs, address):
    store = RunStore(address)
    store.save(older_runs)
    take_back(address, 6)
    assert store.missing(CONCERNED + UNCONCERNED) == CONCERNED
    status = store.list().set_index("id")["status"]
    assert {status[each.id] for each in CONCERNED} == {STOPPED}
    assert {status[each.id] for each in UNCONCERNED} == {FINISHED}
    [older] = store.load([SPARSE.id])
    assert (older.reason, len(older.history)) == (OLDER_RULE, len(older_runs[0].history))
    store.save(train(CONCERNED))
    assert store.missing(CONCERNED + UNCONCERNED) == []
    assert store.load([SPARSE.id])[0].reason == "all updates made"


def test_a_file_of_older_runs_marks_them_too(older_runs):
    brought = from_archive(to_archive(older_runs))
    assert [run.reason == OLDER_RULE for run in brought] == [True] * 3 + [False] * 4
    assert [run.status for run in brought[:3]] == [STOPPED] * 3
    [new] = from_archive(to_archive(train([SPARSE])))
    assert (new.status, new.reason) == (FINISHED, "all updates made")


def test_no_id_has_changed():
    assert Experiment().id == "4762136ba4e27665"
    assert SPARSE.id == "03fa00fecb59f9c2"
