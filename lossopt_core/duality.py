r"""The objective of an experiment and its dual, for proofs of how good it can get.

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

Shapes: theta (C, D + 1) is one classifier with the bias as its last column; X (n, D + 1) has a
last column of ones; scores, margins and pulls are (C, n).
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from lossopt_core import linear
from lossopt_core.data import load_data
from lossopt_core.experiment import Experiment, loss_of, regularizer_of
from lossopt_core.linear import Array, Labels
from lossopt_core.losses import Loss, places, set_true_class, sum_over_classes, true_class

# What summing in another order may change, relative to the size of the sums.
ROUNDING = 1e-13
# Numbers in a temporary array of weighted examples: 16 megabytes.
NUMBERS_AT_ONCE = 2_000_000

Candidate = tuple[Array, Array]
"""A classifier (C, D + 1) and pulls (C, n) that go with it."""


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
        penalty = regularizer_of(experiment)
        return cls(
            loss=loss_of(experiment),
            name=experiment.loss,
            margin=experiment.margin,
            absolute=float(penalty.absolute),
            squared=float(penalty.squared),
            X=linear.with_ones(data.train_features),
            labels=data.train_labels,
            classes=len(data.class_names),
        )

    @property
    def examples(self) -> int:
        """How many examples are trained on."""
        return len(self.labels)

    @cached_property
    def true(self) -> Labels:
        """Where the true classes are among (C, n) scores."""
        return places((self.classes, self.examples), self.labels)

    def scores(self, theta: Array) -> Array:
        """(C, n) scores."""
        scores: Array = linear.scores(theta[None], self.X)[0]
        return scores

    def margins(self, scores: Array) -> Array:
        """By how much each class misses the margin, (C, n); 0 for the true class."""
        missing = scores - true_class(scores, self.true) + self.margin
        set_true_class(missing, self.true, 0.0)
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
        loss = float(self.loss.to_gradient(pulls, self.true).mean())
        set_true_class(pulls, self.true, 0.0)
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
        set_true_class(upstream, self.true, -sum_over_classes(pulls))
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
        set_true_class(pulls, self.true, 0.0)
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
            centre = (flows / np.maximum(counts, 1)).take(self.labels, axis=1)
            set_true_class(centre, self.true, 0.0)
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
