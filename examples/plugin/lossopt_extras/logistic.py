"""A loss: one logistic regression per class."""

from dataclasses import dataclass

import numpy as np

from lossopt_core.objective.linear import Array, Labels
from lossopt_core.objective.losses import Loss, set_true_class, sum_over_classes, true_class


@dataclass(frozen=True)
class Logistic(Loss):
    """Each class against all others  (Rifkin and Klautau, 2004).

    loss = sum over j of log(1 + exp(-t_j s_j)),   t_y = 1, all other t_j = -1
    """

    label = "Logistic"
    formula = r"\sum_j \ln(1 + e^{-t_j s_j}), \quad t_j = \pm 1"
    start_formula = r"C \ln 2"
    summary = "A separate logistic regression for each class."
    colour = ("#3300E1", "#5950E6")
    unit = "nats"
    smooth = True
    numpy_code = """\
signs = np.full(scores.shape, -1.0)
signs[true] = 1
losses = np.logaddexp(0, -signs * scores).sum(axis=0)
slopes = -signs / (1 + np.exp(signs * scores))
"""

    def loss_gradient_inplace(self, scores: Array, true: Labels) -> Array:
        set_true_class(scores, true, -true_class(scores, true)[..., 0, :])  # now -t_j s_j
        values = sum_over_classes(np.logaddexp(0.0, scores))
        np.clip(scores, -500.0, 500.0, out=scores)  # exp(710) overflows
        np.divide(1.0, 1.0 + np.exp(-scores), out=scores)
        set_true_class(scores, true, -true_class(scores, true)[..., 0, :])
        return values

    def max_curvature(self, classes: int) -> float:
        return 0.25  # of p (1 - p), at p = 1/2; classes have nothing to do with each other

    def hessian_vector_product(self, scores: Array, labels: Labels, direction: Array) -> Array:
        p = 1.0 / (1.0 + np.exp(-np.clip(scores, -500.0, 500.0)))
        product: Array = p * (1.0 - p) * direction
        return product
