"""Predictions of a model on the whole plane: what the browser draws from weights at every frame.

The browser computes the same from the same weights; tests compare both.
"""

from dataclasses import dataclass

import numpy as np

from lossopt_core.objective.linear import Array, Labels
from lossopt_core.objective.losses import Loss, probabilities
from lossopt_core.playground.classifier import Classifier
from lossopt_core.playground.points import SIDE
from lossopt_core.training.cohort import predicted

GRID = 41
"""Grid points per side."""


@dataclass(frozen=True, eq=False)
class Picture:
    """A model's predictions on the square, rows upwards.

    scores      (C, GRID, GRID)
    chosen      (GRID, GRID) the predicted class
    confidence  (GRID, GRID) between 0 (a tie) and 1
    """

    scores: Array
    chosen: Labels
    confidence: Array


def picture(model: Classifier) -> Picture:
    """Compute the picture of a classifier."""
    axis = np.linspace(-SIDE, SIDE, GRID)
    places = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    scores = model.scores(places)
    return Picture(
        scores.reshape(-1, GRID, GRID),
        predicted(scores).reshape(GRID, GRID),
        confidence(model.loss, scores).reshape(GRID, GRID),
    )


def margin_of(loss: Loss) -> float | None:
    """The margin of a loss; None for a loss without one."""
    margin: float | None = getattr(loss, "margin", None)
    return margin


def confidence(loss: Loss, scores: Array) -> Array:
    """The confidence of the prediction, scores (C, n) to (n,) between 0 and 1.

    For losses with a margin, the gap between the two highest scores divided by the margin.
    Otherwise the probability of the class, rescaled from [1 / C, 1].
    """
    margin = margin_of(loss)
    if margin is not None:
        second, first = np.sort(scores, axis=0)[-2:]
        share: Array = np.clip((first - second) / margin, 0.0, 1.0)
        return share
    chance = 1.0 / len(scores)
    above: Array = (probabilities(scores).max(axis=0) - chance) / (1.0 - chance)
    return above
