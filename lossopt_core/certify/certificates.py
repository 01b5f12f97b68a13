"""The best possible training objective of an experiment, with proof.

The proof is a point of the dual problem (`duality`), whichever way it was found.  Where the
Newton system of C (D + 1) unknowns is small, an interior-point method needs a few dozen steps
(`interior_point`), and a more cautious one follows if it fails.  Otherwise, and after these,
accelerated proximal gradient goes as far as time allows (`proximal_gradient`).  All see
features of one scale (`Problem.scaled`).
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
from lossopt_core.objective.certifiable import why_not_certified
from lossopt_core.objective.linear import Array
from lossopt_core.objective.losses import LOSS_SETTINGS
from lossopt_core.objective.regularizers import PENALTY_SETTINGS

PROBLEM_SETTINGS = {*DATA_SETTINGS, "loss", *LOSS_SETTINGS, "regularizer", *PENALTY_SETTINGS}
"""What determines the best possible objective: data, loss and penalty."""
# Above this the matrices of an interior-point step take more than half a gigabyte.
MOST_UNKNOWNS = 4_000
# Multiplications with an addition, on one ordinary core.
SUMS_A_SECOND = 1e10
# Strength of the squares that stands in where there is no penalty.
ALMOST_NO_PENALTY = 1e-6
# How often a classifier without a penalty is doubled in search of a better one.
MOST_DOUBLINGS = 30
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
    method          how it was found, for people: the methods that were used, in turn
    reached         whether the gap is at most the one asked for; else time has ended the search
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
    grams = n * C * D * D * (C if problem.domain.coupled else 2)
    solution = (C * D) * (C * D) * (C * D)
    return float(grams + solution) / SUMS_A_SECOND


def certify(
    experiment: Experiment, *, target_gap: float = 1e-6, time_budget: float = 10.0
) -> Certificate:
    """The best possible training objective of an experiment, with a proven lower bound.

    Only the data, the loss with its margin and the penalty have a say; how the experiment
    would train has none.  The search ends at a relative gap of `target_gap`, or after
    `time_budget` seconds with the gap that it has by then: a method that gets no further is
    followed by another one.

    Without a penalty (or at strength 0) the lower bound is 0, and `method` says that it need
    not be attained: separable data only approach it, others stay above it.  Where a loss with
    a margin reaches 0, `reached` is true.

    Raises ValueError for a loss or a penalty that has no certificate.
    """
    if why_not := why_not_certified(experiment.loss, experiment.regularizer):
        raise ValueError(why_not)
    return certify_problem(Problem.of(experiment), target_gap=target_gap, time_budget=time_budget)


# A step that overflows or divides by zero is not taken, and a bound that does proves nothing.
@np.errstate(all="ignore")
def certify_problem(problem: Problem, *, target_gap: float, time_budget: float) -> Certificate:
    """`certify`, for an objective that belongs to no experiment.

    Raises ValueError for a loss without the domain of its dual.
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
        best, lower_bound = without_penalty(problem, best), 0.0
        used.append("without a penalty the bound 0 need not be attained")
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
    """Names and points of the methods to be tried one after the other; the last one is endless.

    What cannot be finished within the time, or the memory, is left out.
    """
    problem = search.searched
    unknowns = problem.classes * problem.X.shape[1]
    if newton_step_seconds(problem) <= time_budget / 10 and unknowns <= MOST_UNKNOWNS:
        from lossopt_core.certify.interior_point import interior_points

        yield "interior-point method", interior_points(problem)
        yield "interior-point method with short steps", interior_points(problem, cautious=True)
    yield "accelerated proximal gradient", gradient_points(problem, search.best_scaled)


def relative_gap(objective: float, lower_bound: float) -> float:
    """(objective - lower_bound) / objective, and 0 where both are 0 or cross by rounding."""
    return max(0.0, objective - lower_bound) / objective if objective > 0 else 0.0


class Search:
    """The best classifier and the best bound so far."""

    def __init__(self, problem: Problem, target_gap: float) -> None:
        self.target_gap = target_gap
        self.problem = problem
        self.scaled = problem.scaled()
        self.searched = self.scaled.problem
        # Absolute values that vanish beside the squares are left to them by the search alone.
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
        """Take what is better; whether the gap was reached, or the time, before the last point."""
        for theta, pulls in points:
            self.consider(theta, pulls)
            if self.gap <= self.target_gap or time.perf_counter() > until:
                return True
        return False

    def consider(self, theta: Array, pulls: Array) -> None:
        """Take a classifier and pulls, of the scaled problem, where they are better."""
        only_bias = np.zeros_like(theta)
        only_bias[:, -1] = theta[:, -1]
        for candidate in (theta, without_dust(self.scaled.problem, theta), only_bias):
            original = self.scaled.original(candidate)
            value = self.problem.objective(original)
            if value < self.objective:
                self.best, self.best_scaled, self.objective = original, candidate, value
        bound = self.scaled.problem.lower_bound(pulls, accuracy=self.target_gap / 100)
        self.lower_bound = max(self.lower_bound, bound)


def without_penalty(problem: Problem, theta: Array) -> Array:
    """The best multiple of a classifier, which costs nothing here: separable data have many."""
    multiples = [theta * 2.0**power for power in range(MOST_DOUBLINGS)]
    return min(multiples, key=problem.objective)


def without_dust(problem: Problem, theta: Array) -> Array:
    """The classifier with zeros for weights that an interior point only brings near to zero."""
    if not np.any(np.asarray(problem.absolute) > 0):
        return theta
    clean = theta.copy()
    W = clean[:, :-1]
    W[np.abs(W) < 1e-5 * np.abs(W).max()] = 0.0
    return clean
