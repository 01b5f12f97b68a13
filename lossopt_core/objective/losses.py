r"""Losses of a linear classifier's scores.

A loss sees scores of shape (..., C, B) and labels (B,), and knows nothing of weights, data or
runs.  The chain rule to the weights is one matrix product, in `linear`.  Any number of axes
may lead; a parameter may be an array that broadcasts against them, (R, 1, 1) for a stack of R
runs.

To add a loss, write a frozen dataclass with `loss_gradient_inplace` and `steps` (a smooth one also
with `max_curvature` and `hessian_vector_product`), and enter it in `LOSSES`.  Its fields are named
after the settings of an `Experiment` that it uses.  With a `domain` (see `objective.domains`) its
optimum can be certified.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from lossopt_core.objective.domains import (
    Box,
    Domain,
    Entropy,
    Ray,
    Simplex,
)
from lossopt_core.objective.linear import Array, Labels


@dataclass(frozen=True)
class Loss(ABC):
    """What a page or another module may ask of a loss."""

    label: ClassVar[str]
    formula: ClassVar[str]
    """LaTeX of the loss of one example with scores s and label y."""
    start_formula: ClassVar[str]
    """LaTeX of the loss when all C scores are equal, as they are with zero weights."""
    summary: ClassVar[str]
    smooth: ClassVar[bool]
    domain: ClassVar[type[Domain] | None] = None
    """Domain of the dual, for certificates; None for a loss that cannot be certified."""
    pairwise: ClassVar[bool] = True
    """Whether the violations are s_j - s_y + margin, or margin - t_j s_j with t_y = 1, t_j = -1."""

    @abstractmethod
    def loss_gradient_inplace(self, scores: Array, true: Labels) -> Array:
        """Overwrite `scores` (..., C, B) with their gradient; return the values (..., B).

        Values and gradients share most of their arithmetic, and training needs both at every
        update.  `true` (..., B) are the places of the true classes in the scores, which are
        contiguous: they are looked up several times.
        """

    @abstractmethod
    def steps(self, scores: Array, label: int) -> dict[str, Array]:
        """How the loss of one example comes about, class by class: scores (C,) to columns (C,).

        Columns are named by what they hold, in the order of the calculation; the entries of
        the last one add up to the loss.  A cell that has no part in it is NaN, as 0 would be
        read as a number that was computed.
        """

    def max_curvature(self, classes: int) -> float | None:
        """The largest curvature that one example's loss has anywhere, in its scores.

        The largest eigenvalue of the second derivative; None for a loss with kinks.
        """
        return None

    def hessian_vector_product(self, scores: Array, labels: Labels, direction: Array) -> Array:
        """The second derivative at scores (..., C, B) times a direction of the same shape.

        Defined for smooth losses; NotImplementedError for the others.
        """
        raise NotImplementedError(f"{self.label} has kinks")

    def mean_hessian(self, scores: Array, labels: Labels) -> Array:
        """The second derivatives at scores (..., C, B), averaged over examples: (..., C, C)."""
        everywhere = np.ones(scores.shape[-1])
        along = (np.outer(unit, everywhere) for unit in np.eye(scores.shape[-2]))
        alike = (np.broadcast_to(each, scores.shape) for each in along)
        return np.stack(
            [self.hessian_vector_product(scores, labels, e).mean(axis=-1) for e in alike], axis=-2
        )

    def value(self, scores: Array, labels: Labels) -> Array:
        """Loss of each example: scores (..., C, B) and labels (B,) to (..., B)."""
        own = np.array(scores, dtype=np.float64, order="C")
        return self.loss_gradient_inplace(own, flat_target_index(own.shape, labels))

    def gradient(self, scores: Array, labels: Labels) -> Array:
        """Derivative of each example's loss with respect to its scores, shaped as the scores."""
        gradient = np.array(scores, dtype=np.float64, order="C")
        self.loss_gradient_inplace(gradient, flat_target_index(gradient.shape, labels))
        return gradient

    def violations(self, scores: Array, true: Labels) -> Array:
        """What the pulls of the `domain` pull at, as changed by scores (C, n); margin left out.

        s_j - s_y with 0 for the true class, or -t_j s_j: linear in the scores.
        """
        if not self.pairwise:
            change = scores.copy()
            set_true_class(change, true, -true_class(scores, true)[0])
            return change
        return scores - true_class(scores, true)

    def slopes(self, pulls: Array, true: Labels) -> Array:
        """Pulls (C, n) to the gradient (C, n) of the losses in the scores."""
        gradient = pulls.copy()
        if self.pairwise:
            balance(gradient, true)
        else:
            set_true_class(gradient, true, -true_class(pulls, true)[0])
        return gradient

    def at_equal_scores(self, classes: int) -> float:
        """The loss that a classifier with zero weights must show."""
        return float(self.value(np.zeros((classes, 1)), np.zeros(1, dtype=np.int64))[0])


def first_places(shape: tuple[int, ...]) -> Labels:
    """Where the scores of class 0 are: of scores (..., C, B) of this shape in a row, (..., B)."""
    *lead, classes, examples = shape
    stacks = np.arange(math.prod(lead)).reshape(*lead, 1)
    return stacks * (classes * examples) + np.arange(examples)


def flat_target_index(shape: tuple[int, ...], labels: Labels) -> Labels:
    """Where the scores of the true classes are: of scores (..., C, B) in a row, (..., B)."""
    return first_places(shape) + labels * len(labels)


def flat_view(scores: Array) -> Array:
    """The same numbers as one row, to look them up by their places."""
    return scores.reshape(-1, copy=False)


def true_class(scores: Array, true: Labels) -> Array:
    """The score of the true class of every example, (..., C, B) to (..., 1, B)."""
    return flat_view(scores)[true][..., None, :]


def set_true_class(scores: Array, true: Labels, value: Array | float) -> None:
    """Replace the entries of the true classes, in place."""
    flat_view(scores)[true] = value


def sum_over_classes(scores: Array) -> Array:
    """(..., C, B) to (..., B)."""
    # A product with ones takes a third of the time of scores.sum(axis=-2), which adds C short
    # rows for every run.
    total: Array = ones(scores.shape[-2], scores.dtype) @ scores
    return total


@lru_cache
def ones(count: int, dtype: np.dtype[Any]) -> Array:
    """So many ones, read-only."""
    row = np.ones(count, dtype)
    row.setflags(write=False)
    return row


def to_violations(scores: Array, true: Labels, margin: float | Array) -> None:
    """Replace scores by max(0, s_j - s_y + margin), and by 0 for the true class."""
    scores -= true_class(scores, true) - margin
    set_true_class(scores, true, 0.0)
    np.maximum(scores, 0.0, out=scores)


def violation_steps(scores: Array, label: int, margin: float | Array) -> dict[str, Array]:
    """The columns that hinge losses have in common, one class a row; the sum leaves out its own."""
    missing = scores - scores[label] + margin
    missing[label] = np.nan
    return {"score": scores, "s − s_true + Δ": missing}


def balance(gradient: Array, true: Labels) -> None:
    """Give the true class minus the sum of the others: only score differences count."""
    set_true_class(gradient, true, -sum_over_classes(gradient))


@dataclass(frozen=True)
class Hinge(Loss):
    """Multiclass hinge of Weston and Watkins (1999); CS231n lecture 3.

        loss = sum over j != y of max(0, s_j - s_y + margin)

    At a kink the derivative from the satisfied side, 0, is taken.
    """

    margin: float | Array = 1.0

    label = "Hinge"
    formula = r"\sum_{j \ne y} \max(0,\; s_j - s_y + \Delta)"
    start_formula = r"(C - 1)\,\Delta"
    summary = "Asks the true class to win by the margin Δ; once it does, the example is silent."
    smooth = False
    domain = Box

    def loss_gradient_inplace(self, scores: Array, true: Labels) -> Array:
        to_violations(scores, true, self.margin)
        values = sum_over_classes(scores)
        np.greater(scores, 0.0, out=scores)
        balance(scores, true)
        return values

    def steps(self, scores: Array, label: int) -> dict[str, Array]:
        columns = violation_steps(scores, label, self.margin)
        return columns | {"max(0, ·)": np.maximum(0.0, columns["s − s_true + Δ"])}


@dataclass(frozen=True)
class SquaredHinge(Loss):
    """The hinge with every violated margin squared: smooth, and harsher on large violations.

    loss = sum over j != y of max(0, s_j - s_y + margin)^2
    """

    margin: float | Array = 1.0

    label = "Squared hinge"
    formula = r"\sum_{j \ne y} \max(0,\; s_j - s_y + \Delta)^2"
    start_formula = r"(C - 1)\,\Delta^2"
    summary = "Like the hinge, but a margin missed by twice as much costs four times as much."
    smooth = True
    domain = Ray

    def loss_gradient_inplace(self, scores: Array, true: Labels) -> Array:
        to_violations(scores, true, self.margin)
        values: Array = np.einsum("...cb,...cb->...b", scores, scores)
        scores *= 2.0
        balance(scores, true)
        return values

    def max_curvature(self, classes: int) -> float:
        # Every other class misses the margin: 2 times the sum of (e_j - e_y)(e_j - e_y)'.
        return 2.0 * classes

    def hessian_vector_product(self, scores: Array, labels: Labels, direction: Array) -> Array:
        violations = np.array(scores, dtype=np.float64, order="C")
        direction = np.ascontiguousarray(direction)
        true = flat_target_index(violations.shape, labels)
        to_violations(violations, true, self.margin)
        product = 2.0 * (violations > 0) * (direction - true_class(direction, true))
        balance(product, true)
        return product

    def steps(self, scores: Array, label: int) -> dict[str, Array]:
        columns = violation_steps(scores, label, self.margin)
        return columns | {"max(0, ·)²": np.maximum(0.0, columns["s − s_true + Δ"]) ** 2}


HIGHEST_EXPONENT = {code: math.log(np.finfo(code).max) - 10.0 for code in "df"}
"""Of a sum of up to 20,000 exponentials that does not overflow: 700 of doubles."""


@dataclass(frozen=True)
class CrossEntropy(Loss):
    """Negative log-likelihood of the true class under a softmax, in nats.

        loss = log(sum over j of exp(s_j)) - s_y

    See Bishop (2006), section 4.3.4; CS231n lecture 3.
    """

    label = "Cross-entropy"
    formula = r"-\log \frac{e^{s_y}}{\sum_j e^{s_j}}"
    start_formula = r"\ln C"
    summary = "Turns scores into probabilities; always asks for a little more, never quite content."
    smooth = True
    domain = Entropy

    def loss_gradient_inplace(self, scores: Array, true: Labels) -> Array:
        # Seen from the true class, the exponentials add up to at least 1: they cannot vanish.
        row = flat_view(scores)
        scores -= row[true][..., None, :]
        # exp(710) overflows: subtract the top score of each example, which changes nothing.  It
        # is needed so rarely, and costs so much (a tenth of an update), that all are looked at
        # at once first; `not <=`, as NaN in a diverged run must not hide overflow in another.
        top = None
        if not scores.max() <= HIGHEST_EXPONENT[scores.dtype.char]:
            top = scores.max(axis=-2)
            scores -= top[..., None, :]
        np.exp(scores, out=scores)
        total = sum_over_classes(scores)
        scores *= (1.0 / total)[..., None, :]
        row[true] -= 1.0
        values: Array = np.log(total, out=total)
        if top is not None:
            values += top
        return values

    def max_curvature(self, classes: int) -> float:
        # Two classes of probability 1/2: of diag(p) - p p', whose trace is at most 1.
        return 0.5

    def hessian_vector_product(self, scores: Array, labels: Labels, direction: Array) -> Array:
        p = probabilities(scores)
        product: Array = p * (direction - sum_over_classes(p * direction)[..., None, :])
        return product

    def mean_hessian(self, scores: Array, labels: Labels) -> Array:
        # All directions share their probabilities, which take longer than the rest.
        p = probabilities(scores)
        own = p.mean(axis=-1)[..., None] * np.eye(p.shape[-2])
        mean: Array = own - p @ p.swapaxes(-1, -2) / p.shape[-1]
        return mean

    def steps(self, scores: Array, label: int) -> dict[str, Array]:
        shifted = scores - scores.max()
        probability = np.exp(shifted) / np.exp(shifted).sum()
        charge = np.full_like(scores, np.nan)
        # From the scores, not from log(probability): a probability may round to 0.
        charge[label] = np.log(np.exp(shifted).sum()) - shifted[label]
        return {
            "score": scores,
            "exp(s − s_top)": np.exp(shifted),
            "p": probability,
            "−log p": charge,
        }


@dataclass(frozen=True)
class CrammerSinger(Loss):
    """The largest violated margin alone  (Crammer and Singer, 2001); the course's demo.

        loss = max over j != y of max(0, s_j - s_y + margin)

    Of equal violations the first is taken.
    """

    margin: float | Array = 1.0

    label = "Crammer–Singer"
    formula = r"\max_{j \ne y} \max(0,\; s_j - s_y + \Delta)"
    start_formula = r"\Delta"
    summary = "Looks at the strongest rival of the true class only."
    smooth = False
    domain = Simplex

    def loss_gradient_inplace(self, scores: Array, true: Labels) -> Array:
        to_violations(scores, true, self.margin)
        values: Array = scores.max(axis=-2)
        strongest = scores.argmax(axis=-2)[..., None, :]
        scores[...] = 0.0
        np.put_along_axis(scores, strongest, (values > 0)[..., None, :], axis=-2)
        balance(scores, true)
        return values

    def steps(self, scores: Array, label: int) -> dict[str, Array]:
        columns = violation_steps(scores, label, self.margin)
        violations = np.maximum(0.0, columns["s − s_true + Δ"])
        strongest = np.nanargmax(violations)
        largest = np.full_like(scores, np.nan)
        largest[strongest] = violations[strongest]
        return columns | {"max(0, ·)": violations, "the largest": largest}


@dataclass(frozen=True)
class OneVsAll(Loss):
    """One binary hinge a class: it against all others  (Rifkin and Klautau, 2004).

        loss = sum over j of max(0, margin - t_j s_j),   t_y = 1, all other t_j = -1

    The course's demo has it too.  Here scores count, not their differences.
    """

    margin: float | Array = 1.0

    label = "One against all"
    formula = r"\sum_j \max(0,\; \Delta - t_j s_j), \quad t_j = \pm 1"
    start_formula = r"C\,\Delta"
    summary = "A separate yes-or-no question for each class; the classes never meet."
    smooth = False
    domain = Box
    pairwise = False

    def loss_gradient_inplace(self, scores: Array, true: Labels) -> Array:
        missing_of_true = (self.margin - true_class(scores, true))[..., 0, :]
        scores += self.margin
        set_true_class(scores, true, missing_of_true)
        np.maximum(scores, 0.0, out=scores)
        values = sum_over_classes(scores)
        np.greater(scores, 0.0, out=scores)
        set_true_class(scores, true, -true_class(scores, true)[..., 0, :])
        return values

    def steps(self, scores: Array, label: int) -> dict[str, Array]:
        wanted = np.full_like(scores, -1.0)
        wanted[label] = 1.0
        missing = self.margin - wanted * scores
        return {
            "score": scores,
            "t": wanted,
            "Δ − t s": missing,
            "max(0, ·)": np.maximum(0, missing),
        }


LOSSES: dict[str, type[Loss]] = {
    "hinge": Hinge,
    "squared_hinge": SquaredHinge,
    "cross_entropy": CrossEntropy,
    "crammer_singer": CrammerSinger,
    "one_vs_all": OneVsAll,
}
CERTIFIED_LOSSES = tuple(name for name, entry in LOSSES.items() if entry.domain is not None)
"""Names of the losses whose best possible objective can be proved."""


def probabilities(scores: Array) -> Array:
    """Softmax over the classes, (..., C, B) to (..., C, B); never overflows."""
    shifted = np.exp(scores - scores.max(axis=-2, keepdims=True))
    normalised: Array = shifted / shifted.sum(axis=-2, keepdims=True)
    return normalised
