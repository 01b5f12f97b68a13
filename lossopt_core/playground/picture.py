"""Predictions of a model on the whole plane."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lossopt_core.objective import linear
from lossopt_core.objective.linear import Array, Labels
from lossopt_core.objective.losses import Loss, probabilities
from lossopt_core.playground.classifier import Classifier
from lossopt_core.playground.contours import zero_lines
from lossopt_core.playground.feature_maps import FeatureMap
from lossopt_core.playground.points import SIDE
from lossopt_core.training.cohort import predicted

GRID = 61
"""Grid points per side."""


@dataclass(frozen=True, eq=False)
class Arrow:
    """A point on a line and the unit direction in which the score increases."""

    position: Array
    direction: Array


@dataclass(frozen=True, eq=False)
class Picture:
    """A model's predictions on the square; lists are indexed by class.

    chosen      (GRID, GRID) the predicted class, rows upwards
    confidence  (GRID, GRID) between 0 (a tie) and 1
    zero        lines (k, 2) along which the score of the class is 0
    arrows      on the longest of these lines, if there is one
    margins     lines beyond which an example of the class has zero loss
    """

    chosen: Labels
    confidence: Array
    zero: list[list[Array]]
    arrows: list[Arrow | None]
    margins: list[list[Array]]


def picture(model: Classifier) -> Picture:
    """Compute the picture of a classifier."""
    axis, _ = _grid()
    scores = linear.scores(model.weights[None], _features(model.feature_map))[0]
    classes = len(scores)
    planes = scores.reshape(classes, GRID, GRID)
    zero = [zero_lines(plane, axis, axis) for plane in planes]
    slack = [beyond_margin(model.loss, scores, label) for label in range(classes)]
    return Picture(
        chosen=predicted(scores).reshape(GRID, GRID),
        confidence=confidence(model.loss, scores).reshape(GRID, GRID),
        zero=zero,
        arrows=[_arrow(lines, plane) for lines, plane in zip(zero, planes, strict=True)],
        margins=[
            [] if each is None else zero_lines(each.reshape(GRID, GRID), axis, axis)
            for each in slack
        ],
    )


@lru_cache
def _grid() -> tuple[Array, Array]:
    axis = np.linspace(-SIDE, SIDE, GRID)
    return axis, np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)


@lru_cache(maxsize=8)
def _features(feature_map: FeatureMap) -> Array:
    """Features of the grid points, with a last column of ones."""
    return linear.with_ones(feature_map.features(_grid()[1]))


def lead(scores: Array, label: int) -> Array:
    """The class's score minus the highest other, (C, n) to (n,)."""
    ahead: Array = scores[label] - np.delete(scores, label, axis=0).max(axis=0)
    return ahead


def beyond_margin(loss: Loss, scores: Array, label: int) -> Array | None:
    """How far an example of this class is beyond the margin; from 0 on its loss is 0.

    Scores (C, n) to (n,); None for a loss without a margin.
    """
    margin: float | None = getattr(loss, "margin", None)
    if margin is None:
        return None
    if not loss.pairwise:  # depends on scores, not on their differences
        others = np.delete(scores, label, axis=0).max(axis=0)
        slack: Array = np.minimum(scores[label], -others) - margin
        return slack
    return lead(scores, label) - margin


def confidence(loss: Loss, scores: Array) -> Array:
    """The confidence of the prediction, scores (C, n) to (n,) between 0 and 1.

    For losses with a margin, the gap between the two highest scores divided by the margin.
    Otherwise the probability of the class, rescaled from [1 / C, 1].
    """
    margin: float | None = getattr(loss, "margin", None)
    if margin is not None:
        second, first = np.sort(scores, axis=0)[-2:]
        share: Array = np.clip((first - second) / margin, 0.0, 1.0)
        return share
    chance = 1.0 / len(scores)
    above: Array = (probabilities(scores).max(axis=0) - chance) / (1.0 - chance)
    return above


def _arrow(lines: list[Array], plane: NDArray[np.floating]) -> Arrow | None:
    if not lines:
        return None
    longest = max(lines, key=lambda line: float(np.abs(np.diff(line, axis=0)).sum()))
    position = longest[len(longest) // 4]  # lines often cross in the middle
    row, column = np.clip(np.round((position[::-1] + SIDE) / (2 * SIDE) * (GRID - 1)), 0, GRID - 1)
    up, across = np.gradient(plane)
    slope = np.array([across[int(row), int(column)], up[int(row), int(column)]])
    length = float(np.linalg.norm(slope))
    return Arrow(position, slope / length) if length > 0 else None
