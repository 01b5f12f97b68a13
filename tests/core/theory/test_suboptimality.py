"""Distances to the optimum: between the bounds, and proved by the gradient alone."""

import numpy as np
import pytest

from lossopt_core import (
    LOSSES,
    Experiment,
    certify,
    free_gaps,
    train,
    with_distance,
)
from lossopt_core.certify.duality import Problem
from lossopt_core.theory.suboptimality import with_best_bias

SMALL = Experiment(
    dataset="blobs",
    dataset_options={"classes": 4, "features": 3, "examples": 200},
    optimizer="gd",
    strength=0.01,
    learning_rate=0.05,
    epochs=300,
)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("regularizer", ["l2", "l1", "elastic_net"])
def test_the_distance_lies_between_its_bounds(loss, regularizer):
    experiment = SMALL.replace(loss=loss, regularizer=regularizer)
    [run] = train([experiment])
    rough, fine = (certify(experiment, target_gap=gap) for gap in (1e-2, 1e-9))
    table = with_distance(run.history, rough)
    true = run.history["objective"] - fine.objective
    rounding = 1e-8 * fine.objective
    assert (table["distance_at_least"] <= true + rounding).all()
    assert (true <= table["distance"] + rounding).all()
    assert (table["distance"] - table["distance_at_least"]).max() <= (
        rough.objective - rough.lower_bound + rounding
    )
    assert table["distance_share"].iloc[0] == 1.0
    assert table["objective"].equals(run.history["objective"])


@pytest.mark.parametrize("loss", ["squared_hinge", "cross_entropy"])
@pytest.mark.parametrize("dataset", ["digits", "blobs", "iris"])
def test_the_gap_from_the_gradient_is_valid(loss, dataset):
    experiment = Experiment(dataset=dataset, loss=loss, strength=0.05, learning_rate=0.01, epochs=9)
    [run] = train([experiment])
    optimum = certify(experiment, target_gap=1e-9)
    gaps = free_gaps(run)
    assert list(gaps["update"]) == list(run.path_updates)
    problem = Problem.of(experiment)
    for theta, gap in zip(run.path.astype(np.float64), gaps["gap"], strict=True):
        distance = problem.objective(with_best_bias(problem, theta)) - optimum.objective
        assert distance <= gap * (1 + 1e-9) + 1e-9


def test_the_gap_of_the_gradient_vanishes_at_the_optimum():
    [run] = train([SMALL.replace(learning_rate=0.5, epochs=5_000)])
    gaps = free_gaps(run)
    assert gaps["gap"].iloc[0] > 1.0
    assert gaps["gap"].iloc[-1] < 1e-12


@pytest.mark.parametrize("loss", ["squared_hinge", "cross_entropy"])
def test_the_optimal_bias_has_zero_gradient(loss):
    problem = Problem.of(SMALL.replace(loss=loss))
    theta = np.random.default_rng(0).normal(size=(4, 4))
    best = with_best_bias(problem, theta)
    assert np.array_equal(best[:, :-1], theta[:, :-1])
    slope = problem.loss.gradient(problem.scores(best), problem.labels).mean(axis=1)
    assert np.abs(slope).max() < 1e-9


@pytest.mark.parametrize(
    "changes", [{"loss": "hinge"}, {"regularizer": "l1"}, {"strength": 0.0}], ids=str
)
def test_without_smoothness_or_l2_the_gradient_gives_no_gap(changes):
    [run] = train([SMALL.replace(epochs=5, **changes)])
    assert free_gaps(run).empty
