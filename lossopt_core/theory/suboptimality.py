r"""Distances of runs to the optimum.

The distance of an objective P to the optimum P* is known up to the gap of the certificate: P*
lies between its lower bound and its objective, the best known value.  Curves show P - lower
bound, which is an upper bound on the distance.
"""

import numpy as np
import pandas as pd

from lossopt_core.certify.certificates import Certificate
from lossopt_core.certify.duality import Problem
from lossopt_core.objective import linear
from lossopt_core.objective.linear import Array
from lossopt_core.training.run import Run

BIAS_STEPS = 30
"""Maximum number of Newton steps for the optimal bias; six are typical."""
MAX_SCORES = 100_000
"""Maximum number of scores computed at once for several points."""


def with_distance(history: pd.DataFrame, certificate: Certificate) -> pd.DataFrame:
    """Add the distance to the optimum to a history.

    Args:
        history: The history of a run.
        certificate: The result of `certify` for its experiment.

    Returns:
        The history with three more columns: distance (objective - lower bound; the true distance is
        at most this), distance_at_least (objective - best known value; the true distance is at
        least this), and distance_share (distance divided by the distance at the start: without a
        unit, and so comparable between losses).
    """
    distance = (history["objective"] - certificate.lower_bound).clip(lower=0.0)
    at_least = (history["objective"] - certificate.objective).clip(lower=0.0)
    start = distance.iloc[0]
    return history.assign(
        distance=distance,
        distance_at_least=at_least,
        distance_share=distance / start if start > 0 else 0.0,
    )


def free_gaps(run: Run) -> pd.DataFrame:
    """Bounds of the distance to the optimum from the gradient norms of a run alone.

    For a smooth loss with an L2 penalty of strength λ, weights W and the optimal bias b for them,

        P(W, b) - P*  <=  |gradient of P with respect to W|² / (4 λ).

    Nothing has to be solved: the gradients of the losses are a point of the dual problem.

    Returns:
        Columns update, epoch, gradient_evaluations and gap, one row per update at which the run
        kept its weights. No rows where there is no such bound: losses with kinks, other penalties,
        strength 0.
    """
    experiment = run.experiment
    problem = Problem.of(experiment)
    recorded = run.path if problem.is_smooth_ridge else run.path[:0]
    updates = run.path_updates[: len(recorded)]
    seen = experiment.gradient_evaluations(updates)
    return pd.DataFrame(
        {
            "update": updates,
            "epoch": seen / experiment.train_examples,
            "gradient_evaluations": seen,
            "gap": _gaps(problem, recorded.astype(np.float64)),
        }
    )


def _gaps(problem: Problem, points: Array) -> Array:
    """The gaps (K,) for points (K, C, D + 1), each with its optimal bias."""
    together = max(1, MAX_SCORES // (problem.classes * problem.examples))
    found = [np.empty(0)]
    for first in range(0, len(points), together):
        best = with_best_biases(problem, points[first : first + together])
        slopes = problem.loss.gradient(linear.scores(best, problem.X), problem.labels)
        gradient = (slopes @ problem.X / problem.examples)[..., :-1]
        gradient += 2.0 * problem.squared * best[..., :-1]
        found.append((gradient**2).sum(axis=(1, 2)) / (4.0 * problem.squared))
    return np.concatenate(found)


def with_best_bias(problem: Problem, theta: Array) -> Array:
    """Replace the bias of theta (C, D + 1) by the one that minimises a smooth objective."""
    best: Array = with_best_biases(problem, theta[None])[0]
    return best


def with_best_biases(problem: Problem, points: Array) -> Array:
    """`with_best_bias` for points (K, C, D + 1), by Newton's method on all at once."""
    points = points.copy()
    loss, labels = problem.loss, problem.labels
    scores = linear.scores(points, problem.X)
    value = loss.value(scores, labels).mean(axis=-1)
    active = np.ones(len(points), np.bool_)
    for _ in range(BIAS_STEPS):
        slope = loss.gradient(scores, labels).mean(axis=-1)
        active &= np.abs(slope).max(axis=-1) >= 1e-13
        if not active.any():
            break
        hessian = loss.mean_hessian(scores, labels)
        # Adding a constant to all scores changes nothing, so use the minimum-norm solution.
        inverse = np.linalg.pinv(hessian, rcond=1e-10, hermitian=True)
        step = np.where(active[:, None], (inverse @ slope[..., None])[..., 0], 0.0)
        while True:
            moved = scores - step[..., None]
            after = loss.value(moved, labels).mean(axis=-1)
            worse = after > value
            if not worse.any():
                break
            step[worse] /= 2
            stuck = worse & (np.abs(step).max(axis=-1) < 1e-9)
            step[stuck], active[stuck] = 0.0, False
        points[..., -1] -= step
        scores, value = moved, after
    return points
