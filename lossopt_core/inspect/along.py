"""What a run does with its examples at every kept point of its way.

Points are k, classes C, examples n.  The leading axis of a path is time where elsewhere it is
runs, so the same products serve; they are made point by point, since all scores of all points
would take much memory.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lossopt_core.objective import linear
from lossopt_core.objective.linear import Array, Labels
from lossopt_core.objective.losses import Loss
from lossopt_core.training.cohort import predicted
from lossopt_core.training.path import WeightPath

Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Along:
    """Examples of one part of the data, point by point.

    losses      (k, n) in single precision
    answers     (k, n) predicted classes
    confusion   (k, C, C) counts: rows are true classes, columns predicted ones
    silent      (k,) share of the examples whose loss has a gradient of zero
    """

    losses: NDArray[np.float32]
    answers: NDArray[np.uint8]
    confusion: Labels
    silent: Array

    @property
    def accuracy(self) -> Array:
        """(k,) share of rightly classified examples."""
        right: Array = np.einsum("kcc->k", self.confusion) / self.losses.shape[1]
        return right


def along(path: WeightPath, loss: Loss, features: Array, labels: Labels) -> Along:
    """Follow features (n, d) and labels (n,) along a path."""
    points, classes = len(path), path.stacked.shape[1]
    losses = np.empty((points, len(labels)), np.float32)
    answers = np.empty((points, len(labels)), np.uint8)
    confusion = np.empty((points, classes, classes), np.int64)
    silent = np.empty(points)
    for point, scores in enumerate(scores_along(path, features)):
        losses[point] = loss.value(scores, labels)
        answers[point] = predicted(scores)
        confusion[point] = counted(labels, answers[point], classes)
        silent[point] = is_silent(loss, scores, labels).mean()
    return Along(losses, answers, confusion, silent)


def scores_along(path: WeightPath, features: Array) -> Iterator[Array]:
    """Scores (C, n) at one point after the other."""
    X = linear.with_ones(features)
    for theta in path.stacked:
        yield linear.scores(theta[None], X)[0]


def counted(labels: Labels, answers: Labels, classes: int) -> Labels:
    """(C, C) counts of examples by true class and predicted one."""
    cells = np.bincount(labels * classes + answers, minlength=classes * classes)
    counts: Labels = cells.reshape(classes, classes)
    return counts


def is_silent(loss: Loss, scores: Array, labels: Labels) -> Flags:
    """Which examples pull at no weight: their loss has a gradient of exactly zero, (n,).

    The others are the support examples: without the silent ones the gradient would be the same.
    """
    return np.asarray(~loss.gradient(scores, labels).any(axis=-2), np.bool_)


def pull(loss: Loss, scores: Array, labels: Labels) -> Array:
    """How hard each example pulls: the norm of its loss's gradient in its scores, (n,)."""
    strength: Array = np.linalg.norm(loss.gradient(scores, labels), axis=-2)
    return strength
