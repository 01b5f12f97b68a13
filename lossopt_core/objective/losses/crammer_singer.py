"""The hinge loss of Crammer and Singer."""

from dataclasses import dataclass

import numpy as np
from typing_extensions import override

from lossopt_core.objective.domains import Simplex
from lossopt_core.objective.linear import Array, Labels
from lossopt_core.objective.losses.base import Loss
from lossopt_core.objective.losses.scores import (
    balance,
    to_violations,
    violation_steps,
)


@dataclass(frozen=True)
class CrammerSinger(Loss):
    """The largest margin violation only  (Crammer and Singer, 2001); also in the course's demo.

        loss = max over j != y of max(0, s_j - s_y + margin)

    Ties go to the first class.
    """

    margin: float | Array = 1.0

    label = "Crammer–Singer"
    formula = r"\max_{j \ne y} \max(0,\; s_j - s_y + \Delta)"
    start_formula = r"\Delta"
    summary = "Penalises only the highest-scoring wrong class."
    smooth = False
    domain = Simplex
    colour = ("#641972", "#8F5384")
    homogeneity = 1
    numpy_code = """\
violations = np.maximum(0, scores - scores[true] + margin)
violations[true] = 0
losses = violations.max(axis=0)
slopes = np.eye(len(W))[violations.argmax(axis=0)].T * (losses > 0)  # the highest wrong class
slopes[true] = -slopes.sum(axis=0)
"""

    @override
    def loss_gradient_inplace(self, scores: Array, true: Labels) -> Array:
        to_violations(scores, true, self.margin)
        values: Array = scores.max(axis=-2)
        strongest = scores.argmax(axis=-2)[..., None, :]
        scores[...] = 0.0
        np.put_along_axis(scores, strongest, (values > 0)[..., None, :], axis=-2)
        balance(scores, true)
        return values

    @override
    def steps(self, scores: Array, label: int) -> dict[str, Array]:
        columns = violation_steps(scores, label, self.margin)
        violations = np.maximum(0.0, columns["s − s_true + Δ"])
        strongest = np.nanargmax(violations)
        largest = np.full_like(scores, np.nan)
        largest[strongest] = violations[strongest]
        return columns | {"max(0, ·)": violations, "the largest": largest}
