"""Each configuration gets the learning rate at which it ends lowest."""

import math
from dataclasses import replace

import pytest

from lossopt_core import Experiment, load_data, suggested_learning_rate, train
from lossopt_core.analysis.tuned_rate import (
    RATES,
    best,
    tuned_rates,
    tuning,
    tuning_seed,
    with_tuned_rates,
)
from lossopt_core.theory.stability import starting_learning_rate

BASE = Experiment(dataset="blobs", epochs=5)
LANES = [
    BASE.replace(optimizer="gd"),
    BASE,
    BASE.replace(loss="squared_hinge"),
    BASE.replace(optimizer="adam"),
]


def test_the_grid_has_thirteen_rates_two_per_decade() -> None:
    assert len(RATES) == 13
    assert RATES[0] == 1e-4
    assert RATES[-1] == 100.0
    for low, high in zip(RATES, RATES[2:], strict=False):
        assert high / low == pytest.approx(10, rel=0.02)


def test_no_rate_of_the_grid_ends_lower_and_it_is_measured_at_the_own_budget() -> None:
    rates = tuned_rates(LANES)
    assert len(rates) == len(LANES)
    for lane, found in zip(LANES, rates.values(), strict=True):
        runs = train([lane.replace(learning_rate=rate, seed=tuning_seed()) for rate in RATES])
        ends = {
            run.experiment.learning_rate: run.final["objective"]
            for run in runs
            if run.status == "finished"
        }
        assert found.rate == min(ends, key=lambda rate: ends[rate])
        for rate, objective in ends.items():
            if rate <= found.rate:  # beyond it, training may amplify how a machine rounds
                assert found.objectives[rate] == pytest.approx(objective, rel=1e-9)
            assert found.objectives[rate] >= found.objectives[found.rate]
    assert len({found.rate for found in rates.values()}) > 1, "each has its own"


def test_seeds_and_splits_share_a_rate() -> None:
    seeds = [lane.replace(seed=k, split_seed=k) for lane in LANES for k in range(3)]
    rates = tuned_rates(seeds)
    assert len(rates) == len(LANES)
    tuned = with_tuned_rates(seeds, rates)
    assert [each.replace(learning_rate=0.1) for each in tuned] == seeds
    for lane in range(len(LANES)):
        assert len({each.learning_rate for each in tuned[3 * lane : 3 * lane + 3]}) == 1


def test_rates_that_diverge_are_not_chosen_and_have_no_objective() -> None:
    found = best(train(tuning(BASE.replace(loss="squared_hinge", epochs=20))))
    assert math.isnan(found.objectives[100.0])
    assert math.isfinite(found.objectives[found.rate])
    assert not found.on_border


def test_of_equally_good_rates_the_smallest_is_taken() -> None:
    [run] = train([BASE])
    same = [replace(run, experiment=BASE.replace(learning_rate=rate)) for rate in (1.0, 0.1, 10.0)]
    assert best(same).rate == 0.1
    assert best(same).on_border


def test_the_suggested_rate_is_the_tuned_one_also_on_given_data() -> None:
    for lane, found in zip(LANES, tuned_rates(LANES).values(), strict=True):
        lane = lane.replace(learning_rate=7.0, seed=3)
        assert suggested_learning_rate(lane) == found.rate
        assert suggested_learning_rate(lane, load_data(lane)) == found.rate


def test_where_every_rate_diverges_theory_gives_one() -> None:
    wild = Experiment(dataset="breast_cancer", standardize=False, loss="squared_hinge", epochs=10)
    wild = wild.replace(optimizer="gd")
    [found] = tuned_rates([wild]).values()
    assert not found.found
    assert not found.on_border
    assert found.rate == starting_learning_rate(wild) < RATES[0]
    assert suggested_learning_rate(wild) == found.rate
    assert suggested_learning_rate(wild, load_data(wild)) == found.rate


def test_if_every_rate_diverges_it_says_so() -> None:
    runs = train([BASE.replace(loss="squared_hinge", learning_rate=r) for r in (1e3, 1e4)])
    with pytest.raises(ValueError, match="diverged at every learning rate"):
        best(runs)
