r"""Dual domains of the losses that have certificates.

Every such loss is a maximum of linear functions minus a convex conjugate:

    loss = max over duals p in the domain of  sum over classes of p_j v_j - conjugate(p),

where the violations v_j are linear in the scores (`Loss.violations`).  The maximising duals
are a subgradient of the loss in v.  The conjugate is that of the loss in v (Boyd and
Vandenberghe, 2004, Convex Optimization, section 3.3).

    Box        0 <= p_j <= 1                 0                    sum of max(0, v_j)
    Orthant    0 <= p_j                       sum of p_j² / 4     sum of max(0, v_j)²
    Simplex    0 <= p_j, sum p_j <= 1        0                    max(0, v_1, ..., v_C)
    Entropy    0 <= p_j, sum p_j <= 1        negative entropy    log(1 + sum of exp v_j)

Duals and violations are arrays (C, n), classes by examples.
"""

import math
from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
from typing_extensions import override

from lossopt_core.objective.linear import Array


class Domain(ABC):
    """The set of feasible duals of one example, and the conjugate on it.

    highest   upper bound on each dual, or on the sum of an example's duals if they are coupled
    coupled   whether the duals of an example share that bound
    """

    highest: ClassVar[float] = 1.0
    coupled: ClassVar[bool] = False

    @staticmethod
    @abstractmethod
    def project(duals: Array) -> Array:
        """The nearest duals (C, n) in the domain."""

    @staticmethod
    @abstractmethod
    def tangent_step(duals: Array, direction: Array) -> Array:
        """A step of the duals along `direction`, shrunk to zero towards the domain's boundary.

        It is linear in `direction`, with a positive semidefinite matrix for each example.  Duals
        on the boundary stay there.
        """

    @staticmethod
    def conjugate(duals: Array) -> Array:
        """The conjugate of each example, (C, n) to (n,)."""
        return np.zeros(duals.shape[1])


class Box(Domain):
    """Each dual lies between 0 and 1 (hinge losses)."""

    @staticmethod
    @override
    def project(duals: Array) -> Array:
        return np.clip(duals, 0.0, 1.0)

    @staticmethod
    @override
    def tangent_step(duals: Array, direction: Array) -> Array:
        return duals * (1.0 - duals) * direction


class Orthant(Domain):
    """Duals are non-negative without upper bound; the conjugate is quadratic (squared hinge)."""

    highest = math.inf

    @staticmethod
    @override
    def project(duals: Array) -> Array:
        return np.maximum(duals, 0.0)

    @staticmethod
    @override
    def tangent_step(duals: Array, direction: Array) -> Array:
        return duals * direction

    @staticmethod
    @override
    def conjugate(duals: Array) -> Array:
        conjugate: Array = (duals**2).sum(axis=0) / 4
        return conjugate


class Simplex(Domain):
    """The duals of an example sum to at most 1 (Crammer-Singer)."""

    coupled = True

    @staticmethod
    @override
    def project(duals: Array) -> Array:
        # Held, Wolfe and Crowder (1974): subtract the same number from all that stay positive.
        duals = np.maximum(duals, 0.0)
        ordered = -np.sort(-duals, axis=0)
        taken = (np.cumsum(ordered, axis=0) - 1.0) / np.arange(1, len(duals) + 1)[:, None]
        projected: Array = np.maximum(duals - np.maximum(taken.max(axis=0), 0.0), 0.0)
        return projected

    @staticmethod
    @override
    def tangent_step(duals: Array, direction: Array) -> Array:
        # The softmax Jacobian: the remaining probability takes up the balance.
        change: Array = duals * (direction - (duals * direction).sum(axis=0))
        return change


class Entropy(Simplex):
    """The simplex with negative entropy as conjugate (cross-entropy)."""

    @staticmethod
    @override
    def conjugate(duals: Array) -> Array:
        rest = np.maximum(0.0, 1.0 - duals.sum(axis=0))
        conjugate: Array = _x_log_x(duals).sum(axis=0) + _x_log_x(rest)
        return conjugate


def _x_log_x(x: Array) -> Array:
    """x log x, and 0 at 0."""
    product: Array = x * np.log(np.where(x > 0, x, 1.0))
    return product
