"""What a model says about every place of the plane."""

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
"""Places along each side at which the model is asked."""


@dataclass(frozen=True, eq=False)
class Arrow:
    """A place on a line with the direction, of length 1, in which the score grows."""

    place: Array
    direction: Array


@dataclass(frozen=True, eq=False)
class Picture:
    """The square seen by a model; classes lead.

    chosen      (GRID, GRID) the class with the highest score, rows upwards
    confidence  (GRID, GRID) between 0 (two classes are equal) and 1
    zero        the lines, (k, 2) places each, along which a class's score is 0
    arrows      at the longest of these lines, for each class that has one
    margins     the lines beyond which an example of the class costs nothing
    """

    chosen: Labels
    confidence: Array
    zero: list[list[Array]]
    arrows: list[Arrow | None]
    margins: list[list[Array]]


def picture(model: Classifier) -> Picture:
    """The picture of a classifier as it stands."""
    axis, _ = _grid()
    scores = linear.scores(model.weights[None], _features(model.feature_map))[0]
    classes = len(scores)
    planes = scores.reshape(classes, GRID, GRID)
    zero = [zero_lines(plane, axis, axis) for plane in planes]
    spare = [beyond_margin(model.loss, scores, label) for label in range(classes)]
    return Picture(
        chosen=predicted(scores).reshape(GRID, GRID),
        confidence=confidence(model.loss, scores).reshape(GRID, GRID),
        zero=zero,
        arrows=[_arrow(lines, plane) for lines, plane in zip(zero, planes, strict=True)],
        margins=[
            [] if each is None else zero_lines(each.reshape(GRID, GRID), axis, axis)
            for each in spare
        ],
    )


@lru_cache
def _grid() -> tuple[Array, Array]:
    axis = np.linspace(-SIDE, SIDE, GRID)
    return axis, np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)


@lru_cache(maxsize=8)
def _features(feature_map: FeatureMap) -> Array:
    """Of the grid's places, with a last column of ones."""
    return linear.with_ones(feature_map.features(_grid()[1]))


def lead(scores: Array, label: int) -> Array:
    """The class's score minus the highest other, (C, n) to (n,)."""
    ahead: Array = scores[label] - np.delete(scores, label, axis=0).max(axis=0)
    return ahead


def beyond_margin(loss: Loss, scores: Array, label: int) -> Array | None:
    """By how much an example of this class would be beyond the margin: its loss is 0 from 0 on.

    (C, n) scores to (n,); None for a loss that has no margin.
    """
    margin: float | None = getattr(loss, "margin", None)
    if margin is None:
        return None
    if not loss.pairwise:  # scores count, not their differences
        others = np.delete(scores, label, axis=0).max(axis=0)
        spare: Array = np.minimum(scores[label], -others) - margin
        return spare
    return lead(scores, label) - margin


def confidence(loss: Loss, scores: Array) -> Array:
    """How sure a model is of the class that it chooses, (C, n) scores to (n,) from 0 to 1.

    With a margin, the lead of the highest score over the second as a share of the margin.
    Otherwise the probability of the class, from 1 / C on.
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
    place = longest[len(longest) // 4]  # lines often cross in their middles
    row, column = np.clip(np.round((place[::-1] + SIDE) / (2 * SIDE) * (GRID - 1)), 0, GRID - 1)
    up, across = np.gradient(plane)
    slope = np.array([across[int(row), int(column)], up[int(row), int(column)]])
    length = float(np.linalg.norm(slope))
    return Arrow(place, slope / length) if length > 0 else None
