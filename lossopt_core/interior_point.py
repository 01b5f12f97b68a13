"""The interior-point method for the certificates of small problems.

Boxes hold what has kinks: margins of the hinges and absolute weights.  On the central path
each value times its distance from an end of its box is one number, which is sent to zero
(Wright, 1997, Primal-Dual Interior-Point Methods).  Shapes are those of `duality`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np

from lossopt_core.duality import Candidate, Problem
from lossopt_core.linear import Array
from lossopt_core.losses import set_true_class

# Part of the way to the boundary of the box that one step may go.
TO_BOUNDARY = 0.995
# Relative progress still expected of a step that is not worth taking.
NO_PROGRESS = 1e-14


@dataclass(eq=False)
class Box:
    """A part of the objective of the form sum of max over low <= dual <= high of dual * v.

    The values v are kept as above - below, both positive.  On the central path
    above * (high - dual) = below * (dual - low) = mu, with mu to be sent to zero.  The hinge
    is max over [0, 1] of pull * margin, |w| times a is max over [-a, a] of z * w.
    """

    low: float
    high: float
    above: Array
    below: Array
    dual: Array

    @classmethod
    def around(cls, values: Array, low: float, high: float, slack: Array | float) -> Self:
        """A start in the middle of the box: neither side is nearer to zero than `slack`."""
        above = np.maximum(values, 0.0) + slack
        return cls(low, high, above, above - values, np.full_like(values, (low + high) / 2))

    @property
    def to_high(self) -> Array:
        """Distance of the dual from its upper end."""
        return self.high - self.dual

    @property
    def to_low(self) -> Array:
        """Distance of the dual from its lower end."""
        return self.dual - self.low

    def products(self) -> float:
        """Sum of what must vanish."""
        return float(np.vdot(self.above, self.to_high) + np.vdot(self.below, self.to_low))

    def linearised(self, mu: float) -> tuple[Array, Array]:
        """Slope of the dual in the values, and the dual after a Newton step if these stay."""
        slope = 1.0 / (self.above / self.to_high + self.below / self.to_low)
        values = self.above - self.below
        return slope, self.dual + slope * (values - mu / self.to_high + mu / self.to_low)

    def barrier(self, mu: float) -> float:
        """What the barrier problem is charged for this part."""
        logs = np.log(self.above).sum() + np.log(self.below).sum()
        return float(self.high * self.above.sum() - self.low * self.below.sum() - mu * logs)

    def barrier_slope(self, mu: float, direction: "Box") -> float:
        """Derivative of `barrier` along a direction."""
        return float(
            np.vdot(self.high - mu / self.above, direction.above)
            - np.vdot(self.low + mu / self.below, direction.below)
        )

    def direction(self, mu: float, slope: Array, target: Array, change: Array) -> "Box":
        """The Newton step once the values' change is known."""
        dual = target - self.dual + slope * change
        above = (mu + self.above * (dual - self.to_high)) / self.to_high
        below = (mu - self.below * (dual + self.to_low)) / self.to_low
        return self.fitting(above, below, dual, change)

    def fitting(self, above: Array, below: Array, dual: Array, change: Array) -> "Box":
        """A direction along which above - below changes as the values do, to rounding.

        Where the dual is sensitive, its error spoils the larger of the two and hardly the other.
        """
        positive = self.above > self.below
        return Box(
            self.low,
            self.high,
            np.where(positive, below + change, above),
            np.where(positive, below, above - change),
            dual,
        )

    def longest(self, direction: "Box") -> tuple[float, float]:
        """How far values and duals may go before they leave the inside of the box."""
        primal = min(longest(self.above, direction.above), longest(self.below, direction.below))
        dual = min(
            longest(self.to_high, -direction.dual),
            longest(self.to_low, direction.dual),
        )
        return primal, dual

    def moved(self, direction: "Box", primal: float, dual: float) -> "Box":
        """The state after a step."""
        return type(self)(
            self.low,
            self.high,
            self.above + primal * direction.above,
            self.below + primal * direction.below,
            self.dual + dual * direction.dual,
        )


class Ray(Box):
    """The same for max over dual >= 0 of dual * v - dual² / 4, which the squared hinge is.

    Here above is half the dual at the optimum, and only below * dual = mu.
    """

    def products(self) -> float:
        return 2.0 * float(np.vdot(self.below, self.to_low))

    def linearised(self, mu: float) -> tuple[Array, Array]:
        slope = 1.0 / (0.5 + self.below / self.to_low)
        values = self.above - self.below
        return slope, self.dual + slope * (values - self.dual / 2 + mu / self.to_low)

    def barrier(self, mu: float) -> float:
        return float(np.vdot(self.above, self.above) - mu * np.log(self.below).sum())

    def barrier_slope(self, mu: float, direction: Box) -> float:
        return float(
            2.0 * np.vdot(self.above, direction.above) - np.vdot(mu / self.below, direction.below)
        )

    def direction(self, mu: float, slope: Array, target: Array, change: Array) -> Box:
        dual = target - self.dual + slope * change
        above = (self.dual + dual) / 2 - self.above
        below = (mu - self.below * (dual + self.to_low)) / self.to_low
        return self.fitting(above, below, dual, change)

    def longest(self, direction: Box) -> tuple[float, float]:
        return longest(self.below, direction.below), longest(self.to_low, direction.dual)


def longest(distance: Array, change: Array) -> float:
    """The largest step, at most 1, that keeps `distance` positive."""
    worst = float((-change / distance).max(initial=0.0))
    return 1.0 if worst <= TO_BOUNDARY else TO_BOUNDARY / worst


@dataclass(eq=False)
class State:
    """Where the interior-point method stands; a part that the problem lacks is None."""

    theta: Array
    margins: Box | None
    weights: Box | None

    @classmethod
    def start(cls, problem: Problem) -> Self:
        """Zero weights, in the middle of every box."""
        theta = np.zeros((problem.classes, problem.X.shape[1]))
        margins = weights = None
        if problem.name == "hinge":
            values = problem.margins(problem.scores(theta))
            margins = Box.around(values, 0.0, 1.0, problem.margin)
        elif problem.name == "squared_hinge":
            # Newton's method alone zigzags between the kinks of the slope.
            values = problem.margins(problem.scores(theta))
            margins = Ray.around(values, 0.0, 2.0 * problem.margin, problem.margin)
        if problem.absolute > 0:
            size = np.sqrt((problem.X[:, :-1] ** 2).mean(axis=0))
            slack = 1.0 / (1.0 + problem.classes * size)
            # As far from the central path's end as the margins are, or as the objective is high:
            # what is hardly charged must not stand in the way of the rest.
            if margins is None:
                product = problem.objective(theta) / (2 * theta.size)
            else:
                product = margins.products() / (2 * margins.dual.size * problem.examples)
            slack = np.maximum(slack, product / problem.absolute)
            weights = Box.around(theta[:, :-1], -problem.absolute, problem.absolute, slack)
        return cls(theta, margins, weights)

    def mean_product(self, examples: int) -> float:
        """How far from its limit the central path is; 0 where there is no box."""
        total, count = 0.0, 0
        if self.margins is not None:
            total += self.margins.products() / examples
            count += 2 * self.margins.dual.size
        if self.weights is not None:
            total += self.weights.products()
            count += 2 * self.weights.dual.size
        return total / max(count, 1)

    def longest(self, direction: "State") -> tuple[float, float]:
        """How far values and duals may go."""
        primal = dual = 1.0
        for box, way in ((self.margins, direction.margins), (self.weights, direction.weights)):
            if box is not None and way is not None:
                limits = box.longest(way)
                primal, dual = min(primal, limits[0]), min(dual, limits[1])
        return primal, dual

    def moved(self, direction: "State", primal: float, dual: float) -> "State":
        """The state after a step."""
        margins, weights = self.margins, self.weights
        if margins is not None and direction.margins is not None:
            margins = margins.moved(direction.margins, primal, dual)
        if weights is not None and direction.weights is not None:
            weights = weights.moved(direction.weights, primal, dual)
        return State(self.theta + primal * direction.theta, margins, weights)


def interior_points(problem: Problem) -> Iterator[Candidate]:
    """Steps of a primal-dual interior-point method, until they no longer help.

    With a smooth loss and no absolute value this is Newton's method with a line search.
    """
    state = State.start(problem)
    primal = dual = 1.0
    while primal > 1e-9:
        mu = state.mean_product(problem.examples) * (0.1 if min(primal, dual) > 0.5 else 0.4)
        try:
            direction, slope = newton_direction(problem, state, mu)
        except np.linalg.LinAlgError:
            return
        primal, dual = state.longest(direction)
        if state.margins is not None and problem.squared > 0:
            primal = dual = min(primal, dual)
        now = barrier_objective(problem, state, mu)
        if not slope < -NO_PROGRESS * abs(now):
            return
        allowed = 1e-13 * abs(now)
        while primal > 1e-9:
            after = state.moved(direction, primal, dual)
            if barrier_objective(problem, after, mu) <= now + 1e-4 * primal * slope + allowed:
                break
            primal /= 2
        state = state.moved(direction, primal, dual)
        if state.margins is not None:
            yield state.theta, state.margins.dual
        else:
            yield state.theta, problem.smooth_part(state.theta)[1]


def newton_direction(problem: Problem, state: State, mu: float) -> tuple[State, float]:
    """The Newton step towards the central path's point mu, and the barrier's slope along it."""
    theta, n = state.theta, problem.examples
    C, D = theta.shape
    nothing: Array = np.zeros(0)
    margin_slope = margin_target = weight_slope = weight_target = nothing
    if state.margins is None:
        H = problem.hessian(theta)
        gradient = problem.pull_back(problem.smooth_part(theta)[1])
    else:
        margin_slope, margin_target = state.margins.linearised(n * mu)
        H = problem.hessian_of_pulls(margin_slope)
        pulls = margin_target.copy()
        set_true_class(pulls, problem.true, 0.0)
        gradient = problem.pull_back(pulls)
    ridge = np.zeros((C, D))
    ridge[:, :-1] = 2 * problem.squared
    gradient += ridge * theta
    smooth_gradient = gradient.copy()
    if state.weights is not None:
        weight_slope, weight_target = state.weights.linearised(mu)
        gradient[:, :-1] += weight_target
        ridge[:, :-1] += weight_slope
    diagonal = np.arange(C * D)
    bias = diagonal[D - 1 :: D]
    # The same added to every bias changes nothing: of all solutions, the one that adds nothing.
    H[np.ix_(bias, bias)] += max(float(H[bias, bias].mean()), 1e-12)
    H[bias, bias] *= 1.0 + 1e-12
    H[diagonal, diagonal] += ridge.ravel()
    step: Array = np.empty((C, D))
    step[...] = -np.linalg.solve(H, gradient.ravel()).reshape(C, D)
    margins = weights = None
    if state.margins is None:
        slope = float(np.vdot(smooth_gradient, step))
    else:
        change = problem.margins(problem.scores(step))
        change -= problem.margin
        set_true_class(change, problem.true, 0.0)
        margins = state.margins.direction(n * mu, margin_slope, margin_target, change)
        slope = float(np.vdot(2 * problem.squared * theta[:, :-1], step[:, :-1]))
        slope += state.margins.barrier_slope(n * mu, margins) / n
    if state.weights is not None:
        weights = state.weights.direction(mu, weight_slope, weight_target, step[:, :-1])
        slope += state.weights.barrier_slope(mu, weights)
    return State(step, margins, weights), slope


def barrier_objective(problem: Problem, state: State, mu: float) -> float:
    """The objective with logarithms that keep the boxes' values positive."""
    W = state.theta[:, :-1]
    if state.margins is None:
        total = problem.smooth_part(state.theta)[0]
    else:
        total = problem.squared * float((W * W).sum())
        total += state.margins.barrier(problem.examples * mu) / problem.examples
    return total + (0.0 if state.weights is None else state.weights.barrier(mu))
