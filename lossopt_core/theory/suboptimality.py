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
MOST_SCORES = 100_000
"""Maximum number of scores computed at once for several points."""


def with_distance(history: pd.DataFrame, certificate: Certificate) -> pd.DataFrame:
    """Add three columns to a history.

    distance          objective - lower bound: an upper bound on the distance to the optimum
    distance_at_least objective - best known value, at least 0: a lower bound on the distance
    distance_share    distance / distance at the start: dimensionless, so it is comparable
                      between losses
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
    r"""Upper bounds on a run's distance to the optimum, from its gradient norms.

    For a smooth loss with an L2 penalty of strength λ, weights W and their optimal bias b,

        P(W, b) - P*  <=  |gradient of P with respect to W|² / (4 λ),

    without a solver: the gradients of the losses are a feasible dual point.

    Returns columns update, epoch, gradient_evaluations and gap for the updates at which the run
    recorded its weights; no rows if the bound does not apply (losses with kinks, other penalties,
    strength 0).
    """
    experiment = run.experiment
    problem = Problem.of(experiment)
    recorded = run.path if problem.is_smooth_ridge else run.path[:0]
    updates = run.path_updates[: len(recorded)]
    seen = [experiment.gradient_evaluations(int(update)) for update in updates]
    return pd.DataFrame(
        {
            "update": updates,
            "epoch": np.array(seen, dtype=np.float64) / experiment.train_examples,
            "gradient_evaluations": np.array(seen, dtype=np.int64),
            "gap": _gaps(problem, recorded.astype(np.float64)),
        }
    )


def _gaps(problem: Problem, points: Array) -> Array:
    """The gaps (K,) for points (K, C, D + 1), each with its optimal bias."""
    together = max(1, MOST_SCORES // (problem.classes * problem.examples))
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
