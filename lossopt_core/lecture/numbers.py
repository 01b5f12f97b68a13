"""Numbers from CS231n's lecture 3 and its notes, as printed there.

Results are computed where they are shown.  If the course printed a different result, it is an
`Erratum`.
"""

from dataclasses import dataclass

import numpy as np

from lossopt_core.objective.linear import Array

ANIMALS = ("cat", "car", "frog")
SCORES: Array = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])
"""Scores of three images (rows: cat, car, frog) for the three classes (columns)."""

PIXELS: Array = np.array([56.0, 231.0, 24.0, 2.0])
"""An image of four pixels, flattened."""
IMAGE_WEIGHTS: Array = np.array([[0.2, -0.5, 0.1, 2.0], [1.5, 1.3, 2.1, 0.0], [0, 0.25, 0.2, -0.3]])
IMAGE_BIAS: Array = np.array([1.1, 3.2, -1.2])

FEATURES: Array = np.array([-15.0, 22.0, -44.0, 56.0])
"""The example on which the notes compare hinge and softmax; it is of the third class."""
FEATURE_WEIGHTS: Array = np.array(
    [[0.01, -0.05, 0.1, 0.05], [0.7, 0.2, 0.05, 0.16], [0.0, -0.45, -0.2, 0.03]]
)
FEATURE_BIAS: Array = np.array([0.0, 0.2, -0.3])
FEATURE_LABEL = 2

LARGE_SCORES: Array = np.array([123.0, 456.0, 789.0])
"""Scores whose exponentials overflow."""
CONTENT_SCORES: Array = np.array([[10.0, -2.0, 3.0], [10.0, 9.0, 9.0], [10.0, -100.0, -100.0]])
"""Three images of the first class (rows), all with zero hinge loss."""
SOFT_SCORES: Array = np.array([1.0, -2.0, 0.0])
"""Scores whose probabilities become more uniform when the weights are halved."""

ONES: Array = np.ones(4)
SPARSE_WEIGHTS: Array = np.array([1.0, 0.0, 0.0, 0.0])
SPREAD_WEIGHTS: Array = np.full(4, 0.25)
"""Two weight vectors that give the same score to `ONES`."""

SLIDE_STEP = 1e-4
SLIDE_LOSSES: Array = np.array([1.25347, 1.25322, 1.25353, 1.25347])
"""The loss, and the loss after `SLIDE_STEP` was added to one of the first three weights."""


@dataclass(frozen=True)
class Erratum:
    """A wrong result printed in the course, and the reason."""

    printed: str
    where: str
    why: str


ERRATA = {
    "frog": Erratum(
        "10.9 and a mean of 4.6",
        "the slides of 2016",
        "the margin of 1 is missing for the frog",
    ),
    "log10": Erratum(
        "0.89",
        "the slides",
        "0.89 is the base-10 logarithm; the formula uses the natural logarithm",
    ),
    "bias": Erratum("61.95", "the slides", "the bias of -1.2 is missing"),
}
