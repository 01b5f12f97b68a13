"""Hessians in the weights, from the derivatives of the duals in the violations.

Shapes: X (n, D) with a last column of ones, slopes (C, n); the result is (C D, C D).
"""

from typing import TYPE_CHECKING

import numpy as np

from lossopt_core.objective.linear import Array

if TYPE_CHECKING:
    from lossopt_core.certify.duality import Problem

# Size of the temporary array of weighted examples: 16 MB.
NUMBERS_AT_ONCE = 2_000_000


def curvature(problem: "Problem", slopes: Array) -> Array:
    """Hessian of the mean loss, given the derivatives `slopes` of the duals in the violations.

    In a coupled domain the derivative for an example is diag(s) - s s' / sum of s, where the
    true class has a slope as well: that of the remaining probability.
    """
    if problem.domain.coupled:
        return _coupled(problem, slopes) / problem.examples
    if problem.loss.pairwise:
        return _pairwise(problem, slopes) / problem.examples
    return _separate(problem, slopes) / problem.examples


def _coupled(problem: "Problem", slopes: Array) -> Array:
    pairs = np.zeros((problem.classes, problem.classes, *2 * problem.X.shape[1:]))
    shares = slopes / slopes.sum(axis=0)
    for j in range(problem.classes - 1):
        pairs[j, j + 1 :] = weighted_grams(problem.X, slopes[j] * shares[j + 1 :])
    return _from_pairs(pairs + pairs.swapaxes(0, 1))


def _pairwise(problem: "Problem", slopes: Array) -> Array:
    pairs = np.zeros((problem.classes, problem.classes, *2 * problem.X.shape[1:]))
    for y in range(problem.classes):
        rows = problem.labels == y
        grams = weighted_grams(problem.X[rows], slopes[:, rows])
        grams[y] = 0.0
        pairs[y] += grams
        pairs[:, y] += grams
    return _from_pairs(pairs)


def _separate(problem: "Problem", slopes: Array) -> Array:
    C, D = problem.classes, problem.X.shape[1]
    H = np.zeros((C, D, C, D))
    H[np.arange(C), :, np.arange(C)] = weighted_grams(problem.X, slopes)
    return H.reshape(C * D, C * D)


def weighted_grams(X: Array, weights: Array) -> Array:
    """Weighted Gram matrices (k, D, D) for weights (k, n): sum over i of weight[i] x_i x_i'."""
    k, D = len(weights), X.shape[1]
    grams = np.zeros((k * D, D))
    chunk = max(1, NUMBERS_AT_ONCE // (k * D))
    for first in range(0, len(X), chunk):
        part = X[first : first + chunk]
        weighted = weights[:, None, first : first + chunk] * part.T
        grams += weighted.reshape(k * D, -1) @ part
    return grams.reshape(k, D, D)


def _from_pairs(pairs: Array) -> Array:
    """The sum over pairs of classes of (e_j - e_k)(e_j - e_k)' times their matrices (C, C, D, D).

    `pairs` is symmetric in its first two axes and zero on their diagonal.
    """
    C, _, D, _ = pairs.shape
    H = -pairs
    H[np.arange(C), np.arange(C)] = pairs.sum(axis=1)
    return H.swapaxes(1, 2).reshape(C * D, C * D)
