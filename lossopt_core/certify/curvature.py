"""Second derivatives in the weights, from slopes of the pulls in the violations.

Shapes: X (n, D) with the bias as last column, slopes (C, n); the result is (C D, C D).
"""

from typing import TYPE_CHECKING

import numpy as np

from lossopt_core.objective.linear import Array

if TYPE_CHECKING:
    from lossopt_core.certify.duality import Problem

# Numbers in a temporary array of weighted examples: 16 megabytes.
NUMBERS_AT_ONCE = 2_000_000


def curvature(problem: "Problem", slopes: Array) -> Array:
    """Second derivative of the mean loss, if pulls rise with the violations by `slopes`.

    In a coupled domain the pulls of an example rise by diag(s) - s s' / sum of s, where the
    true class has a slope as well: that of what is left for it.
    """
    if problem.domain.coupled:
        return _of_shared_pulls(problem, slopes) / problem.examples
    if problem.loss.pairwise:
        return _of_pairs_with_the_true_class(problem, slopes) / problem.examples
    return _of_single_classes(problem, slopes) / problem.examples


def _of_shared_pulls(problem: "Problem", slopes: Array) -> Array:
    pairs = np.zeros((problem.classes, problem.classes, *2 * problem.X.shape[1:]))
    shares = slopes / slopes.sum(axis=0)
    for j in range(problem.classes - 1):
        pairs[j, j + 1 :] = weighted_grams(problem.X, slopes[j] * shares[j + 1 :])
    return _from_pairs(pairs + pairs.swapaxes(0, 1))


def _of_pairs_with_the_true_class(problem: "Problem", slopes: Array) -> Array:
    pairs = np.zeros((problem.classes, problem.classes, *2 * problem.X.shape[1:]))
    for y in range(problem.classes):
        mine = problem.labels == y
        grams = weighted_grams(problem.X[mine], slopes[:, mine])
        grams[y] = 0.0
        pairs[y] += grams
        pairs[:, y] += grams
    return _from_pairs(pairs)


def _of_single_classes(problem: "Problem", slopes: Array) -> Array:
    C, D = problem.classes, problem.X.shape[1]
    H = np.zeros((C, D, C, D))
    H[np.arange(C), :, np.arange(C)] = weighted_grams(problem.X, slopes)
    return H.reshape(C * D, C * D)


def weighted_grams(X: Array, weights: Array) -> Array:
    """(k, n) weights to k matrices, sum over i of weight[i] x_i x_i': (k, D, D)."""
    k, D = len(weights), X.shape[1]
    grams = np.zeros((k * D, D))
    piece = max(1, NUMBERS_AT_ONCE // (k * D))
    for first in range(0, len(X), piece):
        part = X[first : first + piece]
        weighted = weights[:, None, first : first + piece] * part.T
        grams += weighted.reshape(k * D, -1) @ part
    return grams.reshape(k, D, D)


def _from_pairs(pairs: Array) -> Array:
    """Matrices (C, C, D, D) of pairs of classes to the sum of (e_j - e_k)(e_j - e_k)' times them.

    `pairs` is symmetric in its first two axes, and zero where they are equal.
    """
    C, _, D, _ = pairs.shape
    H = -pairs
    H[np.arange(C), np.arange(C)] = pairs.sum(axis=1)
    return H.swapaxes(1, 2).reshape(C * D, C * D)
