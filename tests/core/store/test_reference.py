"""Reference runs: made once, the same for everybody, changed by nobody."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from lossopt_core import ForeignRun, RunStore, train
from lossopt_core.analysis import tuned_rate
from lossopt_core.store import reference
from lossopt_core.store.repository import ReadOnlyError
from lossopt_core.store.workspaces import Workspaces
from lossopt_core.theory.stability import starting_learning_rate
from tests.databases import ask
from tests.experiments import TINY


@pytest.fixture
def few(monkeypatch):
    """Two experiments that are trained at once, in place of the usual ones."""
    experiments = (TINY, TINY.replace(loss="hinge"))
    monkeypatch.setattr(reference, "EXPERIMENTS", experiments)
    return [each.id for each in experiments]


def test_reference_runs_are_created_once_by_concurrent_processes(address, few):
    with ThreadPoolExecutor() as together:
        list(together.map(reference.train_missing, [address] * 4))
    assert sorted(reference.runs(address).list()["id"]) == sorted(few)
    assert ask(address, "SELECT count(*) FROM arrays") == [(6 * len(few),)]
    before = reference.runs(address).revision()
    reference.train_missing(address)
    assert reference.runs(address).revision() == before


CHANGES = {
    "save": lambda store, runs: store.save(runs),
    "delete": lambda store, runs: store.delete([run.id for run in runs]),
    "restore": lambda store, runs: store.restore([run.id for run in runs]),
    "annotate": lambda store, runs: store.annotate([runs[0].id], name="mine", archived=True),
    "save_view": lambda store, runs: store.save_view("mine", "runs=all"),
    "delete_view": lambda store, runs: store.delete_view("mine"),
    "save_foreign": lambda store, runs: store.save_foreign(
        [ForeignRun("mine", runs[0].history, "")]
    ),
    "delete_foreign": lambda store, runs: store.delete_foreign([runs[0].id]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_reference_workspace_cannot_be_changed(address, few, finished, change):
    reference.train_missing(address)
    before = reference.runs(address).list()
    with pytest.raises(ReadOnlyError, match="'reference' is read-only"):
        CHANGES[change](RunStore(address, "reference"), finished)
    assert reference.runs(address).list().equals(before)


def test_changes_by_id_affect_only_the_visitors_own_runs(address, few):
    reference.train_missing(address)
    before = reference.runs(address).list()
    mine = RunStore(address, "visit-a")
    mine.annotate(few, name="mine", tags=["x"], archived=True)
    mine.delete(few)
    mine.restore(few)
    assert mine.list().empty
    assert mine.usage().runs == 0
    assert Workspaces(address).remove_unused("", timedelta(0)) == []
    assert reference.runs(address).list().equals(before)


def test_reference_runs_use_the_suggested_rates():
    for each in reference.EXPERIMENTS:
        assert each.learning_rate == starting_learning_rate(each)


def test_default_runs_are_tuned_and_trained_once(address, monkeypatch):
    monkeypatch.setattr(reference, "DEFAULTS", (TINY, TINY.replace(loss="hinge")))
    monkeypatch.setattr(reference, "DEFAULT_SEEDS", 3)
    learned, asked = [], []

    def train_noted(experiments):
        asked.append(list(experiments))
        return train(experiments)

    for _ in range(2):
        reference.train_defaults(address, learned.append, train_noted)
    tuning, firsts, rest = asked
    assert {each.loss for each in tuning} == {"cross_entropy", "hinge"}
    assert [run.experiment for run in learned[0]] == tuning
    assert [run.id for run in learned[0]] == [run.id for run in learned[1]], "kept over restarts"
    by_experiment = {run.experiment: run for run in learned[0]}
    for first in firsts:
        best = tuned_rate.best([by_experiment[one] for one in tuned_rate.tuning(first)])
        assert first == TINY.replace(loss=first.loss, learning_rate=best.rate)
    assert rest == [
        each.replace(seed=each.seed + k, split_seed=each.split_seed + k)
        for k in (1, 2)
        for each in firsts
    ]
    assert all(reference.is_default(each) for some in asked for each in some)
    assert not reference.is_default(TINY.replace(strength=0.5))
