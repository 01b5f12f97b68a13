"""Interior-point methods for certificates of small problems.

Piecewise linear losses, squared or not, give quadratic programs.  They are solved by Mehrotra's
predictor-corrector method (Wright, 1997, Primal-Dual Interior-Point Methods, chapter 10), which
needs no line search.  For cross-entropy, barrier objectives are minimised by Newton's method
with a line search.  Shapes are those of `duality`.
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
    Simplex,
    Targets,
)
from lossopt_core.certify.curvature import curvature
from lossopt_core.certify.duality import Candidate, Problem
from lossopt_core.objective.domains import Orthant as OrthantDomain
from lossopt_core.objective.linear import Array
from lossopt_core.objective.losses import set_true_class

# Maximum number of steps; a few dozen are typical.
MAX_STEPS = 300
# Smallest factor by which a step may reduce the products.
MIN_CENTRING = 1e-6
# Relative progress below which a step is not worth taking.
NO_PROGRESS = 1e-15
# Steps shorter than this end the search.
MIN_STEP = 1e-9
# L1 strengths are at least this when the first slack is set.
MIN_STRENGTH = 1e-100
# Relative ridges to try until a matrix is numerically positive definite.
RIDGES = (0.0, 1e-15, 1e-14, 1e-12, 1e-10, 1e-8)

Solver = Callable[[Array], Array]
"""Right-hand sides (C, D) to solutions (C, D)."""


@dataclass(eq=False)
class State:
    """The state of an interior-point method; terms that the problem lacks are None."""

    theta: Array
    losses: Part | None
    weights: Box | None

    @classmethod
    def start(cls, problem: Problem) -> Self:
        """The starting point: zero weights, centred slacks and duals."""
        theta = np.zeros((problem.classes, problem.X.shape[1]))
        losses = _loss_part(problem, theta)
        weights = None
        a = np.broadcast_to(problem.absolute, problem.X.shape[1] - 1)
        if np.any(a > 0):
            # The same distance from the end of the central path as the losses, or as the objective.
            if losses is None:
                product = problem.objective(theta) / (2 * theta.size)
            else:
                product = losses.products() / (losses.count() * problem.examples)
            slack = product / np.maximum(a, MIN_STRENGTH)
            weights = Box.around(theta[:, :-1], -a, a, slack)
        return cls(theta, losses, weights)

    def mean_product(self, examples: int) -> float:
        """The mean complementarity product (mu); 0 without nonsmooth terms."""
        total, count = 0.0, 0
        if self.losses is not None:
            total += self.losses.products() / examples
            count += self.losses.count()
        if self.weights is not None:
            total += self.weights.products()
            count += self.weights.count()
        return total / max(count, 1)

    def longest(self, direction: "State") -> tuple[float, float]:
        """The largest primal and dual steps that keep all pairs positive."""
        primal = dual = 1.0
        for part, change in ((self.losses, direction.losses), (self.weights, direction.weights)):
            if part is not None and change is not None:
                limits = part.longest(change)
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
    """The term of the losses; None for a smooth loss that is not quadratic."""
    values = problem.violations(problem.scores(theta))
    if problem.domain.coupled:
        return None if problem.loss.smooth else Simplex.around(values, problem.margin)
    if issubclass(problem.domain, OrthantDomain):
        # Plain Newton steps zigzag between the kinks of the derivative.
        return Ray.around(values, 0.0, 2.0 * problem.margin, problem.margin)
    return Box.around(values, 0.0, 1.0, problem.margin)


def interior_points(problem: Problem, *, cautious: bool = False) -> Iterator[Candidate]:
    """Iterates of an interior-point method, from zero weights until there is no progress.

    With `cautious` they stay near the central path, which takes several times as many steps.
    """
    quadratic = _loss_part(problem, np.zeros((problem.classes, problem.X.shape[1]))) is not None
    method = _predictor_corrector if quadratic else _barrier_newton
    return method(problem, 0.5 if cautious else MIN_CENTRING)


def _predictor_corrector(problem: Problem, min_centring: float) -> Iterator[Candidate]:
    """Mehrotra's method; a step reduces the products at most by the factor `min_centring`."""
    state, n = State.start(problem), problem.examples
    equal_steps = np.any(np.asarray(problem.squared) > 0) or isinstance(state.losses, Ray)
    for _ in range(MAX_STEPS):
        assert state.losses is not None
        yield state.theta, state.losses.dual
        solve = newton_solver(problem, state)
        if solve is None:
            return
        mu = state.mean_product(n)
        predictor = newton_direction(problem, state, solve, (0.0, 0.0), (0.0, 0.0))
        after = state.moved(predictor, *state.longest(predictor)).mean_product(n)
        # The less the predictor step achieves, the more centring.
        mu *= min(max((after / mu) ** 3, min_centring), 1.0)
        assert predictor.losses is not None
        targets: Targets = (mu, mu)
        if state.weights is not None and predictor.weights is not None:
            targets = state.weights.corrected(mu, predictor.weights)
        direction = newton_direction(
            problem, state, solve, state.losses.corrected(n * mu, predictor.losses), targets
        )
        primal, dual = state.longest(direction)
        if equal_steps:
            primal = dual = min(primal, dual)
        if not max(primal, dual) > MIN_STEP or not np.isfinite(direction.theta).all():
            return
        state = state.moved(direction, primal, dual)


def _barrier_newton(problem: Problem, min_centring: float) -> Iterator[Candidate]:
    """Newton's method with a line search, on barrier objectives that converge to the objective.

    Without an L1 penalty there is no barrier, and this is plain Newton's method.
    """
    state = State.start(problem)
    primal = dual = 1.0
    yield state.theta, problem.smooth_part(state.theta)[1]
    for _ in range(MAX_STEPS):
        shortest = min(primal, dual)
        mu = state.mean_product(problem.examples)
        mu *= max(min_centring, 0.1 if shortest > 0.5 else 0.4 if shortest > 0.1 else 1.0)
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
        while primal > MIN_STEP:
            after = state.moved(direction, primal, dual)
            if barrier_objective(problem, after, mu) <= now + 1e-4 * primal * slope + allowed:
                break
            primal /= 2
        else:
            return
        state = state.moved(direction, primal, dual)
        yield state.theta, problem.smooth_part(state.theta)[1]


def newton_solver(problem: Problem, state: State) -> Solver | None:
    """A solver for the Newton system, or None if the factorization fails.

    Rows and columns are scaled to a unit diagonal, so that the features' units do not matter.
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
        # Adding a constant to all biases changes nothing: pick the solution whose biases sum
        # to zero.
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
    """The Cholesky factor of a numerically positive semidefinite matrix, or None."""
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
    """The Newton step towards these target products."""
    theta = state.theta
    if state.losses is None:
        duals = problem.smooth_part(theta)[1]
    else:
        duals = state.losses.linearised(losses)[1]
        if problem.loss.pairwise:
            set_true_class(duals, problem.true, 0.0)
    gradient = problem.pull_back(duals)
    gradient[:, :-1] += 2 * problem.squared * theta[:, :-1]
    if state.weights is not None:
        gradient[:, :-1] += state.weights.linearised(weights)[1]
    step = -solve(gradient)
    loss_step = weight_step = None
    if state.losses is not None:
        change = problem.violation_change(problem.scores(step))
        loss_step = state.losses.direction(losses, change)
    if state.weights is not None:
        weight_step = state.weights.direction(weights, step[:, :-1])
    return State(step, loss_step, weight_step)


def barrier_objective(problem: Problem, state: State, mu: float) -> float:
    """The objective of a smooth loss plus the log barrier of the L1 penalty."""
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
