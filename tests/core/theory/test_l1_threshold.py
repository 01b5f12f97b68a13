"""The strength from which on an L1 penalty leaves no weight, against training and certificates."""

import numpy as np
import pytest

from lossopt_core import Experiment, certify, step_limits, train
from lossopt_core.certify.duality import Problem
from lossopt_core.theory.l1_threshold import zero_strength

SMOOTH = ("cross_entropy", "squared_hinge")
DATA = ("wine", "breast_cancer", "iris", "blobs")
NOISY = {"dataset": "blobs", "dataset_options": {"classes": 4, "spread": 3.0}, "label_noise": 0.3}


@pytest.mark.parametrize("loss", SMOOTH)
@pytest.mark.parametrize("dataset", DATA)
def test_descent_ends_with_all_weights_zero_just_above_and_not_just_below(dataset, loss):
    experiment = Experiment(
        dataset=dataset, loss=loss, regularizer="l1", optimizer="gd", epochs=600, evaluations=2
    )
    rate = step_limits(experiment).guaranteed / 2
    edge = zero_strength(experiment)
    experiments = [
        experiment.replace(strength=share * edge, learning_rate=rate) for share in (1.01, 0.99)
    ]
    above, below = train(experiments)
    assert np.count_nonzero(above.weights) == 0
    assert np.count_nonzero(below.weights) > 0


@pytest.mark.parametrize(
    "changes",
    [{"dataset": name} for name in (*DATA, "digits")]
    + [NOISY, {"margin": 0.2} | NOISY]
    + [
        {"dataset": name, "loss": loss}
        for name in ("blobs", "iris", "wine")
        for loss in ("crammer_singer", "one_vs_all")
    ],
    ids=str,
)
def test_of_a_loss_with_kinks_zero_weights_are_optimal_just_above_and_not_just_below(changes):
    experiment = Experiment(**({"loss": "hinge", "regularizer": "l1"} | changes))
    edge = zero_strength(experiment)
    problem = Problem.of(experiment)
    above, below = (
        certify(experiment.replace(strength=share * edge), target_gap=1e-6, time_budget=60.0)
        for share in (1.01, 0.99)
    )
    zero = np.hstack([np.zeros_like(above.weights), above.bias[:, None]])
    assert problem.objective(zero) == pytest.approx(above.lower_bound, rel=1e-5)
    assert below.objective < above.lower_bound * (1 - 5e-5)


@pytest.mark.parametrize("loss", [*SMOOTH, "hinge"])
def test_an_elastic_net_needs_a_strength_larger_by_its_l1_ratio(loss):
    experiment = Experiment(dataset="wine", loss=loss, regularizer="l1")
    mixed = experiment.replace(regularizer="elastic_net", l1_ratio=0.25, strength=0.0)
    assert zero_strength(mixed) == pytest.approx(4 * zero_strength(experiment))


def test_cross_entropy_of_balanced_classes_by_hand():
    """With the classes' shares for probabilities, G is the share times the distance of means."""
    experiment = Experiment(dataset="wine", regularizer="l1")
    problem = Problem.of(experiment)
    one_hot = np.eye(problem.classes)[problem.labels]
    residual = one_hot.mean(axis=0) - one_hot
    by_hand = np.abs(residual.T @ problem.X[:, :-1] / problem.examples).max()
    assert zero_strength(experiment) == pytest.approx(by_hand)


@pytest.mark.parametrize(
    "changes",
    [
        {"regularizer": "l2"},
        {"regularizer": "none"},
        {"regularizer": "elastic_net", "l1_ratio": 0.0},
    ],
    ids=str,
)
def test_penalties_without_l1_have_no_such_strength(changes):
    assert zero_strength(Experiment(dataset="blobs", **changes)) is None
