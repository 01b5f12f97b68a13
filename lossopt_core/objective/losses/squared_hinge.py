"""The squared hinge loss."""

from dataclasses import dataclass

import numpy as np
from typing_extensions import override

from lossopt_core.objective.domains import Orthant
from lossopt_core.objective.linear import Array, Labels
from lossopt_core.objective.losses.base import Loss
from lossopt_core.objective.losses.scores import (
    balance,
    flat_target_index,
    to_violations,
    true_class,
    violation_steps,
)


@dataclass(frozen=True)
class SquaredHinge(Loss):
    """The hinge with squared margin violations: smooth, with more weight on large ones.

    loss = sum over j != y of max(0, s_j - s_y + margin)^2
    """

    margin: float | Array = 1.0

    label = "Squared hinge"
    formula = r"\sum_{j \ne y} \max(0,\; s_j - s_y + \Delta)^2"
    start_formula = r"(C - 1)\,\Delta^2"
    summary = "Like the hinge with squared violations: twice the violation, four times the loss."
    smooth = True
    domain = Orthant
    colour = ("#179EB4", "#47C8D8")
    homogeneity = 2
    numpy_code = """\
violations = np.maximum(0, scores - scores[true] + margin)
violations[true] = 0
losses = (violations**2).sum(axis=0)
slopes = 2 * violations
slopes[true] = -slopes.sum(axis=0)
"""

    @override
    def loss_gradient_inplace(self, scores: Array, true: Labels) -> Array:
        to_violations(scores, true, self.margin)
        values: Array = np.einsum("...cb,...cb->...b", scores, scores)
        scores *= 2.0
        balance(scores, true)
        return values

    @override
    def max_curvature(self, classes: int) -> float:
        # If all margins are violated: 2 times the sum of (e_j - e_y)(e_j - e_y)'.
        return 2.0 * classes

    @override
    def hessian_vector_product(self, scores: Array, labels: Labels, direction: Array) -> Array:
        violations = np.array(scores, dtype=np.float64, order="C")
        direction = np.ascontiguousarray(direction)
        true = flat_target_index(violations.shape, labels)
        to_violations(violations, true, self.margin)
        product = 2.0 * (violations > 0) * (direction - true_class(direction, true))
        balance(product, true)
        return product

    @override
    def steps(self, scores: Array, label: int) -> dict[str, Array]:
        columns = violation_steps(scores, label, self.margin)
        return columns | {"max(0, ·)²": np.maximum(0.0, columns["s − s_true + Δ"]) ** 2}
