"""The cross-entropy loss."""

import math
from dataclasses import dataclass

import numpy as np
from typing_extensions import override

from lossopt_core.objective.domains import Entropy
from lossopt_core.objective.linear import Array, Labels
from lossopt_core.objective.losses.base import Loss
from lossopt_core.objective.losses.scores import (
    flat_view,
    probabilities,
    sum_over_classes,
)

HIGHEST_EXPONENT = {code: math.log(np.finfo(code).max) - 10.0 for code in "df"}
"""The largest exponent for which a sum of 20,000 exponentials does not overflow: about 700."""


@dataclass(frozen=True)
class CrossEntropy(Loss):
    """Negative log-likelihood of the true class under a softmax, in nats.

        loss = log(sum over j of exp(s_j)) - s_y

    See Bishop (2006), section 4.3.4; CS231n lecture 3.
    """

    label = "Cross-entropy"
    formula = r"-\log \frac{e^{s_y}}{\sum_j e^{s_j}}"
    start_formula = r"\ln C"
    summary = "Turns scores into probabilities (softmax); its gradient never becomes exactly zero."
    smooth = True
    domain = Entropy
    colour = ("#D55E00", "#E8711A")
    unit = "nats"
    probabilistic = True
    scikit_learn = "LogisticRegression"
    numpy_code = """\
scores -= scores.max(axis=0)  # avoids overflow in exp
total = np.exp(scores).sum(axis=0)
losses = np.log(total) - scores[true]
slopes = np.exp(scores) / total  # the probabilities
slopes[true] -= 1
"""

    @override
    def loss_gradient_inplace(self, scores: Array, true: Labels) -> Array:
        # Relative to the true class, the exponentials sum to at least 1, so the log is finite.
        row = flat_view(scores)
        scores -= row[true][..., None, :]
        # exp(710) overflows, so subtract the top score of each example.  This is rarely needed
        # and costs a tenth of an update, so check all scores at once first.  `not <=` because NaN
        # in a diverged run must not hide overflow in another run.
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

    @override
    def max_curvature(self, classes: int) -> float:
        # The largest eigenvalue of diag(p) - p p', attained by two classes of probability 1/2.
        return 0.5

    @override
    def hessian_vector_product(self, scores: Array, labels: Labels, direction: Array) -> Array:
        p = probabilities(scores)
        product: Array = p * (direction - sum_over_classes(p * direction)[..., None, :])
        return product

    @override
    def mean_hessian(self, scores: Array, labels: Labels) -> Array:
        # Compute the probabilities only once, because they take most of the time.
        p = probabilities(scores)
        own = p.mean(axis=-1)[..., None] * np.eye(p.shape[-2])
        mean: Array = own - p @ p.swapaxes(-1, -2) / p.shape[-1]
        return mean

    @override
    def steps(self, scores: Array, label: int) -> dict[str, Array]:
        shifted = scores - scores.max()
        probability = np.exp(shifted) / np.exp(shifted).sum()
        loss = np.full_like(scores, np.nan)
        # From the scores rather than log(probability), because a probability may round to 0.
        loss[label] = np.log(np.exp(shifted).sum()) - shifted[label]
        return {
            "score": scores,
            "exp(s − s_top)": np.exp(shifted),
            "p": probability,
            "−log p": loss,
        }
