"""Sweeps that go on from existing runs contain them, and longer trainings pass through them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from lossopt_core import OPTIMIZERS, Experiment, train
from lossopt_core.analysis.groups import group_id
from lossopt_core.analysis.related import MIN_SEEDS, around, with_more_seeds

SMALL = Experiment(dataset="blobs", dataset_options={"examples": 60}, epochs=2, batch_size=10)


def grid(losses, rates, seeds, **more):
    return [
        SMALL.replace(loss=loss, learning_rate=rate, seed=seed, **more)
        for loss in losses
        for rate in rates
        for seed in seeds
    ]


@pytest.mark.parametrize(
    ("losses", "rates", "seeds"),
    [
        (["hinge"], [0.1], [0]),
        (["hinge"], [0.1], [3, 4, 7]),
        (["hinge", "cross_entropy"], [0.1], range(2)),
        (["hinge", "cross_entropy"], [0.1, 0.3], range(12)),
    ],
)
def test_more_seeds_contain_the_runs_and_no_other_group(losses, rates, seeds):
    there = grid(losses, rates, seeds)
    sweep = with_more_seeds(there)
    planned = {each.id: each for each in sweep.experiments()[0]}
    assert planned.keys() >= {each.id for each in there}
    assert {group_id(each) for each in planned.values()} == {group_id(each) for each in there}
    assert len(planned) == sweep.seeds * len(losses) * len(rates)
    assert sweep.seeds >= MIN_SEEDS
    assert len(planned) > len(there)


def test_splits_stay_with_their_seeds():
    there = [SMALL.replace(seed=k, split_seed=k + 5) for k in range(3)]
    sweep = with_more_seeds(there)
    assert {(each.seed, each.split_seed) for each in sweep.experiments()[0]} == {
        (k, k + 5) for k in range(MIN_SEEDS)
    }
    assert with_more_seeds([SMALL, SMALL.replace(split_seed=3)]) is None


def test_groups_that_are_no_grid_have_no_common_sweep():
    apart = [SMALL.replace(loss="hinge", learning_rate=0.3), SMALL.replace(loss="cross_entropy")]
    assert with_more_seeds(apart) is None


def test_a_sweep_around_a_run_contains_it():
    [rates] = (each.values for each in around(SMALL).axes)
    assert min(rates) == pytest.approx(0.01)
    assert max(rates) == pytest.approx(1.0)
    assert any(np.isclose(rate, SMALL.learning_rate) for rate in rates)
    assert len(around(SMALL.replace(learning_rate=1e-8)).experiments()[0]) > 3, "at the limit"


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_longer_training_passes_the_weights_of_the_shorter(optimizer):
    small = SMALL.replace(optimizer=optimizer, evaluations=60)  # at every update
    short, long = train([small])[0], train([small.replace(epochs=4)])[0]
    update = short.history["update"].iloc[-1]
    [row] = long.history.index[long.history["update"] == update]
    assert_allclose(
        long.history.loc[row, ["objective", "weight_norm", "gradient_norm"]].to_numpy(float),
        short.history[["objective", "weight_norm", "gradient_norm"]].iloc[-1].to_numpy(float),
        rtol=1e-12,
    )
