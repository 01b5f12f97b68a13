r"""The best possible training objective of an experiment, with proof.

The objective is P(W, b) = mean of the losses + a * sum |W| + q * sum W², with a bias b that is
not penalised.  A dual point is a matrix A (C, n) of pulls, A[j, i] >= 0 being how hard class
j is pushed down for example i, and 0 for the true class.  Every A with

    sum_i A[j, i]  =  sum over i of class j of sum_k A[k, i]        for each class j   (bias)

bounds P from below by Fenchel's duality,

    D(A) = -mean of the conjugates - sum over weights of max(0, |G| - a)² / (4 q),
    G = mean over i of (A[:, i] - e_y sum_j A[j, i]) x_i',

where for q = 0 the last term becomes the constraint |G| <= a.  The conjugates are

    hinge            -margin * sum A                      with A <= 1
    squared hinge    sum A² / 4 - margin * sum A
    cross-entropy    sum A log A + (1 - sum A) log(1 - sum A)     with sum A <= 1.

Whatever a solver leaves behind is repaired until it satisfies these constraints, so the bound
holds even where the solver fails; a bad solver only costs gap.

Two ways lead to a small gap.  Where the Newton system of C (D + 1) unknowns is small, an
interior-point method needs a few dozen steps (Wright, 1997, Primal-Dual Interior-Point
Methods).  Otherwise accelerated proximal gradient with restarts (Beck and Teboulle, 2009;
O'Donoghue and Candès, 2015) goes as far as time allows.

Shapes: theta (C, D + 1) is one classifier with the bias as its last column; X (n, D + 1) has a
last column of ones; scores, margins and pulls are (C, n).
"""

import hashlib
import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Self

import numpy as np

from lossopt_core import linear
from lossopt_core.data import load_data
from lossopt_core.diagnostics import loss_of
from lossopt_core.experiment import CERTIFIED_LOSSES, Experiment
from lossopt_core.linear import Array, Labels
from lossopt_core.losses import Loss, set_true_class, sum_over_classes, true_class

# What summing in another order may change, relative to the size of the sums.
ROUNDING = 1e-13
# Part of the way to the boundary of the box that one step may go.
TO_BOUNDARY = 0.995
# Relative progress still expected of a step that is not worth taking.
NO_PROGRESS = 1e-14
# Numbers in a temporary array of weighted examples: 16 megabytes.
NUMBERS_AT_ONCE = 2_000_000
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
    """The settings that determine the best possible objective: data, loss and penalty."""
    has_a_say = {
        "dataset",
        "dataset_options",
        "test_fraction",
        "standardize",
        "split_seed",
        "label_noise",
        "loss",
        "margin",
        "regularizer",
        "strength",
        "l1_ratio",
    }
    return {name: value for name, value in experiment.settings.items() if name in has_a_say}


def problem_id(experiment: Experiment) -> str:
    """16 hexadecimal digits, equal for experiments that minimise the same objective."""
    text = json.dumps(problem_settings(experiment), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, eq=False)
class Problem:
    """An objective to be minimised, with what its dual needs."""

    loss: Loss
    name: str
    margin: float
    absolute: float
    squared: float
    X: Array
    labels: Labels
    classes: int

    @classmethod
    def of(cls, experiment: Experiment) -> Self:
        """The training objective of an experiment."""
        data = load_data(experiment)
        absolute, squared = penalty_parts(experiment)
        return cls(
            loss=loss_of(experiment),
            name=experiment.loss,
            margin=experiment.margin,
            absolute=absolute,
            squared=squared,
            X=linear.with_ones(data.train_features),
            labels=data.train_labels,
            classes=len(data.class_names),
        )

    @property
    def examples(self) -> int:
        """How many examples are trained on."""
        return len(self.labels)

    def scores(self, theta: Array) -> Array:
        """(C, n) scores."""
        scores: Array = linear.scores(theta[None], self.X)[0]
        return scores

    def margins(self, scores: Array) -> Array:
        """By how much each class misses the margin, (C, n); 0 for the true class."""
        missing = scores - true_class(scores, self.labels) + self.margin
        set_true_class(missing, self.labels, 0.0)
        return missing

    def penalty(self, theta: Array) -> float:
        """What the weights are charged."""
        W = theta[:, :-1]
        return float(self.absolute * np.abs(W).sum() + self.squared * (W * W).sum())

    def objective(self, theta: Array) -> float:
        """Mean loss and penalty."""
        loss = float(self.loss.value(self.scores(theta), self.labels).mean())
        return loss + self.penalty(theta)

    def smooth_part(self, theta: Array) -> tuple[float, Array]:
        """Mean loss and squared penalty of a smooth loss; the pulls (C, n) at that point."""
        pulls = self.scores(theta)
        loss = float(self.loss.to_gradient(pulls, self.labels).mean())
        set_true_class(pulls, self.labels, 0.0)
        return loss + self.squared * float((theta[:, :-1] ** 2).sum()), pulls

    def rounded_part(self, theta: Array, softness: float) -> tuple[float, Array]:
        """`smooth_part`, with the hinge's kinks replaced by parabolas of width `softness`.

        That is max over 0 <= pull <= 1 of pull * margin - softness * pull² / 2 (Nesterov, 2005).
        """
        if self.name != "hinge":
            return self.smooth_part(theta)
        missing = self.margins(self.scores(theta))
        pulls = np.clip(missing / softness, 0.0, 1.0)
        loss = float(sum_over_classes(pulls * (missing - softness / 2 * pulls)).mean())
        return loss + self.squared * float((theta[:, :-1] ** 2).sum()), pulls

    def pull_back(self, pulls: Array) -> Array:
        """(C, n) pulls to the gradient (C, D + 1) of the mean loss."""
        upstream = pulls.copy()
        set_true_class(upstream, self.labels, -sum_over_classes(pulls))
        gradient: Array = linear.pull_back(upstream[None], self.X)[0] / self.examples
        return gradient

    def lower_bound(self, pulls: Array, theta: Array) -> float:
        """A value that no classifier beats, from pulls (C, n) that nearly fit; at least 0.

        `theta` only says how large a bias may be expected, which rounding is multiplied by.
        """
        pulls = self.balanced(self.boxed(self.evened(self.boxed(pulls))))
        G = self.pull_back(pulls)
        largest = float(np.abs(G[:, :-1]).max())
        bounds = [0.0]
        # All pulls times a number below 1 still fit.
        shrinkings = {min(1.0, self.absolute / largest if largest > 0 else 1.0)}
        if self.squared > 0:
            shrinkings.add(1.0)
        for share in shrinkings:
            gain = self.minus_conjugate(share * pulls)
            excess = np.maximum(0.0, share * np.abs(G[:, :-1]) - self.absolute)
            charge = float((excess**2).sum()) / (4 * self.squared) if self.squared > 0 else 0.0
            unbalanced = float(np.abs(G[:, -1]).max() * np.abs(theta[:, -1]).max())
            doubt = ROUNDING * (abs(gain) + charge) + 2 * self.classes * unbalanced
            bounds.append(gain - charge - doubt)
        return max(bounds)

    def boxed(self, pulls: Array) -> Array:
        """Pulls within the domain of the conjugate."""
        pulls = np.maximum(pulls, 0.0)
        set_true_class(pulls, self.labels, 0.0)
        if self.name == "hinge":
            np.minimum(pulls, 1.0, out=pulls)
        elif self.name == "cross_entropy":
            pulls /= np.maximum(1.0, sum_over_classes(pulls))
        return pulls

    def evened(self, pulls: Array) -> Array:
        """Pulls that nearly satisfy the constraint of the bias, moved where they are free to move.

        Pulls at the boundary of their domain stand still: moving them costs the bound most.
        """
        freedom = pulls.copy()
        if self.name == "hinge":
            freedom *= 1.0 - pulls
        elif self.name == "cross_entropy":
            freedom *= 1.0 - sum_over_classes(pulls)
        truth = np.eye(self.classes)[:, self.labels]
        flows = freedom @ truth.T
        flows += flows.T
        laplacian = np.diag(flows.sum(axis=1)) - flows
        excess = self.pull_back(pulls)[:, -1] * self.examples
        height = np.linalg.lstsq(laplacian, -excess)[0][:, None]
        evened: Array = pulls + freedom * (height - height[self.labels, 0])
        return evened

    def balanced(self, pulls: Array) -> Array:
        """Pulls within the domain that satisfy the constraint of the bias to rounding.

        They are mixed with as little as possible of pulls that stand away from the boundary and
        have the opposite imbalance.
        """
        counts = np.bincount(self.labels, minlength=self.classes)
        # The bias of a class without examples may fall for ever: it must not be pulled.
        pulls[counts == 0] = 0.0
        present = np.count_nonzero(counts)
        room = counts[counts > 0].min() / (2 * present)
        for _ in range(2):  # the second time removes what the first one rounds
            excess = self.pull_back(pulls)[:, -1] * self.examples
            # flows[j, k]: pulls on class j by examples of class k.  Their second part is
            # antisymmetric and takes the excess away.
            needed = (excess[None, :] - excess[:, None]) / (2 * present)
            share = np.abs(needed).max() / (room + np.abs(needed).max())
            if share == 0.0:
                break
            flows = np.maximum(0.0, room + (1 - share) / share * needed)
            flows[counts == 0] = 0.0
            centre = (flows / np.maximum(counts, 1))[:, self.labels]
            set_true_class(centre, self.labels, 0.0)
            pulls = (1 - share) * pulls + share * centre
        return pulls

    def minus_conjugate(self, pulls: Array) -> float:
        """Minus the mean of the conjugates."""
        if self.name == "cross_entropy":
            rest = np.maximum(0.0, 1.0 - sum_over_classes(pulls))
            return float(-(entropy_terms(pulls).sum(axis=0) + entropy_terms(rest)).mean())
        gain = self.margin * pulls
        if self.name == "squared_hinge":
            gain -= pulls**2 / 4
        return float(sum_over_classes(gain).mean())

    def hessian(self, theta: Array) -> Array:
        """Second derivative of the mean of a smooth loss, (N, N) with N = C (D + 1)."""
        scores = self.scores(theta)
        if self.name == "squared_hinge":
            return self.hessian_of_pulls(np.where(self.margins(scores) > 0, 2.0, 0.0))
        p = np.exp(scores - scores.max(axis=0))
        p /= sum_over_classes(p)
        pairs = np.zeros((self.classes, self.classes, *2 * self.X.shape[1:]))
        for j in range(self.classes - 1):
            pairs[j, j + 1 :] = weighted_grams(self.X, p[j] * p[j + 1 :])
        return hessian_of_pairs(pairs + pairs.swapaxes(0, 1)) / self.examples

    def hessian_of_pulls(self, slopes: Array) -> Array:
        """Second derivative of the mean loss, if pulls rise with the margins by `slopes` (C, n)."""
        pairs = np.zeros((self.classes, self.classes, *2 * self.X.shape[1:]))
        for y in range(self.classes):
            mine = self.labels == y
            grams = weighted_grams(self.X[mine], slopes[:, mine])
            grams[y] = 0.0
            pairs[y] += grams
            pairs[:, y] += grams
        return hessian_of_pairs(pairs) / self.examples


def penalty_parts(experiment: Experiment) -> tuple[float, float]:
    """What the sum of absolute weights and that of squared weights are multiplied by."""
    share = {"l2": 0.0, "l1": 1.0, "elastic_net": experiment.l1_ratio, "none": 0.0}
    strength = 0.0 if experiment.regularizer == "none" else experiment.strength
    absolute = strength * share[experiment.regularizer]
    return absolute, strength - absolute


def weighted_grams(X: Array, weights: Array) -> Array:
    """(k, n) weights to k matrices, sum over i of weight[i] x_i x_i': (k, D, D)."""
    k, D = len(weights), X.shape[1]
    grams = np.zeros((k * D, D))
    piece = max(1, NUMBERS_AT_ONCE // (k * D))
    for first in range(0, len(X), piece):
        part = X[first : first + piece]
        weighted = weights[:, None, first : first + piece] * part.T
        grams += weighted.reshape(k * D, -1) @ part
    return grams.reshape(k, D, D)


def hessian_of_pairs(pairs: Array) -> Array:
    """Matrices (C, C, D, D) of pairs of classes to the sum of (e_j - e_k)(e_j - e_k)' times them.

    `pairs` is symmetric in its first two axes, and zero where they are equal.
    """
    C, _, D, _ = pairs.shape
    H = -pairs
    H[np.arange(C), np.arange(C)] = pairs.sum(axis=1)
    return H.swapaxes(1, 2).reshape(C * D, C * D)


def entropy_terms(x: Array) -> Array:
    """x log x, and 0 at 0."""
    terms: Array = x * np.log(np.where(x > 0, x, 1.0))
    return terms


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


Candidate = tuple[Array, Array]
"""A classifier (C, D + 1) and pulls (C, n) that go with it."""


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
    margin_slope = margin_target = weight_slope = weight_target = np.zeros(0)
    if state.margins is None:
        H = problem.hessian(theta)
        gradient = problem.pull_back(problem.smooth_part(theta)[1])
    else:
        margin_slope, margin_target = state.margins.linearised(n * mu)
        H = problem.hessian_of_pulls(margin_slope)
        pulls = margin_target.copy()
        set_true_class(pulls, problem.labels, 0.0)
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
        set_true_class(change, problem.labels, 0.0)
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


def gradient_points(problem: Problem) -> Iterator[Candidate]:
    """Steps of accelerated proximal gradient descent with restarts, for ever.

    The hinge's kinks are rounded off, less and less as time goes by.
    """
    theta = ahead = np.zeros((problem.classes, problem.X.shape[1]))
    penalised = np.ones_like(theta)
    penalised[:, -1] = 0.0
    age, step, softness = 1.0, 1.0, problem.margin
    told = time.perf_counter()
    for update in count(1):
        value, pulls = problem.rounded_part(ahead, softness)
        gradient = problem.pull_back(pulls) + 2 * problem.squared * penalised * ahead
        while True:
            after = ahead - step * gradient
            threshold = step * problem.absolute * penalised
            after -= np.clip(after, -threshold, threshold)
            move = after - ahead
            expected = value + np.vdot(gradient, move) + np.vdot(move, move) / (2 * step)
            if problem.rounded_part(after, softness)[0] <= expected + 1e-14 * abs(value):
                break
            step /= 2
        if np.vdot(ahead - after, after - theta) > 0:
            age = 1.0
        next_age = (1 + math.sqrt(1 + 4 * age**2)) / 2
        ahead = after + (age - 1) / next_age * (after - theta)
        theta, age, step = after, next_age, 1.05 * step
        if update % 25 == 0 or time.perf_counter() - told > 0.5:
            yield theta, pulls
            told = time.perf_counter()
        if problem.name == "hinge" and update % 200 == 0:
            softness /= 2
            ahead, age = theta, 1.0


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
    best = np.zeros((problem.classes, problem.X.shape[1]))
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
