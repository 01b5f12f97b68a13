"""The one-vs-rest hinge loss."""

from dataclasses import dataclass

import numpy as np
from typing_extensions import override

from lossopt_core.objective.domains import Box
from lossopt_core.objective.linear import Array, Labels
from lossopt_core.objective.losses.base import Loss
from lossopt_core.objective.losses.scores import (
    set_true_class,
    sum_over_classes,
    true_class,
)


@dataclass(frozen=True)
class OneVsAll(Loss):
    """One binary hinge loss per class against all others  (Rifkin and Klautau, 2004).

        loss = sum over j of max(0, margin - t_j s_j),   t_y = 1, all other t_j = -1

    Also in the course's demo.  It depends on the scores, not only on their differences.
    """

    margin: float | Array = 1.0

    label = "One-vs-rest"
    formula = r"\sum_j \max(0,\; \Delta - t_j s_j), \quad t_j = \pm 1"
    start_formula = r"C\,\Delta"
    summary = "A separate binary hinge loss for each class against the rest."
    smooth = False
    domain = Box
    pairwise = False
    colour = ("#354D0A", "#B8D297")
    homogeneity = 1
    numpy_code = """\
signs = np.full(scores.shape, -1.0)
signs[true] = 1
violations = np.maximum(0, margin - signs * scores)
losses = violations.sum(axis=0)
slopes = -signs * (violations > 0)
"""

    @override
    def loss_gradient_inplace(self, scores: Array, true: Labels) -> Array:
        missing_of_true = (self.margin - true_class(scores, true))[..., 0, :]
        scores += self.margin
        set_true_class(scores, true, missing_of_true)
        np.maximum(scores, 0.0, out=scores)
        values = sum_over_classes(scores)
        np.greater(scores, 0.0, out=scores)
        set_true_class(scores, true, -true_class(scores, true)[..., 0, :])
        return values

    @override
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
