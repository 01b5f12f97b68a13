"""Interior-point methods for the certificates of small problems.

Losses that are maxima of linear functions, squared or not, make quadratic problems: they are
solved by Mehrotra's predictor-corrector method (Wright, 1997, Primal-Dual Interior-Point
Methods, chapter 10), which needs no line search.  Cross-entropy is neither; its barrier
objectives are minimised by Newton's method with a line search.  Shapes are those of `duality`.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from lossopt_core.certify.boxes import (
    Box,
    Part,
    Ray,
    Shares,
    Targets,
)
from lossopt_core.certify.curvature import curvature
from lossopt_core.certify.duality import Candidate, Problem
from lossopt_core.objective.domains import Ray as RayDomain
from lossopt_core.objective.linear import Array
from lossopt_core.objective.losses import set_true_class

# Steps after which a method no longer helps; some dozens are the rule.
MOST_STEPS = 300
# Part of the products that a step leaves at least.
LEAST_CENTRING = 1e-6
# Relative progress still expected of a step that is not worth taking.
NO_PROGRESS = 1e-15
# A step below this is none.
SHORTEST = 1e-9
# Charges of absolute weights are at least this when the first slack is set.
SMALLEST_CHARGE = 1e-100
# Relative additions to the diagonal until a matrix is positive definite to rounding.
RIDGES = (0.0, 1e-15, 1e-14, 1e-12, 1e-10, 1e-8)

Solver = Callable[[Array], Array]
"""Right-hand sides (C, D) to solutions (C, D)."""


@dataclass(eq=False)
class State:
    """Where the interior-point method stands; a part that the problem lacks is None."""

    theta: Array
    losses: Part | None
    weights: Box | None

    @classmethod
    def start(cls, problem: Problem) -> Self:
        """Zero weights, in the middle of every part."""
        theta = np.zeros((problem.classes, problem.X.shape[1]))
        losses = _loss_part(problem, theta)
        weights = None
        a = np.broadcast_to(problem.absolute, problem.X.shape[1] - 1)
        if np.any(a > 0):
            # As far from the central path's end as the losses are, or as the objective is high.
            if losses is None:
                product = problem.objective(theta) / (2 * theta.size)
            else:
                product = losses.products() / (losses.count() * problem.examples)
            slack = product / np.maximum(a, SMALLEST_CHARGE)
            weights = Box.around(theta[:, :-1], -a, a, slack)
        return cls(theta, losses, weights)

    def mean_product(self, examples: int) -> float:
        """How far from its limit the central path is; 0 where there is no part."""
        total, count = 0.0, 0
        if self.losses is not None:
            total += self.losses.products() / examples
            count += self.losses.count()
        if self.weights is not None:
            total += self.weights.products()
            count += self.weights.count()
        return total / max(count, 1)

    def longest(self, direction: "State") -> tuple[float, float]:
        """How far values and duals may go."""
        primal = dual = 1.0
        for part, way in ((self.losses, direction.losses), (self.weights, direction.weights)):
            if part is not None and way is not None:
                limits = part.longest(way)
                primal, dual = min(primal, limits[0]), min(dual, limits[1])
        return primal, dual

    def moved(self, direction: "State", primal: float, dual: float) -> "State":
        """The state after a step."""
        losses, weights = self.losses, self.weights
        if losses is not None and direction.losses is not None:
            losses = losses.moved(direction.losses, primal, dual)
        if weights is not None and direction.weights is not None:
            weights = weights.moved(direction.weights, primal, dual)
        return State(self.theta + primal * direction.theta, losses, weights)


def _loss_part(problem: Problem, theta: Array) -> Part | None:
    """The part of the losses; None for one that is smooth without being quadratic."""
    values = problem.violations(problem.scores(theta))
    if problem.domain.coupled:
        return None if problem.loss.smooth else Shares.around(values, problem.margin)
    if issubclass(problem.domain, RayDomain):
        # Newton's method alone zigzags between the kinks of the slope.
        return Ray.around(values, 0.0, 2.0 * problem.margin, problem.margin)
    return Box.around(values, 0.0, 1.0, problem.margin)


def interior_points(problem: Problem, *, cautious: bool = False) -> Iterator[Candidate]:
    """Steps of an interior-point method, from zero weights until they no longer help.

    A cautious one stays near the central path, and needs several times as many steps.
    """
    quadratic = _loss_part(problem, np.zeros((problem.classes, problem.X.shape[1]))) is not None
    method = _predictor_corrector if quadratic else _barrier_newton
    return method(problem, 0.5 if cautious else LEAST_CENTRING)


def _predictor_corrector(problem: Problem, least_centring: float) -> Iterator[Candidate]:
    """Mehrotra's method; products shrink at most by `least_centring` a step."""
    state, n = State.start(problem), problem.examples
    together = np.any(np.asarray(problem.squared) > 0) or isinstance(state.losses, Ray)
    for _ in range(MOST_STEPS):
        assert state.losses is not None
        yield state.theta, state.losses.dual
        solve = newton_solver(problem, state)
        if solve is None:
            return
        mu = state.mean_product(n)
        ahead = newton_direction(problem, state, solve, (0.0, 0.0), (0.0, 0.0))
        after = state.moved(ahead, *state.longest(ahead)).mean_product(n)
        # Closer to the middle the less the step without a target achieves.
        mu *= min(max((after / mu) ** 3, least_centring), 1.0)
        assert ahead.losses is not None
        targets: Targets = (mu, mu)
        if state.weights is not None and ahead.weights is not None:
            targets = state.weights.corrected(mu, ahead.weights)
        direction = newton_direction(
            problem, state, solve, state.losses.corrected(n * mu, ahead.losses), targets
        )
        primal, dual = state.longest(direction)
        if together:
            primal = dual = min(primal, dual)
        if not max(primal, dual) > SHORTEST or not np.isfinite(direction.theta).all():
            return
        state = state.moved(direction, primal, dual)


def _barrier_newton(problem: Problem, least_centring: float) -> Iterator[Candidate]:
    """Newton's method with a line search, on barrier objectives that end as the objective.

    Without absolute values there is no barrier, and this is Newton's method alone.
    """
    state = State.start(problem)
    primal = dual = 1.0
    yield state.theta, problem.smooth_part(state.theta)[1]
    for _ in range(MOST_STEPS):
        shortest = min(primal, dual)
        mu = state.mean_product(problem.examples)
        mu *= max(least_centring, 0.1 if shortest > 0.5 else 0.4 if shortest > 0.1 else 1.0)
        solve = newton_solver(problem, state)
        if solve is None:
            return
        direction = newton_direction(problem, state, solve, (0.0, 0.0), (mu, mu))
        primal, dual = state.longest(direction)
        now = barrier_objective(problem, state, mu)
        slope = barrier_slope(problem, state, mu, direction)
        if not slope < -NO_PROGRESS * abs(now):
            return
        allowed = 1e-13 * abs(now)
        while primal > SHORTEST:
            after = state.moved(direction, primal, dual)
            if barrier_objective(problem, after, mu) <= now + 1e-4 * primal * slope + allowed:
                break
            primal /= 2
        else:
            return
        state = state.moved(direction, primal, dual)
        yield state.theta, problem.smooth_part(state.theta)[1]


def newton_solver(problem: Problem, state: State) -> Solver | None:
    """The matrix of a Newton step, factored; None where it has none.

    Its rows and columns are scaled to a diagonal of ones, whatever the features' units.
    """
    C, D = state.theta.shape
    if state.losses is None:
        H = problem.hessian(state.theta)
    else:
        slopes = state.losses.linearised((0.0, 0.0))[0]
        if not problem.domain.coupled and problem.loss.pairwise:
            set_true_class(slopes, problem.true, 0.0)
        H = curvature(problem, slopes)
    ridge = np.zeros((C, D))
    ridge[:, :-1] = 2 * problem.squared
    if state.weights is not None:
        ridge[:, :-1] += state.weights.linearised((0.0, 0.0))[0]
    diagonal = np.arange(C * D)
    bias = diagonal[D - 1 :: D]
    if problem.loss.pairwise:
        # The same added to every bias changes nothing: of all solutions, the one that adds
        # nothing is taken.
        H[np.ix_(bias, bias)] += max(float(H[bias, bias].mean()), 1e-300)
    H[diagonal, diagonal] += ridge.ravel()
    size = np.sqrt(H[diagonal, diagonal])
    size[size == 0] = 1.0
    H /= size
    H /= size[:, None]
    factor = _factor(H)
    if factor is None:
        return None

    def solve(right: Array) -> Array:
        asked = right.ravel() / size
        found = cho_solve(factor, asked, check_finite=False)
        found += cho_solve(factor, asked - H @ found, check_finite=False)
        solution: Array = (found / size).reshape(C, D)
        return solution

    return solve


def _factor(H: Array) -> tuple[Array, bool] | None:
    """The Cholesky factor of a matrix that is positive semidefinite up to rounding."""
    if not np.isfinite(H).all():
        return None
    for ridge in RIDGES:
        with suppress(np.linalg.LinAlgError):
            factor: tuple[Array, bool] = cho_factor(
                H + ridge * np.eye(len(H)), lower=True, check_finite=False
            )
            return factor
    return None


def newton_direction(
    problem: Problem, state: State, solve: Solver, losses: Targets, weights: Targets
) -> State:
    """The Newton step towards products of the parts that are these."""
    theta = state.theta
    if state.losses is None:
        pulls = problem.smooth_part(theta)[1]
    else:
        pulls = state.losses.linearised(losses)[1]
        if problem.loss.pairwise:
            set_true_class(pulls, problem.true, 0.0)
    gradient = problem.pull_back(pulls)
    gradient[:, :-1] += 2 * problem.squared * theta[:, :-1]
    if state.weights is not None:
        gradient[:, :-1] += state.weights.linearised(weights)[1]
    step = -solve(gradient)
    loss_step = weight_step = None
    if state.losses is not None:
        change = problem.changes(problem.scores(step))
        loss_step = state.losses.direction(losses, change)
    if state.weights is not None:
        weight_step = state.weights.direction(weights, step[:, :-1])
    return State(step, loss_step, weight_step)


def barrier_objective(problem: Problem, state: State, mu: float) -> float:
    """The objective of a smooth loss with logarithms that keep the weights' pairs positive."""
    total = problem.smooth_part(state.theta)[0]
    return total + (0.0 if state.weights is None else state.weights.barrier(mu))


def barrier_slope(problem: Problem, state: State, mu: float, direction: State) -> float:
    """Derivative of `barrier_objective` along a direction."""
    gradient = problem.pull_back(problem.smooth_part(state.theta)[1])
    gradient[:, :-1] += 2 * problem.squared * state.theta[:, :-1]
    slope = float(np.vdot(gradient, direction.theta))
    if state.weights is not None and direction.weights is not None:
        slope += state.weights.barrier_slope(mu, direction.weights)
    return slope
