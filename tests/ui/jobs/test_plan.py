"""Plans: tuning first, then the first batch, then the others."""

from collections.abc import Sequence

import pytest

from lossopt_core import Experiment, RunStore
from lossopt_core.analysis import tuned_rate
from lossopt_ui.jobs.comparing import Comparison, Entry
from lossopt_ui.jobs.job import Job
from lossopt_ui.jobs.plan import Plan

TINY = Experiment(dataset="blobs", epochs=1)
LONG = Experiment(dataset="blobs", epochs=100_000)


def then(*batches: Sequence[Experiment]) -> Plan:
    """A plan of batches alone."""
    return Plan((), lambda _: batches, [each for batch in batches for each in batch])


def test_the_rates_of_a_comparison_are_those_of_the_core(store: RunStore) -> None:
    entries = [
        Entry(TINY.replace(loss=loss, epochs=3), tuned=True) for loss in ("hinge", "cross_entropy")
    ]
    comparison = Comparison(tuple(entries), 2, "split")
    job = Job((), store, plan=comparison.plan())
    while job.take_turn():
        pass
    rates = tuned_rate.tuned_rates([each.experiment for each in entries])
    for entry in entries:
        own = rates[tuned_rate.configuration(entry.experiment)].rate
        assert entry.rated() == entry.experiment.replace(learning_rate=own)
    saved = store.experiments(store.list()["id"]).values()
    assert len(saved) == 4, "the runs of tuning are not saved"
    assert {(each.seed, each.split_seed) for each in saved} == {(0, 0), (1, 1)}


def test_a_plan_is_urgent_until_its_first_batch(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, rest = [TINY], [TINY.replace(seed=seed) for seed in range(1, 4)]
    job = Job((), store, plan=then(first, rest))
    saved: list[tuple[bool, int]] = []
    monkeypatch.setattr(store, "save", lambda runs: saved.append((job.urgent, len(runs))))
    while job.take_turn():
        pass
    assert saved == [(True, 1), (False, 3)]


def stopped(store: RunStore, plan: Plan, *, replaced: bool) -> list[str]:
    job = Job((), store, plan=plan)
    while not job.histories():
        job.take_turn()
    if replaced:
        job.give_way()
    else:
        job.stop()
    while job.take_turn():
        pass
    job.wait(30)
    return list(store.list()["status"])


def test_what_somebody_stops_is_kept(store: RunStore) -> None:
    assert stopped(store, then([LONG]), replaced=False) == ["stopped"]


def test_what_is_replaced_at_once_is_not_kept(store: RunStore) -> None:
    assert stopped(store, then([LONG]), replaced=True) == []


def test_further_seeds_that_are_cut_short_are_not_kept(store: RunStore) -> None:
    assert stopped(store, then([], [LONG]), replaced=False) == []
