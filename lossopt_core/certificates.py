"""The best possible training objective of an experiment, with proof.

The proof is a point of the dual problem (`duality`).  Two ways lead to a small gap.  Where the
Newton system of C (D + 1) unknowns is small, an interior-point method needs a few dozen steps
(`interior_point`).  Otherwise accelerated proximal gradient goes as far as time allows
(`proximal_gradient`).
"""

import hashlib
import json
import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lossopt_core.duality import Problem
from lossopt_core.experiment import DATA_SETTINGS, Experiment
from lossopt_core.interior_point import interior_points
from lossopt_core.linear import Array
from lossopt_core.losses import CERTIFIED_LOSSES
from lossopt_core.proximal_gradient import gradient_points

PROBLEM_SETTINGS = {*DATA_SETTINGS, "loss", "margin", "regularizer", "strength", "l1_ratio"}
"""What determines the best possible objective: data, loss and penalty."""
# Above this the matrices of an interior-point step take more than half a gigabyte.
MOST_UNKNOWNS = 4_000
# Multiplications with an addition, on one ordinary core.
SUMS_A_SECOND = 1e10
# Strength of the squares that stands in where there is no penalty.
ALMOST_NO_PENALTY = 1e-6
# Strength of the absolute values, relative to that of the squares, that makes no difference.
NEGLIGIBLE = 1e-12


@dataclass(frozen=True, eq=False)
class Certificate:
    """How good a training objective can get, with proof.

    objective       value at `weights` and `bias`, the best found
    lower_bound     no classifier has a smaller objective
    relative_gap    (objective - lower_bound) / objective
    weights, bias   (C, D) and (C,), for features as trained on
    seconds         wall time spent
    method          how it was found, for people
    reached         whether the gap is at most the one asked for
    """

    objective: float
    lower_bound: float
    relative_gap: float
    weights: Array
    bias: Array
    seconds: float
    method: str
    reached: bool

    @property
    def theta(self) -> Array:
        """Weights with the bias as last column, (C, D + 1)."""
        return np.hstack([self.weights, self.bias[:, None]])


def problem_settings(experiment: Experiment) -> dict[str, Any]:
    """The experiment's settings that have a say in the best possible objective."""
    settings = experiment.settings
    return {name: value for name, value in settings.items() if name in PROBLEM_SETTINGS}


def problem_id(experiment: Experiment) -> str:
    """16 hexadecimal digits, equal for experiments that minimise the same objective."""
    text = json.dumps(problem_settings(experiment), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def newton_step_seconds(problem: Problem) -> float:
    """About how long one step of the interior-point method takes."""
    n, C, D = problem.examples, problem.classes, problem.X.shape[1]
    grams = n * C * D * D * (C if problem.name == "cross_entropy" else 2)
    solution = (C * D) * (C * D) * (C * D)
    return float(grams + solution) / SUMS_A_SECOND


# A step that overflows or divides by zero is not taken, and a bound that does proves nothing.
@np.errstate(all="ignore")
def certify(
    experiment: Experiment, *, target_gap: float = 1e-6, time_budget: float = 10.0
) -> Certificate:
    """The best possible training objective of an experiment, with a proven lower bound.

    Only the data, the loss with its margin and the penalty have a say; how the experiment
    would train has none.  The search ends at a relative gap of `target_gap`, or after
    `time_budget` seconds with the gap that it has by then.

    Without a penalty (or at strength 0) the lower bound is 0, and `method` says that it need
    not be attained: separable data only approach it, others stay above it.

    Raises ValueError for a loss that has no certificate.
    """
    if experiment.loss not in CERTIFIED_LOSSES:
        raise ValueError(
            f"loss must be one of {', '.join(CERTIFIED_LOSSES)} to be certified,"
            f" got {experiment.loss!r}"
        )
    start = time.perf_counter()
    problem = Problem.of(experiment)
    penalised = problem.absolute + problem.squared > 0
    solved = problem if penalised else replace(problem, squared=ALMOST_NO_PENALTY)
    fits = newton_step_seconds(problem) <= time_budget / 10
    fits = fits and problem.classes * problem.X.shape[1] <= MOST_UNKNOWNS
    best: Array = np.zeros((problem.classes, problem.X.shape[1]))
    objective, lower_bound = solved.objective(best), 0.0
    # Absolute values that vanish beside the squares are left to them by the search alone.
    searched = solved
    if solved.absolute < NEGLIGIBLE * solved.squared:
        searched = replace(solved, absolute=0.0)
    for theta, pulls in interior_points(searched) if fits else gradient_points(searched):
        for candidate in (theta, without_dust(solved, theta)):
            value = solved.objective(candidate)
            if value < objective:
                best, objective = candidate, value
        lower_bound = max(lower_bound, solved.lower_bound(pulls, theta))
        if objective - lower_bound <= target_gap * objective:
            break
        if time.perf_counter() - start > time_budget:
            break
    method = "interior-point method" if fits else "accelerated proximal gradient"
    if not penalised:
        objective, lower_bound = problem.objective(best), 0.0
        method += "; without a penalty the bound 0 need not be attained"
    gap = (objective - lower_bound) / objective if objective > 0 else 0.0
    return Certificate(
        objective=objective,
        lower_bound=lower_bound,
        relative_gap=gap,
        weights=best[:, :-1].copy(),
        bias=best[:, -1].copy(),
        seconds=time.perf_counter() - start,
        method=method,
        reached=gap <= target_gap,
    )


def without_dust(problem: Problem, theta: Array) -> Array:
    """The classifier with zeros for weights that an interior point only brings near to zero."""
    if problem.absolute == 0:
        return theta
    clean = theta.copy()
    W = clean[:, :-1]
    W[np.abs(W) < 1e-5 * np.abs(W).max()] = 0.0
    return clean
