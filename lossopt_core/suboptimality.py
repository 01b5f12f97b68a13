r"""How far runs are from the best possible objective.

The distance of an objective P from the best possible P* is known up to the gap of the
certificate: P* lies between its lower bound and its objective, the best known value.  Curves
show P - lower bound, which the distance cannot exceed.
"""

import numpy as np
import pandas as pd

from lossopt_core.certificates import Certificate
from lossopt_core.duality import Problem
from lossopt_core.linear import Array
from lossopt_core.run import Run

BIAS_STEPS = 30
"""Newton steps for the best bias at given weights; half a dozen are the rule."""


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
    smooth = problem.loss.smooth and problem.absolute == 0 and problem.squared > 0
    kept = run.path if smooth else run.path[:0]
    updates = run.path_updates[: len(kept)]
    seen = [experiment.gradient_evaluations(int(update)) for update in updates]
    return pd.DataFrame(
        {
            "update": updates,
            "epoch": np.array(seen, dtype=np.float64) / experiment.train_examples,
            "gradient_evaluations": np.array(seen, dtype=np.int64),
            "gap": [gap_at(problem, theta.astype(np.float64)) for theta in kept],
        }
    )


def gap_at(problem: Problem, theta: Array) -> float:
    """The gap that the weights of theta (C, D + 1) prove, once the bias is the best for them."""
    theta = with_best_bias(problem, theta)
    _, pulls = problem.smooth_part(theta)
    gradient = problem.pull_back(pulls)[:, :-1] + 2.0 * problem.squared * theta[:, :-1]
    return float((gradient**2).sum()) / (4.0 * problem.squared)


def with_best_bias(problem: Problem, theta: Array) -> Array:
    """The same weights with the bias that minimises a smooth objective, by Newton's method."""
    theta = theta.copy()
    scores = problem.scores(theta)
    value = float(problem.loss.value(scores, problem.labels).mean())
    for _ in range(BIAS_STEPS):
        slope = problem.loss.gradient(scores, problem.labels).mean(axis=1)
        if np.abs(slope).max() < 1e-13:
            break
        bend = problem.loss.mean_second(scores, problem.labels)
        # Adding one number to all scores changes nothing: the least of all solutions is taken.
        step = np.linalg.lstsq(bend, slope, rcond=1e-10)[0]
        length = 1.0
        while length > 1e-6:
            moved = scores - length * step[:, None]
            after = float(problem.loss.value(moved, problem.labels).mean())
            if after <= value:
                break
            length /= 2
        else:
            break
        theta[:, -1] -= length * step
        scores, value = moved, after
    return theta
