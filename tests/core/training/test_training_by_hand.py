"""Training against a loop that anybody can check."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from lossopt_core import Experiment, load_data, train
from lossopt_core.training.batches import Minibatches
from lossopt_core.training.run import HISTORY_COLUMNS
from tests.experiments import BLOBS


def naive_loss(experiment: Experiment, scores: np.ndarray, label: int) -> tuple[float, np.ndarray]:
    """Loss of one example and its slope in the scores, class by class as in the lecture."""
    slope = np.zeros_like(scores)
    if experiment.loss == "cross_entropy":
        p = np.exp(scores) / np.exp(scores).sum()
        slope += p
        slope[label] -= 1
        return -math.log(p[label]), slope
    loss = 0.0
    for j in range(len(scores)):
        missing = scores[j] - scores[label] + experiment.margin
        if j == label or missing <= 0:
            continue
        power = 2 if experiment.loss == "squared_hinge" else 1
        loss += missing**power
        slope[j] += power * missing ** (power - 1)
        slope[label] -= power * missing ** (power - 1)
    return loss, slope


def naive_objective(
    experiment: Experiment, W: np.ndarray, b: np.ndarray, X: np.ndarray, y: np.ndarray
) -> tuple[float, float, np.ndarray, np.ndarray]:
    """Mean loss, L2 penalty, and the gradient of their sum in weights and bias."""
    data_loss, to_W, to_b = 0.0, np.zeros_like(W), np.zeros_like(b)
    for x, label in zip(X, y, strict=True):
        loss, slope = naive_loss(experiment, W @ x + b, label)
        data_loss += loss / len(y)
        to_W += np.outer(slope, x) / len(y)
        to_b += slope / len(y)
    penalty = experiment.strength * (W**2).sum()
    return data_loss, penalty, to_W + 2 * experiment.strength * W, to_b


def naive_factor(schedule: str, share: float) -> float:
    match schedule:
        case "constant":
            return 1.0
        case "step":
            return 0.5 ** int(share * 5)
        case "inverse_time":
            return 1 / (1 + 9 * share)
        case "cosine":
            return (1 + math.cos(math.pi * share)) / 2
    raise ValueError(schedule)


def naive_accuracy(W: np.ndarray, b: np.ndarray, X: np.ndarray, y: np.ndarray) -> float:
    right = [np.argmax(W @ x + b) == label for x, label in zip(X, y, strict=True)]
    return sum(right) / len(right)


def naive_training(experiment: Experiment) -> tuple[list[list[float]], list[float], np.ndarray]:
    """One row of history before the first and after every update, with L2; no stacks."""
    data = load_data(experiment)
    X, y = data.train_features, data.train_labels
    test_X, test_y = data.test_features, data.test_labels
    n, batch = len(y), experiment.examples_per_update
    [start] = train([experiment.replace(learning_rate=1e-8, epochs=1)])
    W = start.path[0, :, :-1] * 1.0
    exact = np.random.default_rng([experiment.seed, 0]).standard_normal(W.shape)
    W = experiment.init_scale * exact
    assert_allclose(W, start.path[0, :, :-1], rtol=1e-6)
    theta = np.hstack([W, np.zeros((len(W), 1))])
    v, m, s = (np.zeros_like(theta) for _ in range(3))
    order = Minibatches(n, batch, experiment.seed)
    beta = experiment.momentum

    rows: list[list[float]] = []
    trace: list[float] = []
    seen = 0

    def record(update: int) -> None:
        W, b = theta[:, :-1], theta[:, -1]
        data_loss, penalty, to_W, to_b = naive_objective(experiment, W, b, X, y)
        test_loss = naive_objective(experiment, W, b, test_X, test_y)[0]
        rows.append(
            [
                update,
                seen / n,
                seen,
                data_loss + penalty,
                data_loss,
                penalty,
                math.sqrt((to_W**2).sum() + (to_b**2).sum()),
                math.sqrt((W**2).sum()),
                naive_accuracy(W, b, X, y),
                test_loss,
                naive_accuracy(W, b, test_X, test_y),
            ]
        )

    record(0)
    for update in range(experiment.updates):
        rows_now = np.arange(n) if experiment.optimizer == "gd" else next(order)
        data_loss, penalty, to_W, to_b = naive_objective(
            experiment, theta[:, :-1], theta[:, -1], X[rows_now], y[rows_now]
        )
        trace.append(data_loss + penalty)
        g = np.hstack([to_W, to_b[:, None]])
        rate = experiment.learning_rate * naive_factor(
            experiment.schedule, update / experiment.updates
        )
        match experiment.optimizer:
            case "gd" | "sgd":
                theta = theta - rate * g
            case "momentum":
                v = beta * v + g
                theta = theta - rate * v
            case "nesterov":
                v = beta * v + g
                theta = theta - rate * (g + beta * v)
            case "adam":
                t = update + 1
                m = beta * m + (1 - beta) * g
                s = 0.999 * s + 0.001 * g * g
                corrected = np.sqrt(s / (1 - 0.999**t)) + 1e-8
                theta = theta - rate * (m / (1 - beta**t)) / corrected
        seen += len(rows_now)
        record(update + 1)
    return rows, trace, theta


@pytest.mark.parametrize("loss", ["hinge", "squared_hinge", "cross_entropy"])
@pytest.mark.parametrize("optimizer", ["gd", "sgd", "momentum", "nesterov", "adam"])
def test_a_history_matches_a_plain_training_loop(loss, optimizer):
    experiment = BLOBS.replace(loss=loss, optimizer=optimizer, strength=0.01, margin=1.3)
    [run] = train([experiment])
    rows, trace, theta = naive_training(experiment)
    assert run.status == "finished"
    assert list(run.history.columns) == list(HISTORY_COLUMNS)
    assert_allclose(run.history, rows, rtol=1e-10)
    assert run.minibatch["update"].tolist() == list(range(1, experiment.updates + 1))
    assert_allclose(run.minibatch["objective"], trace, rtol=1e-10)
    assert_allclose(np.hstack([run.weights, run.bias[:, None]]), theta, rtol=1e-10)


@pytest.mark.parametrize("schedule", ["constant", "step", "inverse_time", "cosine"])
def test_a_schedule_scales_every_step_by_the_share_of_training_done(schedule):
    experiment = BLOBS.replace(schedule=schedule)
    [run] = train([experiment])
    rows, _, _ = naive_training(experiment)
    assert_allclose(run.history, rows, rtol=1e-10)
