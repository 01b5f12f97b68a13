"""Losses and gradients of a stack of classifiers on the same examples."""

import numpy as np

from lossopt_core.experiment.loading import Data
from lossopt_core.objective import linear
from lossopt_core.objective.linear import Array, Labels
from lossopt_core.objective.losses import Loss


def inputs(data: Data) -> tuple[Array, Labels]:
    """Training features (n, D) with a column of ones, and labels (n,)."""
    return linear.with_ones(data.train_features), data.train_labels


def mean_losses(loss: Loss, W: Array, X: Array, labels: Labels) -> Array:
    """The data losses (R,) of a stack of classifiers (R, C, D)."""
    means: Array = loss.value(linear.scores(W, X), labels).mean(axis=-1)
    return means


def gradients(loss: Loss, W: Array, X: Array, labels: Labels) -> Array:
    """The gradients of `mean_losses`, (R, C, D)."""
    upstream = np.ascontiguousarray(loss.gradient(linear.scores(W, X), labels))
    return linear.pull_back(upstream, X) / len(X)
