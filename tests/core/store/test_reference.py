"""Reference runs: made once, the same for everybody, changed by nobody."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from lossopt_core import ForeignRun, RunStore, suggested_learning_rate
from lossopt_core.store import reference
from lossopt_core.store.repository import ReadOnlyError
from lossopt_core.store.workspaces import Workspaces
from tests.databases import ask
from tests.experiments import TINY


@pytest.fixture
def few(monkeypatch):
    """Two experiments that are trained at once, in place of the usual ones."""
    experiments = (TINY, TINY.replace(loss="hinge"))
    monkeypatch.setattr(reference, "EXPERIMENTS", experiments)
    return [each.id for each in experiments]


def test_they_are_made_once_however_many_make_them_at_once(address, few):
    with ThreadPoolExecutor() as together:
        list(together.map(reference.keep, [address] * 4))
    assert sorted(reference.runs(address).list()["id"]) == sorted(few)
    assert ask(address, "SELECT count(*) FROM arrays") == [(6 * len(few),)]
    before = reference.runs(address).revision()
    reference.keep(address)
    assert reference.runs(address).revision() == before


CHANGES = {
    "save": lambda store, runs: store.save(runs),
    "delete": lambda store, runs: store.delete([run.id for run in runs]),
    "restore": lambda store, runs: store.restore([run.id for run in runs]),
    "annotate": lambda store, runs: store.annotate([runs[0].id], name="mine", archived=True),
    "keep_view": lambda store, runs: store.keep_view("mine", "runs=all"),
    "forget_view": lambda store, runs: store.forget_view("mine"),
    "keep_foreign": lambda store, runs: store.keep_foreign(
        [ForeignRun("mine", runs[0].history, "")]
    ),
    "forget_foreign": lambda store, runs: store.forget_foreign([runs[0].id]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_no_change_is_possible_where_they_are_kept(address, few, finished, change):
    reference.keep(address)
    before = reference.runs(address).list()
    with pytest.raises(ReadOnlyError, match="'reference' cannot be changed"):
        CHANGES[change](RunStore(address, "reference"), finished)
    assert reference.runs(address).list().equals(before)


def test_what_a_visitor_does_with_their_ids_concerns_the_visitors_own_runs_alone(address, few):
    reference.keep(address)
    before = reference.runs(address).list()
    mine = RunStore(address, "visit-a")
    mine.annotate(few, name="mine", tags=["x"], archived=True)
    mine.delete(few)
    mine.restore(few)
    assert mine.list().empty
    assert mine.usage().runs == 0
    assert Workspaces(address).remove_unused("", timedelta(0)) == []
    assert reference.runs(address).list().equals(before)


def test_they_are_trained_at_the_rates_that_are_suggested():
    for each in reference.EXPERIMENTS:
        assert each.learning_rate == suggested_learning_rate(each)
