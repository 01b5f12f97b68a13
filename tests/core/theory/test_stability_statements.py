"""Limits and floors where the conditions of the statements behind them just hold and just fail."""

import math

import numpy as np
import pytest

from lossopt_core import (
    OPTIMIZERS,
    Experiment,
    certify,
    noise_floor,
    step_limits,
    train,
)
from lossopt_core.certify.duality import Problem
from lossopt_core.experiment.loading import load_data
from lossopt_core.theory.stability import explanations
from lossopt_core.training.cohort import Cohort

pytestmark = pytest.mark.filterwarnings("ignore::lossopt_core.ConvergenceWarning")
FLAT_AND_STEEP = Experiment(
    dataset="blobs", dataset_options={"classes": 2, "features": 2, "spread": 3.0},
    test_fraction=0.0, loss="squared_hinge", batch_size=500, evaluations=200, epochs=3_000,
    strength=0.01,
)  # fmt: skip


@pytest.mark.parametrize(
    ("optimizer", "momentum"),
    [("gd", 0.0), ("momentum", 0.5), ("momentum", 0.9), ("nesterov", 0.5), ("nesterov", 0.9)],
)
@pytest.mark.parametrize("regularizer", ["l2", "l1"])
def test_just_below_the_proven_limit_training_converges(optimizer, momentum, regularizer):
    changes = {"optimizer": optimizer, "momentum": momentum, "regularizer": regularizer}
    experiment = FLAT_AND_STEEP.replace(**changes, epochs=4_000)
    rate = 0.99 * step_limits(experiment).guaranteed
    [run] = train([experiment.replace(learning_rate=rate)])
    best = certify(experiment, target_gap=1e-10).objective
    assert run.history["objective"].tail(5).max() - best < 1e-6


def test_heavy_ball_may_cycle_between_the_proven_limit_and_that_of_quadratics():
    """So that no limit beyond the proven one may be called always stable."""
    experiment = FLAT_AND_STEEP.replace(optimizer="momentum", momentum=0.9, strength=1e-3)
    proven = step_limits(experiment).guaranteed
    of_quadratics = proven * (1 + 0.9) / (1 - 0.9)
    [run] = train([experiment.replace(learning_rate=0.95 * of_quadratics)])
    assert run.history["objective"].tail(20).max() > certify(experiment).objective + 0.01


@pytest.mark.parametrize("optimizer", ["gd", "momentum"])
@pytest.mark.parametrize(
    ("dataset", "regularizer", "strength"),
    [("wine", "l1", 0.2), ("breast_cancer", "elastic_net", 0.05)],
)
def test_with_l1_the_limit_is_that_of_the_nonzero_weights(
    dataset, regularizer, strength, optimizer
):
    experiment = Experiment(
        dataset=dataset, loss="squared_hinge", regularizer=regularizer, l1_ratio=0.9,
        strength=strength, optimizer=optimizer, momentum=0.5, batch_size=1, test_fraction=0.0,
    )  # fmt: skip
    best = certify(experiment, target_gap=1e-10)
    edge = step_limits(experiment, best).at_optimum
    dense = step_limits(experiment.replace(regularizer="l2", strength=1e-6), certify(experiment))
    assert edge > dense.at_optimum  # which counts all weights
    random = np.random.default_rng(0)
    for share, rests in ((0.96, True), (1.04, False)):
        stepped = experiment.replace(learning_rate=share * edge)
        cohort = Cohort([stepped], load_data(stepped))
        cohort.W[0] = best.theta + 1e-5 * random.normal(size=best.theta.shape) * (best.theta != 0)
        with np.errstate(all="ignore"):  # beyond the edge it may diverge
            for update in range(2_000):
                cohort.step(None, update, 2_000)
        assert (cohort.evaluate()[0, 0] - best.objective < 1e-9) == rests, share


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("optimizer", ["gd", "momentum", "nesterov"])
def test_where_the_objective_is_flat_there_is_no_limit(seed, optimizer):
    experiment = Experiment(
        dataset="blobs", dataset_options={"classes": 2, "spread": 0.1}, loss="squared_hinge",
        regularizer="none", init_scale=10.0, seed=seed, optimizer=optimizer,
    )  # fmt: skip
    limits = step_limits(experiment, certify(experiment))
    problem = Problem.of(experiment)
    cohort = Cohort([experiment], load_data(experiment))
    flat = problem.objective(cohort.W[0]) == 0
    assert limits.at_start == math.inf if flat else limits.at_start > 0
    assert 0 < limits.guaranteed < math.inf


@pytest.mark.parametrize("name", [n for n in OPTIMIZERS if n not in ("adagrad", "rmsprop", "adam")])
def test_every_limit_has_an_explanation(name):
    told = explanations(Experiment(optimizer=name))
    assert told.keys() == {"guaranteed", "at_start", "at_optimum"}
    assert told["guaranteed"].startswith("Always stable")
    assert all(told[each].startswith("Local") for each in ("at_start", "at_optimum"))
    assert all("20" in text or "19" in text for text in told.values())  # a year


@pytest.mark.parametrize("replacement", [True, False])
@pytest.mark.parametrize("batch_size", [1, 3, 9])
def test_the_noise_floor_of_few_examples(replacement, batch_size):
    """On nine examples n and n - 1 differ by an eighth; minibatches as large as the data, too."""
    experiment = Experiment(
        dataset="course_demo", test_fraction=0.0, strength=0.3, learning_rate=0.02,
        batch_size=batch_size, replacement=replacement,
    )  # fmt: skip
    best = certify(experiment, target_gap=1e-12)
    floor = noise_floor(experiment, best)
    if batch_size == 9 and not replacement:
        assert floor == 0.0
        return
    assert floor == pytest.approx(simulated(experiment, best.theta, best.objective), rel=0.06)


def simulated(experiment: Experiment, theta: np.ndarray, best: float) -> float:
    """The mean excess of 400 trainings that begin at the optimum, each with batches of its own."""
    problem, replicas, updates = Problem.of(experiment), 400, 1_200
    b, rate = experiment.batch_size, experiment.learning_rate
    W = np.repeat(theta[None], replicas, axis=0)
    random = np.random.default_rng(0)
    everyone = np.tile(np.arange(problem.examples), (replicas, 1))
    per_epoch = problem.examples // b
    ridge = np.full(theta.shape, 2 * problem.squared)
    ridge[:, -1] = 0.0
    excess = []
    for update in range(updates):
        place = update % per_epoch
        if place == 0:
            order = random.permuted(everyone, axis=1)
            if experiment.replacement:
                order = random.integers(0, problem.examples, everyone.shape)
        rows = order[:, place * b : (place + 1) * b]
        X, y = problem.X[rows], problem.labels[rows]
        scores = np.einsum("rcd,rbd->rcb", W, X)
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        p -= (np.arange(problem.classes)[None, :, None] == y[:, None, :]).astype(float)
        W -= rate * (np.einsum("rcb,rbd->rcd", p, X) / b + ridge * W)
        if update > updates / 2:
            everywhere = W @ problem.X.T
            losses = problem.loss.value(everywhere, problem.labels).mean(axis=-1)
            total = losses + problem.squared * (W[..., :-1] ** 2).sum(axis=(1, 2))
            excess.append(float(total.mean()) - best)
    return float(np.mean(excess))
