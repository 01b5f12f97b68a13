r"""How far runs are from the best possible objective.

The distance of an objective P from the best possible P* is known up to the gap of the
certificate: P* lies between its lower bound and its objective, the best known value.  Curves
show P - lower bound, which the distance cannot exceed.
"""

import numpy as np
import pandas as pd

from lossopt_core.certify.certificates import Certificate
from lossopt_core.certify.duality import Problem
from lossopt_core.objective import linear
from lossopt_core.objective.linear import Array
from lossopt_core.training.run import Run

BIAS_STEPS = 30
"""Newton steps for the best bias at given weights; half a dozen are the rule."""
MOST_SCORES = 100_000
"""Scores, of several points together, that are looked at at once."""


def with_distance(history: pd.DataFrame, certificate: Certificate) -> pd.DataFrame:
    """A history with three more columns.

    distance          objective - lower bound: at most this far from the best possible
    distance_at_least objective - best known value, at least 0: at least this far
    distance_share    distance / distance at the start: without a unit, so that it can be
                      compared between losses
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
    r"""What a run itself proves: gaps from the norm of its gradients.

    For a smooth loss with an L2 penalty of strength λ, weights W and the bias b that is best
    for them,

        P(W, b) - P*  <=  |gradient of P with respect to W|² / (4 λ),

    with nothing to solve: the gradients of the losses are a point of the dual problem.

    Returns columns update, epoch and gap, for the updates at which the run kept its weights; no
    rows where there is no such gap (losses with kinks, other penalties, strength 0).
    """
    experiment = run.experiment
    problem = Problem.of(experiment)
    kept = run.path if problem.is_smooth_ridge else run.path[:0]
    updates = run.path_updates[: len(kept)]
    seen = [experiment.gradient_evaluations(int(update)) for update in updates]
    return pd.DataFrame(
        {
            "update": updates,
            "epoch": np.array(seen, dtype=np.float64) / experiment.train_examples,
            "gradient_evaluations": np.array(seen, dtype=np.int64),
            "gap": _gaps(problem, kept.astype(np.float64)),
        }
    )


def _gaps(problem: Problem, points: Array) -> Array:
    """The gaps (K,) that points (K, C, D + 1) prove, each with the bias that is best for it."""
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
    """The weights of theta (C, D + 1) with the bias that minimises a smooth objective."""
    best: Array = with_best_biases(problem, theta[None])[0]
    return best


def with_best_biases(problem: Problem, points: Array) -> Array:
    """The same for each of some points (K, C, D + 1), by Newton's method for all at once."""
    points = points.copy()
    loss, labels = problem.loss, problem.labels
    scores = linear.scores(points, problem.X)
    value = loss.value(scores, labels).mean(axis=-1)
    going = np.ones(len(points), np.bool_)
    for _ in range(BIAS_STEPS):
        slope = loss.gradient(scores, labels).mean(axis=-1)
        going &= np.abs(slope).max(axis=-1) >= 1e-13
        if not going.any():
            break
        bend = loss.mean_hessian(scores, labels)
        # Adding one number to all scores changes nothing: the least of all solutions is taken.
        inverse = np.linalg.pinv(bend, rcond=1e-10, hermitian=True)
        step = np.where(going[:, None], (inverse @ slope[..., None])[..., 0], 0.0)
        while True:
            moved = scores - step[..., None]
            after = loss.value(moved, labels).mean(axis=-1)
            worse = after > value
            if not worse.any():
                break
            step[worse] /= 2
            stuck = worse & (np.abs(step).max(axis=-1) < 1e-9)
            step[stuck], going[stuck] = 0.0, False
        points[..., -1] -= step
        scores, value = moved, after
    return points
