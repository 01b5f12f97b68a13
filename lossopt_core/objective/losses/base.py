r"""What a loss is.

A loss sees scores of shape (..., C, B) and labels (B,), and knows nothing of weights, data or
runs.  The chain rule to the weights is one matrix product, in `linear`.  Any number of axes
may lead; a parameter may be an array that broadcasts against them, (R, 1, 1) for a stack of R
runs.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from lossopt_core.objective.domains import Domain
from lossopt_core.objective.linear import Array, Labels
from lossopt_core.objective.losses.scores import (
    balance,
    flat_target_index,
    set_true_class,
    true_class,
)
from lossopt_core.plugins.subclasses import drop_inherited

OF_VALUES = (
    "convex", "smooth", "max_curvature", "hessian_vector_product", "mean_hessian", "domain",
    "pairwise", "steps", "start_formula", "homogeneity", "probabilistic", "scikit_learn",
    "numpy_code",
)  # fmt: skip
"""Attributes that describe the values of a loss."""


@dataclass(frozen=True)
class Loss(ABC):
    """A loss with everything that is known about it.

    A subclass defines `label` and `loss_gradient_inplace`; everything else has a fallback.  Its
    dataclass fields are named after the settings of an `Experiment` that it uses: `margin`.

    A subclass of another loss that overrides `loss_gradient_inplace` does not inherit what is
    true of that loss's values only: curvature, domain, NumPy code and so on.
    """

    label: ClassVar[str]
    formula: ClassVar[str] = ""
    """LaTeX of the loss of one example with scores s and label y."""
    start_formula: ClassVar[str] = ""
    """LaTeX of the loss when all C scores are equal, as they are with zero weights."""
    summary: ClassVar[str] = ""
    """One sentence for people who choose a loss."""
    colour: ClassVar[tuple[str, str] | None] = None
    """'#RRGGBB' on white and on black; None for the next free colour of the palette."""
    unit: ClassVar[str] = ""
    convex: ClassVar[bool] = True
    """Whether it is convex in the scores: limits and proofs are for convex losses only."""
    smooth: ClassVar[bool] = False
    """Whether it is differentiable: then it has `max_curvature` and `hessian_vector_product`."""
    domain: ClassVar[type[Domain] | None] = None
    """Domain of the dual, for certificates; None for a loss that cannot be certified."""
    pairwise: ClassVar[bool] = True
    """Whether the violations are s_j - s_y + margin, or margin - t_j s_j with t_y = 1, t_j = -1."""
    probabilistic: ClassVar[bool] = False
    """Whether training makes the softmax of the scores estimate class probabilities."""
    homogeneity: ClassVar[int | None] = None
    """k, if scores and margin a times as large give a^k times the loss; None if unknown."""
    scikit_learn: ClassVar[str] = ""
    """The estimator of scikit-learn with the same data loss, if there is one."""
    numpy_code: ClassVar[str | None] = None
    """NumPy statements for scripts that do not import lossopt.

    They compute `losses` (examples,) and their derivatives `slopes` (classes, examples) from
    `scores` (classes, examples), `true`, an index of the true classes' scores, and the class's
    fields by name.  None for a loss that no such script can be written for.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "loss_gradient_inplace" in vars(cls):
            drop_inherited(cls, Loss, OF_VALUES)

    @abstractmethod
    def loss_gradient_inplace(self, scores: Array, true: Labels) -> Array:
        """Overwrite `scores` (..., C, B) with their gradient; return the values (..., B).

        Values and gradients share most of their arithmetic, and training needs both at every
        update.  `true` (..., B) are the places of the true classes in the scores, which are
        contiguous: they are looked up several times.
        """

    def steps(self, scores: Array, label: int) -> dict[str, Array]:
        """How the loss of one example comes about, class by class: scores (C,) to columns (C,).

        Columns are named by what they hold, in the order of the calculation; the entries of
        the last one add up to the loss.  A cell that has no part in it is NaN, as 0 would be
        read as a number that was computed.
        """
        loss = np.full_like(scores, np.nan)
        loss[label] = self.value(scores[:, None], np.array([label]))[0]
        return {"score": scores, "loss": loss}

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
