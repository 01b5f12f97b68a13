"""The multiclass hinge loss."""

from dataclasses import dataclass

import numpy as np
from typing_extensions import override

from lossopt_core.objective.domains import Box
from lossopt_core.objective.linear import Array, Labels
from lossopt_core.objective.losses.base import Loss
from lossopt_core.objective.losses.scores import (
    balance,
    sum_over_classes,
    to_violations,
    violation_steps,
)


@dataclass(frozen=True)
class Hinge(Loss):
    """Multiclass hinge of Weston and Watkins (1999); CS231n lecture 3.

        loss = sum over j != y of max(0, s_j - s_y + margin)

    At a kink, the subgradient 0 is used.
    """

    margin: float | Array = 1.0

    label = "Hinge"
    formula = r"\sum_{j \ne y} \max(0,\; s_j - s_y + \Delta)"
    start_formula = r"(C - 1)\,\Delta"
    summary = "Penalises every class within the margin Δ of the true class; zero beyond it."
    smooth = False
    domain = Box
    colour = ("#0072B2", "#2E8FCF")
    homogeneity = 1
    scikit_learn = "SVC"
    numpy_code = """\
violations = np.maximum(0, scores - scores[true] + margin)
violations[true] = 0
losses = violations.sum(axis=0)
slopes = 1.0 * (violations > 0)
slopes[true] = -slopes.sum(axis=0)
"""

    @override
    def loss_gradient_inplace(self, scores: Array, true: Labels) -> Array:
        to_violations(scores, true, self.margin)
        values = sum_over_classes(scores)
        np.greater(scores, 0.0, out=scores)
        balance(scores, true)
        return values

    @override
    def steps(self, scores: Array, label: int) -> dict[str, Array]:
        columns = violation_steps(scores, label, self.margin)
        return columns | {"max(0, ·)": np.maximum(0.0, columns["s − s_true + Δ"])}
