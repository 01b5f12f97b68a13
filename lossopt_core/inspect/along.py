"""Losses and predictions of a run at every recorded point.

Points are k, classes C, examples n.  The leading axis of a path is time instead of runs, so the
same matrix products apply; they are computed point by point, because all scores at once would
take too much memory.
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
    """Results on one part of the data, point by point.

    losses          (k, n) in float32
    predictions     (k, n) predicted classes
    confusion       (k, C, C) counts: rows are true classes, columns predicted ones
    zero_gradient   (k,) fraction of the examples with zero gradient
    """

    losses: NDArray[np.float32]
    predictions: NDArray[np.uint8]
    confusion: Labels
    zero_gradient: Array

    @property
    def accuracy(self) -> Array:
        """Accuracy (k,)."""
        accuracy: Array = np.einsum("kcc->k", self.confusion) / self.losses.shape[1]
        return accuracy


def along(path: WeightPath, loss: Loss, features: Array, labels: Labels) -> Along:
    """Evaluate features (n, d) and labels (n,) along a path."""
    points, classes = len(path), path.stacked.shape[1]
    losses = np.empty((points, len(labels)), np.float32)
    predictions = np.empty((points, len(labels)), np.uint8)
    confusion = np.empty((points, classes, classes), np.int64)
    zero_gradient = np.empty(points)
    for point, scores in enumerate(scores_along(path, features)):
        losses[point] = loss.value(scores, labels)
        predictions[point] = predicted(scores)
        confusion[point] = confusion_counts(labels, predictions[point], classes)
        zero_gradient[point] = has_zero_gradient(loss, scores, labels).mean()
    return Along(losses, predictions, confusion, zero_gradient)


def scores_along(path: WeightPath, features: Array) -> Iterator[Array]:
    """Scores (C, n) at each point in turn."""
    X = linear.with_ones(features)
    for theta in path.stacked:
        yield linear.scores(theta[None], X)[0]


def confusion_counts(labels: Labels, predictions: Labels, classes: int) -> Labels:
    """Confusion matrix (C, C): rows are true classes, columns predicted ones."""
    cells = np.bincount(labels * classes + predictions, minlength=classes * classes)
    counts: Labels = cells.reshape(classes, classes)
    return counts


def has_zero_gradient(loss: Loss, scores: Array, labels: Labels) -> Flags:
    """Which examples have a gradient of exactly zero, (n,).

    The others are the active (support) examples, which alone determine the gradient.
    """
    return np.asarray(~loss.gradient(scores, labels).any(axis=-2), np.bool_)


def gradient_norms(loss: Loss, scores: Array, labels: Labels) -> Array:
    """The norm of each example's loss gradient in its scores, (n,)."""
    norms: Array = np.linalg.norm(loss.gradient(scores, labels), axis=-2)
    return norms
