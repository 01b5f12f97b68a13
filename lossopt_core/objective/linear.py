"""A stack of linear classifiers that share their data.

Shapes used throughout the core (R runs, C classes, D features, B examples):

    W       (R, C, D)   one (C, D) classifier a run; W[r] is the lecture's W, with the bias as
                        its last column
    X       (B, D)      a batch, the same for every run, with a last column of ones
    y       (B,)        labels 0..C-1, the same for every run
    scores  (R, C, B)   scores[r, c, b] = W[r, c] @ X[b]

The run axis leads and the example axis is last, so that a slice of runs is a view and a
reduction over classes is vectorised over examples.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
"""Double or single numbers: as the precision of the training says."""
Labels = NDArray[np.int64]


def with_ones(features: Array) -> Array:
    """(n, d) features to (n, d + 1): the bias trick of the lecture notes."""
    return np.hstack([features, np.ones((len(features), 1))])


def scores(W: Array, X: Array, out: Array | None = None) -> Array:
    """(R, C, D) weights and a (B, D) batch to (R, C, B) scores: one product for all runs."""
    if out is None:
        out = np.empty((*W.shape[:2], len(X)), W.dtype)
    np.dot(W.reshape(-1, W.shape[2]), X.T, out.reshape(-1, len(X)))
    return out


def pull_back(upstream: Array, X: Array, out: Array | None = None) -> Array:
    """(R, C, B) gradients of the scores to (R, C, D) gradients of the weights: one product."""
    if out is None:
        out = np.empty((*upstream.shape[:2], X.shape[1]), X.dtype)
    np.dot(upstream.reshape(-1, len(X)), X, out.reshape(-1, X.shape[1]))
    return out
