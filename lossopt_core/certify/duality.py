r"""The training objective and its dual, which gives proven lower bounds.

The objective is P(W, b) = mean of the losses + sum of a |W| + sum of q W², with a bias b that
is not penalised.  A dual point is a matrix A (C, n) of duals in the domain of the loss
(`objective.domains`); with U the corresponding gradient of the losses in the scores, every A
with

    sum over i of U[j, i]  =  0    for each class j        (bias)

bounds P from below by Fenchel duality (Boyd and Vandenberghe, 2004, section 5.5),

    D(A) = margin * mean of sum A - mean of the conjugates - sum of max(0, |G| - a)² / (4 q),
    G = mean over i of U[:, i] x_i',

where for q = 0 the last term becomes the constraint |G| <= a.

Whatever a solver returns is made feasible first, so the bound holds even if the solver fails; a
bad solver only widens the gap.  The projection is exact (`certify.balance`), and a bound on the
rounding errors of G and of the sums is subtracted.

Shapes: theta (C, D + 1) is one classifier with the bias as its last column; X (n, D + 1) has a
last column of ones; scores, violations and duals are (C, n).
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from lossopt_core.certify.balance import balanced
from lossopt_core.certify.curvature import curvature
from lossopt_core.experiment.description import Experiment, loss_of, regularizer_of
from lossopt_core.experiment.loading import Data, load_data
from lossopt_core.objective import linear
from lossopt_core.objective.domains import Domain
from lossopt_core.objective.linear import Array, Labels
from lossopt_core.objective.losses import (
    Loss,
    flat_target_index,
    probabilities,
    set_true_class,
    sum_over_classes,
)

# Relative rounding error of a sum of terms of one sign.
ROUNDING = 1e-13
# Number of multiplications that extended precision can do quickly.
MAX_EXTENDED = 20_000_000
# Smallest scale of a feature, so that squares do not underflow.
SMALLEST_SCALE = 1e-100

Candidate = tuple[Array, Array]
"""A classifier (C, D + 1) and its duals (C, n)."""


@dataclass(frozen=True, eq=False)
class Problem:
    """An objective to minimise and its dual.

    `absolute` and `squared` are the L1 and L2 strengths: numbers, or arrays (D,) per feature.
    """

    loss: Loss
    margin: float
    absolute: float | Array
    squared: float | Array
    X: Array
    labels: Labels
    classes: int
    whole_penalty: bool = True
    """Whether the penalty consists of L1 and L2 terms only."""

    @classmethod
    def of(cls, experiment: Experiment, data: Data | None = None) -> Self:
        """The training objective of an experiment, on these data or its own."""
        data = load_data(experiment) if data is None else data
        penalty = regularizer_of(experiment)
        loss = loss_of(experiment)
        return cls(
            loss=loss,
            margin=float(getattr(loss, "margin", 0.0)),
            absolute=float(penalty.absolute),
            squared=float(penalty.squared),
            X=linear.with_ones(data.train_features),
            labels=data.train_labels,
            classes=len(data.class_names),
            whole_penalty=penalty.elastic_net_form,
        )

    @property
    def is_smooth_ridge(self) -> bool:
        """Whether it is a smooth convex loss with an L2 penalty of positive strength."""
        smooth = self.loss.smooth and self.loss.convex and self.whole_penalty
        return smooth and bool(np.all(self.absolute == 0) and np.all(self.squared > 0))

    @property
    def examples(self) -> int:
        """Number of training examples."""
        return len(self.labels)

    @property
    def domain(self) -> type[Domain]:
        """The domain of the duals; ValueError for a loss without one."""
        if self.loss.domain is None:
            raise ValueError(f"{self.loss.label} has no certificate")
        return self.loss.domain

    @cached_property
    def true(self) -> Labels:
        """Flat indices of the true classes in (C, n) scores."""
        return flat_target_index((self.classes, self.examples), self.labels)

    def scaled(self) -> "Scaled":
        """The same objective for features with mean about 0 and maximum size about 1.

        The bias, which is not penalised, absorbs the means exactly; per-feature penalties absorb
        the scales, which are powers of two.  A constant feature becomes 0.
        """
        features = self.X[:, :-1]
        centre = features.mean(axis=0)
        constant = features.min(axis=0) == features.max(axis=0)
        centre[constant] = features[0, constant]
        centred = features - centre
        largest = np.abs(centred).max(axis=0)
        largest[largest == 0] = 1.0
        scale = np.exp2(np.round(np.log2(np.maximum(largest, SMALLEST_SCALE))))
        problem = replace(
            self,
            X=linear.with_ones(centred / scale),
            absolute=self.absolute / scale,
            squared=self.squared / scale**2,
        )
        return Scaled(problem, centre, scale)

    def scores(self, theta: Array) -> Array:
        """(C, n) scores."""
        scores: Array = linear.scores(theta[None], self.X)[0]
        return scores

    def violation_change(self, scores: Array) -> Array:
        """The change of the violations for a change of the scores (C, n); it is linear."""
        return self.loss.violations(scores, self.true)

    def violations(self, scores: Array) -> Array:
        """Margin violation of each class, (C, n); 0 for the true class of pairwise losses."""
        violations = self.violation_change(scores)
        violations += self.margin
        if self.loss.pairwise:
            set_true_class(violations, self.true, 0.0)
        return violations

    def penalty(self, theta: Array) -> float:
        """The penalty on the weights."""
        W = theta[:, :-1]
        return float((self.absolute * np.abs(W)).sum() + (self.squared * W * W).sum())

    def objective(self, theta: Array) -> float:
        """Mean loss plus penalty."""
        loss = float(self.loss.value(self.scores(theta), self.labels).mean())
        return loss + self.penalty(theta)

    def smooth_part(self, theta: Array) -> tuple[float, Array]:
        """Mean loss plus L2 penalty of a smooth loss, and the duals (C, n) at that point."""
        duals = self.scores(theta)
        loss = float(self.loss.loss_gradient_inplace(duals, self.true).mean())
        set_true_class(duals, self.true, 0.0)
        return loss + float((self.squared * theta[:, :-1] ** 2).sum()), duals

    def smoothed_part(self, theta: Array, softness: float) -> tuple[float, Array]:
        """`smooth_part` of a smoothed loss, whose kinks are parabolas of width `softness`.

        It is the maximum over duals in the domain of duals * violations - softness * duals² / 2
        (Nesterov, 2005).
        """
        if self.loss.smooth:
            return self.smooth_part(theta)
        violations = self.violations(self.scores(theta))
        duals = self.domain.project(violations / softness)
        loss = float(sum_over_classes(duals * (violations - softness / 2 * duals)).mean())
        return loss + float((self.squared * theta[:, :-1] ** 2).sum()), duals

    def pull_back(self, duals: Array) -> Array:
        """The gradient (C, D + 1) of the mean loss for duals (C, n)."""
        upstream = self.loss.slopes(duals, self.true)
        gradient: Array = linear.pull_back(upstream[None], self.X)[0] / self.examples
        return gradient

    def hessian(self, theta: Array) -> Array:
        """Hessian of the mean of a smooth loss, (N, N) with N = C (D + 1)."""
        scores = self.scores(theta)
        if self.domain.coupled:
            return curvature(self, probabilities(scores))
        slopes = np.where(self.violations(scores) > 0, 2.0, 0.0)
        set_true_class(slopes, self.true, 0.0)
        return curvature(self, slopes)

    def lower_bound(self, duals: Array, accuracy: float = 1e-8) -> float:
        """A proven lower bound from nearly feasible duals (C, n); at least 0.

        If rounding errors cost more than `accuracy` relative to the bound, extended precision is
        used where that is fast.
        """
        duals = self.feasible(duals)
        gain = self.gain(duals)
        if not gain > 0:
            return 0.0
        G, error = self.slopes(duals, np.float64)
        bound = self._bound(duals, gain, np.abs(G) + error)
        imprecise = self._bound(duals, gain, np.abs(G)) > bound + accuracy * gain
        if imprecise and G.size * self.examples <= MAX_EXTENDED:
            G, error = self.slopes(duals, np.longdouble)
            bound = max(bound, self._bound(duals, gain, np.abs(G) + error))
        return max(0.0, bound)

    def _bound(self, duals: Array, gain: float, sizes: Array) -> float:
        """The bound for a gradient with entries of these sizes (C, D)."""
        absolute, squared = np.asarray(self.absolute), np.asarray(self.squared)
        # Duals times a factor below 1 stay feasible: scale them down until the L1 constraint
        # holds, or until the L2 term no longer exceeds the gain.
        sizes = sizes * (1 + ROUNDING)
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = [float(np.where(sizes > 0, absolute / sizes, 1.0).min(initial=1.0))]
        bounds = [self.gain(shares[0] * (1 - ROUNDING) * duals)]
        if np.all(squared > 0):
            conjugate = self._penalty_conjugate(sizes)
            bounds.append(gain - conjugate)
            if conjugate > gain:
                share = gain / (2 * conjugate)
                bounds.append(self.gain(share * duals) - self._penalty_conjugate(share * sizes))
        return max(bounds)

    def _penalty_conjugate(self, sizes: Array) -> float:
        """The conjugate of the penalty at a gradient with entries of these sizes (C, D)."""
        excess = np.maximum(0.0, sizes - self.absolute)
        return float((excess**2 / (4 * np.asarray(self.squared))).sum()) * (1 + ROUNDING)

    def gain(self, duals: Array) -> float:
        """The term of the bound that does not depend on the features, rounded down."""
        margin_term = self.margin * sum_over_classes(duals)
        conjugate = self.domain.conjugate(duals)
        rounding = (ROUNDING + 1e-15 * self.classes) * (
            margin_term.mean() + np.abs(conjugate).mean()
        )
        return float((margin_term - conjugate).mean() - rounding)

    def slopes(self, duals: Array, precision: type[np.floating[Any]]) -> tuple[Array, Array]:
        """G without the bias, (C, D), and a bound on the rounding error of each entry."""
        upstream, X = self.loss.slopes(duals, self.true), self.X[:, :-1]
        G = (upstream.astype(precision) @ X.astype(precision)).astype(np.float64)
        sizes = np.abs(upstream) @ np.abs(X)
        # A sum of n rounded products of rounded features, rounded once more.
        eps, unit = np.finfo(precision).eps, np.finfo(np.float64).eps
        error = (self.examples + 4) * eps * sizes + 2 * unit * (sizes + np.abs(G))
        return G / self.examples, error / self.examples

    def feasible(self, duals: Array) -> Array:
        """Project duals that nearly satisfy the constraints to duals that do so exactly."""
        counts = np.bincount(self.labels, minlength=self.classes)
        duals = np.nan_to_num(duals, nan=0.0, posinf=0.0, neginf=0.0)
        # The duals of a class with no examples, or with all, must be 0: its bias is unbounded.
        duals[counts == 0] = 0.0
        if self.loss.pairwise:
            set_true_class(duals, self.true, 0.0)
        else:
            duals[counts == self.examples] = 0.0
        duals = self.domain.project(duals)
        for _ in range(2):
            duals = self.domain.project(self.with_balanced_bias(duals))
        return balanced(duals, self.labels, self.domain, pairwise=self.loss.pairwise)

    def with_balanced_bias(self, duals: Array) -> Array:
        """Move duals towards the constraint of the bias.

        Duals on the boundary of their domain stay, because moving them would lower the bound most.
        """

        def excess(duals: Array) -> Array:
            total: Array = self.loss.slopes(duals, self.true).sum(axis=1)
            return total

        ones = np.ones(self.examples)
        directions = (np.outer(unit, ones) for unit in np.eye(self.classes))
        effects = [
            excess(self.domain.tangent_step(duals, self.violation_change(direction)))
            for direction in directions
        ]
        height = np.linalg.lstsq(np.stack(effects, axis=1), -excess(duals))[0]
        direction = self.violation_change(np.outer(height, ones))
        return duals + self.domain.tangent_step(duals, direction)


@dataclass(frozen=True, eq=False)
class Scaled:
    """A problem with scaled features, where x = centre + scale * scaled x."""

    problem: Problem
    centre: Array
    scale: Array

    def original(self, theta: Array) -> Array:
        """The classifier (C, D + 1) for the original features."""
        W = theta[:, :-1] / self.scale
        return np.column_stack([W, theta[:, -1] - W @ self.centre])
