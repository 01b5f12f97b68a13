r"""The objective of an experiment and its dual, for proofs of how good it can get.

The objective is P(W, b) = mean of the losses + sum of a |W| + sum of q W², with a bias b that
is not penalised.  A dual point is a matrix A (C, n) of pulls in the domain of the loss
(`objective.domains`); with U the gradient of the losses in the scores that it stands for,
every A with

    sum over i of U[j, i]  =  0    for each class j        (bias)

bounds P from below by Fenchel's duality (Boyd and Vandenberghe, 2004, section 5.5),

    D(A) = margin * mean of sum A - mean of the charges - sum of max(0, |G| - a)² / (4 q),
    G = mean over i of U[:, i] x_i',

where for q = 0 the last term becomes the constraint |G| <= a.

Whatever a solver leaves behind is repaired until it satisfies these constraints, so the bound
holds even where the solver fails; a bad solver only costs gap.  The repair is exact
(`certify.balance`); what rounding may change in G and in the sums is subtracted from the bound.

Shapes: theta (C, D + 1) is one classifier with the bias as its last column; X (n, D + 1) has a
last column of ones; scores, violations and pulls are (C, n).
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from lossopt_core.certify.balance import balanced
from lossopt_core.certify.curvature import curvature
from lossopt_core.experiment.description import Experiment, loss_of, regularizer_of
from lossopt_core.experiment.loading import load_data
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

# What rounding may change in a sum of terms of one sign, relative to the sum.
ROUNDING = 1e-13
# Multiplications that are quickly done in extended precision.
FEW = 20_000_000
# Features vary at least by this much, or their scale is this: squares must not underflow.
SMALLEST_SCALE = 1e-100

Candidate = tuple[Array, Array]
"""A classifier (C, D + 1) and pulls (C, n) that go with it."""


@dataclass(frozen=True, eq=False)
class Problem:
    """An objective to be minimised, with what its dual needs.

    `absolute` and `squared` are numbers, or arrays (D,) with one number for each feature.
    """

    loss: Loss
    margin: float
    absolute: float | Array
    squared: float | Array
    X: Array
    labels: Labels
    classes: int
    whole_penalty: bool = True
    """Whether absolute and squared weights are the whole penalty."""

    @classmethod
    def of(cls, experiment: Experiment) -> Self:
        """The training objective of an experiment."""
        data = load_data(experiment)
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
        """Whether it is a smooth convex loss with an L2 penalty of a strength above 0."""
        smooth = self.loss.smooth and self.loss.convex and self.whole_penalty
        return smooth and bool(np.all(self.absolute == 0) and np.all(self.squared > 0))

    @property
    def examples(self) -> int:
        """How many examples are trained on."""
        return len(self.labels)

    @property
    def domain(self) -> type[Domain]:
        """Where the pulls may lie; ValueError for a loss that does not say."""
        if self.loss.domain is None:
            raise ValueError(f"{self.loss.label} has no certificate")
        return self.loss.domain

    @cached_property
    def true(self) -> Labels:
        """Where the true classes are among (C, n) scores."""
        return flat_target_index((self.classes, self.examples), self.labels)

    def scaled(self) -> "Scaled":
        """The same objective for features of mean about 0 and largest size about 1.

        The bias takes up the means exactly, as it is not penalised; the penalty of each weight
        takes up the scale, a power of two.  A feature that does not vary becomes 0.
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

    def changes(self, scores: Array) -> Array:
        """How scores (C, n) change the violations, which is linear."""
        return self.loss.violations(scores, self.true)

    def violations(self, scores: Array) -> Array:
        """By how much each class misses the margin, (C, n); 0 for a true class without rivals."""
        missing = self.changes(scores)
        missing += self.margin
        if self.loss.pairwise:
            set_true_class(missing, self.true, 0.0)
        return missing

    def penalty(self, theta: Array) -> float:
        """What the weights are charged."""
        W = theta[:, :-1]
        return float((self.absolute * np.abs(W)).sum() + (self.squared * W * W).sum())

    def objective(self, theta: Array) -> float:
        """Mean loss and penalty."""
        loss = float(self.loss.value(self.scores(theta), self.labels).mean())
        return loss + self.penalty(theta)

    def smooth_part(self, theta: Array) -> tuple[float, Array]:
        """Mean loss and squared penalty of a smooth loss; the pulls (C, n) at that point."""
        pulls = self.scores(theta)
        loss = float(self.loss.loss_gradient_inplace(pulls, self.true).mean())
        set_true_class(pulls, self.true, 0.0)
        return loss + float((self.squared * theta[:, :-1] ** 2).sum()), pulls

    def rounded_part(self, theta: Array, softness: float) -> tuple[float, Array]:
        """`smooth_part`, with the kinks of a loss replaced by parabolas of width `softness`.

        That is the maximum over pulls in the domain of pulls * violations - softness * pulls² / 2
        (Nesterov, 2005).
        """
        if self.loss.smooth:
            return self.smooth_part(theta)
        missing = self.violations(self.scores(theta))
        pulls = self.domain.project(missing / softness)
        loss = float(sum_over_classes(pulls * (missing - softness / 2 * pulls)).mean())
        return loss + float((self.squared * theta[:, :-1] ** 2).sum()), pulls

    def pull_back(self, pulls: Array) -> Array:
        """(C, n) pulls to the gradient (C, D + 1) of the mean loss."""
        upstream = self.loss.slopes(pulls, self.true)
        gradient: Array = linear.pull_back(upstream[None], self.X)[0] / self.examples
        return gradient

    def hessian(self, theta: Array) -> Array:
        """Second derivative of the mean of a smooth loss, (N, N) with N = C (D + 1)."""
        scores = self.scores(theta)
        if self.domain.coupled:
            return curvature(self, probabilities(scores))
        slopes = np.where(self.violations(scores) > 0, 2.0, 0.0)
        set_true_class(slopes, self.true, 0.0)
        return curvature(self, slopes)

    def lower_bound(self, pulls: Array, accuracy: float = 1e-8) -> float:
        """A value that no classifier beats, from pulls (C, n) that nearly fit; at least 0.

        Doubt about rounding that costs more than `accuracy`, relative to the bound, is met
        with extended precision where that is quick.
        """
        pulls = self.feasible(pulls)
        gain = self.gain(pulls)
        if not gain > 0:
            return 0.0
        G, doubt = self.slopes(pulls, np.float64)
        bound = self._bound(pulls, gain, np.abs(G) + doubt)
        doubtful = self._bound(pulls, gain, np.abs(G)) > bound + accuracy * gain
        if doubtful and G.size * self.examples <= FEW:
            G, doubt = self.slopes(pulls, np.longdouble)
            bound = max(bound, self._bound(pulls, gain, np.abs(G) + doubt))
        return max(0.0, bound)

    def _bound(self, pulls: Array, gain: float, sizes: Array) -> float:
        """The bound for slopes of these sizes (C, D)."""
        absolute, squared = np.asarray(self.absolute), np.asarray(self.squared)
        # Pulls times a number below 1 still fit: small enough for the absolute penalty alone,
        # or where the squared penalty would take more than the pulls gain.
        sizes = sizes * (1 + ROUNDING)
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = [float(np.where(sizes > 0, absolute / sizes, 1.0).min(initial=1.0))]
        bounds = [self.gain(shares[0] * (1 - ROUNDING) * pulls)]
        if np.all(squared > 0):
            charge = self._charge(sizes)
            bounds.append(gain - charge)
            if charge > gain:
                share = gain / (2 * charge)
                bounds.append(self.gain(share * pulls) - self._charge(share * sizes))
        return max(bounds)

    def _charge(self, sizes: Array) -> float:
        """What slopes of these sizes (C, D) take off the bound."""
        excess = np.maximum(0.0, sizes - self.absolute)
        return float((excess**2 / (4 * np.asarray(self.squared))).sum()) * (1 + ROUNDING)

    def gain(self, pulls: Array) -> float:
        """The part of the bound that does not depend on the features, rounded down."""
        pulled = self.margin * sum_over_classes(pulls)
        charge = self.domain.charge(pulls)
        rounding = (ROUNDING + 1e-15 * self.classes) * (pulled.mean() + np.abs(charge).mean())
        return float((pulled - charge).mean() - rounding)

    def slopes(self, pulls: Array, precision: type[np.floating[Any]]) -> tuple[Array, Array]:
        """G without the bias, (C, D), and how far rounding may have moved each entry."""
        upstream, X = self.loss.slopes(pulls, self.true), self.X[:, :-1]
        G = (upstream.astype(precision) @ X.astype(precision)).astype(np.float64)
        sizes = np.abs(upstream) @ np.abs(X)
        # A sum of n rounded products of rounded features, which is rounded once more.
        eps, unit = np.finfo(precision).eps, np.finfo(np.float64).eps
        doubt = (self.examples + 4) * eps * sizes + 2 * unit * (sizes + np.abs(G))
        return G / self.examples, doubt / self.examples

    def feasible(self, pulls: Array) -> Array:
        """Pulls that satisfy all constraints exactly, near ones that nearly do."""
        counts = np.bincount(self.labels, minlength=self.classes)
        pulls = np.nan_to_num(pulls, nan=0.0, posinf=0.0, neginf=0.0)
        # A class that has no examples, or all, cannot be pulled: its bias would go for ever.
        pulls[counts == 0] = 0.0
        if self.loss.pairwise:
            set_true_class(pulls, self.true, 0.0)
        else:
            pulls[counts == self.examples] = 0.0
        pulls = self.domain.project(pulls)
        for _ in range(2):
            pulls = self.domain.project(self.evened(pulls))
        return balanced(pulls, self.labels, self.domain, pairwise=self.loss.pairwise)

    def evened(self, pulls: Array) -> Array:
        """Pulls that nearly satisfy the constraint of the bias, moved where they are free to move.

        Pulls at the boundary of their domain stand still: moving them costs the bound most.
        """

        def excess(pulls: Array) -> Array:
            total: Array = self.loss.slopes(pulls, self.true).sum(axis=1)
            return total

        everywhere = np.ones(self.examples)
        wishes = (np.outer(unit, everywhere) for unit in np.eye(self.classes))
        moves = [excess(self.domain.nudge(pulls, self.changes(wish))) for wish in wishes]
        height = np.linalg.lstsq(np.stack(moves, axis=1), -excess(pulls))[0]
        wish = self.changes(np.outer(height, everywhere))
        return pulls + self.domain.nudge(pulls, wish)


@dataclass(frozen=True, eq=False)
class Scaled:
    """A problem with scaled features, and the way back: x = centre + scale * scaled x."""

    problem: Problem
    centre: Array
    scale: Array

    def original(self, theta: Array) -> Array:
        """The classifier (C, D + 1) for the features as they were."""
        W = theta[:, :-1] / self.scale
        return np.column_stack([W, theta[:, -1] - W @ self.centre])
