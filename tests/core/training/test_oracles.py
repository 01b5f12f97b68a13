"""Training reaches the optimum that independent solvers find for the same objective."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import linprog, minimize
from sklearn.linear_model import LogisticRegression

from lossopt_core import (
    Experiment,
    Run,
    load_data,
    train,
)
from lossopt_core.experiment.loading import Data

DIGITS = Experiment(strength=1e-3)
BLOBS = Experiment(
    dataset="blobs",
    dataset_options={"examples": 300, "classes": 4, "features": 6, "spread": 4.0},
    strength=1e-2,
)


def full_batch(experiment: Experiment, **changes: object) -> Run:
    """The experiment on all examples at once, with momentum: the fastest way to the optimum."""
    settings = {"optimizer": "nesterov", "batch_size": experiment.train_examples, "evaluations": 2}
    [run] = train([experiment.replace(**(settings | changes))])
    assert run.status == "finished"
    return run


def minimise(experiment: Experiment) -> float:
    """The least objective by L-BFGS, from formulas written here.

    An absolute value is split into two parts that are bounded below by 0.
    """
    data = load_data(experiment)
    X, y = data.train_features, data.train_labels
    classes, features = len(data.class_names), X.shape[1]
    truth = np.eye(classes)[y]
    absolute = experiment.regularizer == "l1"

    def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
        parts = flat[: -classes or None].reshape(-1, classes, features)
        W, b = (parts[0] - parts[1] if absolute else parts[0]), flat[-classes:]
        scores = X @ W.T + b
        if experiment.loss == "cross_entropy":
            top = scores.max(axis=1, keepdims=True)
            log_total = top + np.log(np.exp(scores - top).sum(axis=1, keepdims=True))
            loss = (log_total[:, 0] - scores[np.arange(len(y)), y]).mean()
            slope = np.exp(scores - log_total) - truth
        else:
            missing = scores - scores[np.arange(len(y)), y][:, None] + experiment.margin
            missing = np.maximum(0.0, missing) * (1 - truth)
            loss = (missing**2).sum(axis=1).mean()
            slope = 2 * missing - truth * (2 * missing).sum(axis=1, keepdims=True)
        to_W, to_b = slope.T @ X / len(y), slope.sum(axis=0) / len(y)
        if absolute:
            loss += experiment.strength * flat[:-classes].sum()
            gradient = [to_W + experiment.strength, -to_W + experiment.strength]
        else:
            loss += experiment.strength * (W**2).sum()
            gradient = [to_W + 2 * experiment.strength * W]
        return loss, np.concatenate([*(each.ravel() for each in gradient), to_b])

    weights = classes * features * (2 if absolute else 1)
    found = minimize(
        objective,
        np.zeros(weights + classes),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0, None) if absolute else (None, None)] * weights + [(None, None)] * classes,
        options={"maxiter": 20_000, "maxfun": 20_000, "ftol": 1e-15, "gtol": 1e-9},
    )
    return float(found.fun)


@pytest.mark.parametrize(
    ("experiment", "steps"),
    [
        pytest.param(DIGITS, {"learning_rate": 1.0, "epochs": 600}, id="digits"),
        pytest.param(BLOBS, {"learning_rate": 0.5, "epochs": 600}, id="blobs"),
    ],
)
def test_cross_entropy_with_l2_reaches_the_optimum_of_logistic_regression(experiment, steps):
    run, data = full_batch(experiment, **steps), load_data(experiment)
    X, y = data.train_features, data.train_labels
    # Our penalty is strength * sum of squares; theirs, beside C * n * mean loss, is half of it.
    peer = LogisticRegression(C=1 / (2 * experiment.strength * len(y)), tol=1e-10, max_iter=10_000)
    peer.fit(X, y)
    logs = peer.predict_log_proba(X)[np.arange(len(y)), y]
    best = -logs.mean() + experiment.strength * (peer.coef_**2).sum()
    assert run.final["objective"] == pytest.approx(best, abs=1e-6)
    assert run.final["gradient_norm"] < 1e-4
    assert_allclose(run.weights, peer.coef_, atol=1e-3)


@pytest.mark.parametrize("margin", [0.5, 2.0])
def test_squared_hinge_with_l2_reaches_the_optimum_of_l_bfgs(margin):
    experiment = BLOBS.replace(loss="squared_hinge", margin=margin)
    run = full_batch(experiment, learning_rate=0.05, epochs=2000)
    assert run.final["objective"] == pytest.approx(minimise(experiment), abs=1e-8)


@pytest.mark.parametrize("loss", ["cross_entropy", "squared_hinge"])
def test_l1_reaches_the_optimum_of_l_bfgs_with_exact_zeros(loss):
    experiment = BLOBS.replace(loss=loss, regularizer="l1", strength=0.05)
    run = full_batch(
        experiment,
        optimizer="gd",
        learning_rate={"cross_entropy": 1.0}.get(loss, 0.05),
        epochs=4000,
    )
    assert run.final["objective"] == pytest.approx(minimise(experiment), abs=1e-7)
    zeros = (run.weights == 0).sum()
    assert 0 < zeros < run.weights.size
    assert run.bias.all(), "the bias is not penalised"


def test_l1_drops_pixels_of_digits():
    run = full_batch(DIGITS.replace(regularizer="l1", strength=0.02), learning_rate=0.5, epochs=200)
    assert (run.weights == 0).mean() > 0.5
    assert run.final["test_accuracy"] > 0.85


def test_an_elastic_net_reaches_the_optimum_of_logistic_regression():
    experiment = BLOBS.replace(regularizer="elastic_net", strength=0.05, l1_ratio=0.6)
    run, data = (
        full_batch(experiment, optimizer="gd", learning_rate=1.0, epochs=4000),
        load_data(experiment),
    )
    X, y = data.train_features, data.train_labels
    # strength (r |W| + (1 - r) W²) as (l1_ratio |W| + (1 - l1_ratio) W² / 2) / (C n)
    total = experiment.strength * (experiment.l1_ratio + 2 * (1 - experiment.l1_ratio))
    peer = LogisticRegression(
        solver="saga",
        l1_ratio=experiment.strength * experiment.l1_ratio / total,
        C=1 / (total * len(y)),
        tol=1e-9,
        max_iter=20_000,
        random_state=0,
    ).fit(X, y)
    logs = peer.predict_log_proba(X)[np.arange(len(y)), y]
    W = np.abs(peer.coef_)
    penalty = experiment.l1_ratio * W.sum() + (1 - experiment.l1_ratio) * (W**2).sum()
    best = -logs.mean() + experiment.strength * penalty
    assert run.final["objective"] == pytest.approx(best, abs=1e-6)


def hinge_constraints(data: Data, margin: float) -> tuple[np.ndarray, np.ndarray, int, int]:
    """A z >= margin for z = (W, b, slack): slack_ij >= s_j - s_y + margin for all j != y."""
    X = np.hstack([data.train_features, np.ones((len(data.train_labels), 1))])
    classes = len(data.class_names)
    pairs = [(i, j) for i, y in enumerate(data.train_labels) for j in range(classes) if j != y]
    A = np.zeros((len(pairs), classes * X.shape[1] + len(pairs)))
    for row, (i, j) in enumerate(pairs):
        scores = np.zeros((classes, X.shape[1]))
        scores[data.train_labels[i]] = X[i]
        scores[j] = -X[i]
        A[row, : scores.size] = scores.ravel()
        A[row, scores.size + row] = 1.0
    return A, np.full(len(pairs), margin), classes, X.shape[1]


DEMO = Experiment(
    dataset="course_demo", loss="hinge", strength=0.1, test_fraction=0.0, optimizer="gd"
)


def test_hinge_with_l1_reaches_the_optimum_of_a_linear_program():
    experiment = BLOBS.replace(
        dataset_options={"examples": 60, "classes": 3, "features": 3, "spread": 4.0},
        loss="hinge",
        regularizer="l1",
        strength=0.1,
    )
    data = load_data(experiment)
    A, margin, classes, columns = hinge_constraints(data, 1.0)
    weights = classes * columns
    is_bias = np.arange(weights) % columns == columns - 1
    # z = (W+, W-, slack): the absolute value of a weight is the sum of its two parts.
    charge = np.where(is_bias, 0.0, experiment.strength)
    slack = np.full(A.shape[1] - weights, 1 / len(data.train_labels))
    split = np.hstack([A[:, :weights], -A[:, :weights], A[:, weights:]])
    best = linprog(np.concatenate([charge, charge, slack]), A_ub=-split, b_ub=-margin).fun
    run = full_batch(
        experiment, optimizer="gd", learning_rate=0.3, epochs=20_000, schedule="cosine"
    )
    assert best - 1e-9 <= run.final["objective"] <= best + 1e-4


def test_hinge_with_l2_reaches_the_optimum_of_a_quadratic_program():
    data = load_data(DEMO)
    A, margin, classes, columns = hinge_constraints(data, 1.0)
    weights, n = classes * columns, len(data.train_labels)
    charged = np.where(np.arange(weights) % columns == columns - 1, 0.0, DEMO.strength)

    def objective(z: np.ndarray) -> float:
        return float(charged @ z[:weights] ** 2 + z[weights:].sum() / n)

    def slope(z: np.ndarray) -> np.ndarray:
        return np.concatenate([2 * charged * z[:weights], np.full(len(z) - weights, 1 / n)])

    found = minimize(
        objective,
        np.concatenate([np.zeros(weights), margin]),
        jac=slope,
        method="SLSQP",
        bounds=[(None, None)] * weights + [(0, None)] * len(margin),
        constraints={"type": "ineq", "fun": lambda z: A @ z - margin, "jac": lambda z: A},
        options={"maxiter": 1000, "ftol": 1e-12},
    )
    assert found.success
    run = full_batch(DEMO, optimizer="gd", learning_rate=0.3, epochs=20_000, schedule="cosine")
    assert found.fun - 1e-8 <= run.final["objective"] <= found.fun + 1e-4


def test_sgd_with_a_falling_rate_comes_near_the_same_optimum():
    exact = full_batch(DIGITS, learning_rate=1.0, epochs=300).final["objective"]
    [run] = train([DIGITS.replace(learning_rate=0.3, schedule="cosine", epochs=30, evaluations=2)])
    assert exact < run.final["objective"] < 1.05 * exact
    assert run.final["objective"] < math.log(10) / 10
