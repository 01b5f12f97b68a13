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

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Labels = NDArray[np.int64]


def with_ones(features: Array) -> Array:
    """(n, d) features to (n, d + 1): the bias trick of the lecture notes."""
    return np.hstack([features, np.ones((len(features), 1))])


def scores(W: Array, X: Array, out: Array | None = None) -> Array:
    """(R, C, D) weights and a (B, D) batch to (R, C, B) scores: one product for all runs."""
    runs, classes, features = W.shape
    flat = None if out is None else out.reshape(runs * classes, len(X))
    product = np.matmul(W.reshape(runs * classes, features), X.T, out=flat)
    return product.reshape(runs, classes, len(X))


def pull_back(upstream: Array, X: Array, out: Array | None = None) -> Array:
    """(R, C, B) gradients of the scores to (R, C, D) gradients of the weights: one product."""
    runs, classes, batch = upstream.shape
    flat = None if out is None else out.reshape(runs * classes, X.shape[1])
    product = np.matmul(upstream.reshape(runs * classes, batch), X, out=flat)
    return product.reshape(runs, classes, X.shape[1])
