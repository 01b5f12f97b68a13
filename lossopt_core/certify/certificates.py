"""Certified optimum of an experiment's training objective.

A feasible dual point proves a lower bound (`duality`), no matter which solver found it.  If the
Newton system of C (D + 1) unknowns is small, an interior-point method takes a few dozen steps
(`interior_point`); if it fails, a more conservative variant follows.  Otherwise, or if both
fail, accelerated proximal gradient descent uses the remaining time (`proximal_gradient`).  All
solvers work on rescaled features (`Problem.scaled`).
"""

import hashlib
import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lossopt_core.certify.duality import Candidate, Problem
from lossopt_core.certify.proximal_gradient import gradient_points
from lossopt_core.experiment.description import DATA_SETTINGS, Experiment
from lossopt_core.experiment.loading import Data
from lossopt_core.objective.certifiable import why_not_certified
from lossopt_core.objective.linear import Array
from lossopt_core.objective.losses import LOSS_SETTINGS
from lossopt_core.objective.regularizers import PENALTY_SETTINGS

PROBLEM_SETTINGS = {*DATA_SETTINGS, "loss", *LOSS_SETTINGS, "regularizer", *PENALTY_SETTINGS}
"""The settings that determine the optimum: data, loss and penalty."""
# Above this the matrices of an interior-point step take more than 0.5 GB.
MAX_UNKNOWNS = 4_000
# Fused multiply-adds per second on one ordinary core.
OPERATIONS_PER_SECOND = 1e10
# Strength of the L2 penalty used by the solver if there is no penalty.
ALMOST_NO_PENALTY = 1e-6
# Number of times a classifier without penalty is doubled in search of a better one.
MAX_DOUBLINGS = 30
# L1 strength relative to the L2 strength below which L1 is ignored by the solver.
NEGLIGIBLE = 1e-12


@dataclass(frozen=True, eq=False)
class Certificate:
    """How low a training objective can get, with proof.

    Attributes:
        objective: The value at `weights` and `bias`, the best that was found.
        lower_bound: No classifier has a lower objective.
        relative_gap: (objective - lower_bound) / objective.
        weights: (C, D), for features as trained on.
        bias: (C,).
        seconds: Wall time spent.
        method: The methods that were used, in order, in words.
        reached: Whether the gap is at most the requested one. If not, the search ran out of time.
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
    """The experiment's settings that determine its optimum."""
    settings = experiment.settings
    return {name: value for name, value in settings.items() if name in PROBLEM_SETTINGS}


def problem_id(experiment: Experiment) -> str:
    """A hash (16 hexadecimal digits), equal for experiments that minimise the same objective."""
    text = json.dumps(problem_settings(experiment), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def newton_step_seconds(problem: Problem) -> float:
    """Estimated time of one interior-point step."""
    n, C, D = problem.examples, problem.classes, problem.X.shape[1]
    grams = n * C * D * D * (C if problem.domain.coupled else 2)
    solution = (C * D) * (C * D) * (C * D)
    return float(grams + solution) / OPERATIONS_PER_SECOND


def certify(
    experiment: Experiment,
    *,
    target_gap: float = 1e-6,
    time_budget: float = 10.0,
    data: Data | None = None,
) -> Certificate:
    """Find the lowest training objective of an experiment, with a proven lower bound.

    The optimum depends only on the data, the loss with its margin and the penalty, not on the
    optimizer. If one solver stalls, the next one takes over.

    Without a penalty (or with strength 0) the lower bound is 0, and `method` says that it may not
    be attained: for separable data the objective approaches it, for others it stays above. If
    a loss with a margin reaches 0, `reached` is true.

    Args:
        experiment: The experiment.
        target_gap: The relative gap at which the search ends.
        time_budget: Seconds after which the search ends with the gap that it has by then.
        data: The data to train on, if they are not those that the experiment names.

    Raises:
        ValueError: The loss has no certificate.
    """
    if why_not := why_not_certified(experiment.loss, experiment.regularizer):
        raise ValueError(why_not)
    problem = Problem.of(experiment, data)
    return certify_problem(problem, target_gap=target_gap, time_budget=time_budget)


# Steps that overflow or divide by zero are rejected, and such bounds are not used.
@np.errstate(all="ignore")
def certify_problem(problem: Problem, *, target_gap: float, time_budget: float) -> Certificate:
    """`certify` for an objective without an experiment.

    Raises ValueError for a loss without a dual domain.
    """
    start = time.perf_counter()
    penalised = problem.absolute + problem.squared > 0
    solved = problem if penalised else replace(problem, squared=ALMOST_NO_PENALTY)
    search = Search(solved, target_gap)
    used = []
    for method, points in methods(search, time_budget):
        used.append(method)
        if search.follow(points, until=start + time_budget):
            break
    best, lower_bound = search.best, search.lower_bound
    if not penalised:
        best, lower_bound = best_multiple(problem, best), 0.0
        used.append("without a penalty the bound 0 may not be attained")
    objective = problem.objective(best)
    gap = relative_gap(objective, lower_bound)
    return Certificate(
        objective=objective,
        lower_bound=min(lower_bound, objective),
        relative_gap=gap,
        weights=best[:, :-1].copy(),
        bias=best[:, -1].copy(),
        seconds=time.perf_counter() - start,
        method="; ".join(used),
        reached=gap <= target_gap,
    )


def methods(search: "Search", time_budget: float) -> Iterator[tuple[str, Iterable[Candidate]]]:
    """Names and iterates of the solvers to try in order; the last one is endless.

    Solvers that would exceed the time budget or the memory limit are left out.
    """
    problem = search.searched
    unknowns = problem.classes * problem.X.shape[1]
    if newton_step_seconds(problem) <= time_budget / 10 and unknowns <= MAX_UNKNOWNS:
        from lossopt_core.certify.interior_point import interior_points

        yield "interior-point method", interior_points(problem)
        yield "interior-point method with short steps", interior_points(problem, cautious=True)
    yield "accelerated proximal gradient", gradient_points(problem, search.best_scaled)


def relative_gap(objective: float, lower_bound: float) -> float:
    """(objective - lower_bound) / objective; 0 if both are 0 or rounding makes them cross."""
    return max(0.0, objective - lower_bound) / objective if objective > 0 else 0.0


class Search:
    """Tracks the best classifier and the best bound found so far."""

    def __init__(self, problem: Problem, target_gap: float) -> None:
        self.target_gap = target_gap
        self.problem = problem
        self.scaled = problem.scaled()
        self.searched = self.scaled.problem
        # The solver ignores an L1 penalty that is negligible next to the L2 penalty.
        if problem.absolute < NEGLIGIBLE * problem.squared:
            self.searched = replace(self.searched, absolute=0.0)
        self.best_scaled: Array = np.zeros((problem.classes, problem.X.shape[1]))
        self.best = self.scaled.original(self.best_scaled)
        self.objective = problem.objective(self.best)
        self.lower_bound = 0.0

    @property
    def gap(self) -> float:
        """The relative gap so far."""
        return relative_gap(self.objective, self.lower_bound)

    def follow(self, points: Iterable[Candidate], until: float) -> bool:
        """Track the best points; return whether the gap or the time limit was reached."""
        for theta, duals in points:
            self.consider(theta, duals)
            if self.gap <= self.target_gap or time.perf_counter() > until:
                return True
        return False

    def consider(self, theta: Array, duals: Array) -> None:
        """Keep a classifier and duals of the scaled problem if they are better."""
        only_bias = np.zeros_like(theta)
        only_bias[:, -1] = theta[:, -1]
        for candidate in (theta, threshold_small_weights(self.scaled.problem, theta), only_bias):
            original = self.scaled.original(candidate)
            value = self.problem.objective(original)
            if value < self.objective:
                self.best, self.best_scaled, self.objective = original, candidate, value
        bound = self.scaled.problem.lower_bound(duals, accuracy=self.target_gap / 100)
        self.lower_bound = max(self.lower_bound, bound)


def best_multiple(problem: Problem, theta: Array) -> Array:
    """The best multiple of a classifier; without a penalty, larger weights may be better."""
    multiples = [theta * 2.0**power for power in range(MAX_DOUBLINGS)]
    return min(multiples, key=problem.objective)


def threshold_small_weights(problem: Problem, theta: Array) -> Array:
    """Set tiny weights to zero, since interior points only approach zero."""
    if not np.any(np.asarray(problem.absolute) > 0):
        return theta
    clean = theta.copy()
    W = clean[:, :-1]
    W[np.abs(W) < 1e-5 * np.abs(W).max()] = 0.0
    return clean
