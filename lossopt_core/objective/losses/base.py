r"""The base class of losses.

A loss is a function of scores (..., C, B) and labels (B,), independent of weights, data and runs.
The chain rule to the weights is one matrix product, in `linear`.  There may be any number of
leading axes; parameters may be arrays that broadcast against them, (R, 1, 1) for a stack of R
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
"""Attributes that hold for the values of a loss."""


@dataclass(frozen=True)
class Loss(ABC):
    """A loss function and its properties.

    A subclass defines `label` and `loss_gradient_inplace`; everything else has a default.  Its
    dataclass fields are named after the `Experiment` settings that it uses: `margin`.

    A subclass of another loss that overrides `loss_gradient_inplace` does not inherit properties
    that may no longer hold: curvature, domain, NumPy code and so on.
    """

    label: ClassVar[str]
    formula: ClassVar[str] = ""
    """LaTeX of the loss of one example with scores s and label y."""
    start_formula: ClassVar[str] = ""
    """LaTeX of the loss if all C scores are equal, as with zero weights."""
    summary: ClassVar[str] = ""
    """One sentence, shown when choosing a loss."""
    colour: ClassVar[tuple[str, str] | None] = None
    """'#RRGGBB' for light and dark themes; None for the next free colour of the palette."""
    unit: ClassVar[str] = ""
    convex: ClassVar[bool] = True
    """Whether it is convex in the scores, which limits and certificates require."""
    smooth: ClassVar[bool] = False
    """Whether it is differentiable, with `max_curvature` and `hessian_vector_product`."""
    domain: ClassVar[type[Domain] | None] = None
    """Domain of the dual, for certificates; None if there are none."""
    pairwise: ClassVar[bool] = True
    """Whether the violations are s_j - s_y + margin, or margin - t_j s_j with t_y = 1, t_j = -1."""
    probabilistic: ClassVar[bool] = False
    """Whether the softmax of trained scores estimates class probabilities."""
    homogeneity: ClassVar[int | None] = None
    """k, if scaling scores and margin by a scales the loss by a^k; None if unknown."""
    scikit_learn: ClassVar[str] = ""
    """The scikit-learn estimator with the same data loss, if any."""
    numpy_code: ClassVar[str | None] = None
    """Code for scripts without lossopt.

    Statements that compute `losses` (examples,) and their derivatives `slopes` (classes, examples)
    from `scores` (classes, examples), `true`, an index of the true classes' scores, and the
    dataclass fields by name.  None if there is no code.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "loss_gradient_inplace" in vars(cls):
            drop_inherited(cls, Loss, OF_VALUES)

    @abstractmethod
    def loss_gradient_inplace(self, scores: Array, true: Labels) -> Array:
        """Overwrite `scores` (..., C, B) with the gradient and return the losses (..., B).

        Losses and gradients share most of their computation, and training needs both in every
        update.  `true` (..., B) are the flat indices of the true classes in the contiguous scores.
        """

    def steps(self, scores: Array, label: int) -> dict[str, Array]:
        """The computation of one example's loss, class by class: scores (C,) to columns (C,).

        Columns are named after their contents, in order of computation; the last column sums to
        the loss.  Cells that do not take part are NaN rather than 0.
        """
        loss = np.full_like(scores, np.nan)
        loss[label] = self.value(scores[:, None], np.array([label]))[0]
        return {"score": scores, "loss": loss}

    def max_curvature(self, classes: int) -> float | None:
        """The maximum curvature of one example's loss in its scores.

        The largest eigenvalue of the Hessian; None for a loss with kinks.
        """
        return None

    def hessian_vector_product(self, scores: Array, labels: Labels, direction: Array) -> Array:
        """The Hessian at scores (..., C, B) times a direction of the same shape.

        Defined for smooth losses; others raise NotImplementedError.
        """
        raise NotImplementedError(f"{self.label} has kinks")

    def mean_hessian(self, scores: Array, labels: Labels) -> Array:
        """The Hessians at scores (..., C, B), averaged over examples: (..., C, C)."""
        ones = np.ones(scores.shape[-1])
        directions = (np.outer(unit, ones) for unit in np.eye(scores.shape[-2]))
        broadcast = (np.broadcast_to(each, scores.shape) for each in directions)
        return np.stack(
            [self.hessian_vector_product(scores, labels, e).mean(axis=-1) for e in broadcast],
            axis=-2,
        )

    def value(self, scores: Array, labels: Labels) -> Array:
        """The loss of each example: scores (..., C, B) and labels (B,) to (..., B)."""
        own = np.array(scores, dtype=np.float64, order="C")
        return self.loss_gradient_inplace(own, flat_target_index(own.shape, labels))

    def gradient(self, scores: Array, labels: Labels) -> Array:
        """The gradient of each example's loss in its scores, with the shape of the scores."""
        gradient = np.array(scores, dtype=np.float64, order="C")
        self.loss_gradient_inplace(gradient, flat_target_index(gradient.shape, labels))
        return gradient

    def violations(self, scores: Array, true: Labels) -> Array:
        """The margin violations of scores (C, n), without the margin; linear in the scores.

        s_j - s_y with 0 for the true class, or -t_j s_j.
        """
        if not self.pairwise:
            change = scores.copy()
            set_true_class(change, true, -true_class(scores, true)[0])
            return change
        return scores - true_class(scores, true)

    def slopes(self, duals: Array, true: Labels) -> Array:
        """The gradient (C, n) of the losses in the scores for duals (C, n) in the `domain`."""
        gradient = duals.copy()
        if self.pairwise:
            balance(gradient, true)
        else:
            set_true_class(gradient, true, -true_class(duals, true)[0])
        return gradient

    def at_equal_scores(self, classes: int) -> float:
        """The loss of a classifier with zero weights."""
        return float(self.value(np.zeros((classes, 1)), np.zeros(1, dtype=np.int64))[0])
