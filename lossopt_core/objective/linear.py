"""A stack of linear classifiers.

Shapes used throughout the core (R runs, C classes, D features, B examples):

    W       (R, C, D)   one (C, D) classifier per run; W[r] is the lecture's W, with the bias
                        as its last column
    X       (B, D)      a batch shared by all runs, with a last column of ones
    y       (B,)        labels 0..C-1, shared by all runs
    scores  (R, C, B)   scores[r, c, b] = W[r, c] @ X[b]

Runs with different seeds or splits see different batches: X (G, B, D) and y (G, B) for G groups.

The run axis leads and the example axis is last, so that a slice of runs is a view and a
reduction over classes is vectorised over examples.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
"""float64 or float32, depending on the training precision."""
Labels = NDArray[np.int64]


def with_ones(features: Array) -> Array:
    """Append a column of ones, (n, d) to (n, d + 1): the bias trick of the lecture notes."""
    return np.hstack([features, np.ones((len(features), 1))])


def scores(W: Array, X: Array, out: Array | None = None) -> Array:
    """Scores (R, C, B) of weights (R, C, D) on a batch (B, D): one product for all runs.

    With batches (G, B, D), the first R / G runs see the first batch, and so on.
    """
    if out is None:
        out = np.empty((*W.shape[:2], X.shape[-2]), W.dtype)
    if X.ndim == 2:
        np.dot(W.reshape(-1, W.shape[2]), X.T, out.reshape(-1, len(X)))
    else:
        np.matmul(_by_group(W, X), X.transpose(0, 2, 1), out=_by_group(out, X))
    return out


def pull_back(upstream: Array, X: Array, out: Array | None = None) -> Array:
    """Backpropagate score gradients (R, C, B) to weight gradients (R, C, D): one product."""
    if out is None:
        out = np.empty((*upstream.shape[:2], X.shape[-1]), X.dtype)
    if X.ndim == 2:
        np.dot(upstream.reshape(-1, len(X)), X, out.reshape(-1, X.shape[1]))
    else:
        np.matmul(_by_group(upstream, X), X, out=_by_group(out, X))
    return out


def _by_group(stack: Array, X: Array) -> Array:
    """A view (G, R / G * C, n) of a contiguous stack (R, C, n), for batches X of G groups."""
    return stack.reshape(len(X), -1, stack.shape[2])
