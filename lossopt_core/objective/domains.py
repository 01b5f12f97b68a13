r"""Domains of the duals of losses that are maxima of linear functions, less a convex charge.

Every loss that can be certified has the form

    loss = max over pulls p in the domain of  sum over classes of p_j v_j - charge(p),

where the violations v_j are linear in the scores (`Loss.violations`).  A pull says how hard
the loss pushes on the score of a class; the maximising pulls are a subgradient.  The charge is
the convex conjugate of the loss in v (Boyd and Vandenberghe, 2004, Convex Optimization,
section 3.3).

    Box        0 <= p_j <= 1                 no charge           sum of max(0, v_j)
    Ray        0 <= p_j                      sum of p_j² / 4     sum of max(0, v_j)²
    Simplex    0 <= p_j, sum p_j <= 1        no charge           max(0, v_1, ..., v_C)
    Entropy    0 <= p_j, sum p_j <= 1        negative entropy    log(1 + sum of exp v_j)

Pulls and violations are arrays (C, n), classes by examples.
"""

import math
from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from lossopt_core.objective.linear import Array


class Domain(ABC):
    """Where the pulls of one example may lie, and what they are charged.

    highest   no pull is above this; nor is the sum of an example's pulls if they are coupled
    coupled   whether the pulls of an example share that bound
    """

    highest: ClassVar[float] = 1.0
    coupled: ClassVar[bool] = False

    @staticmethod
    @abstractmethod
    def project(pulls: Array) -> Array:
        """The nearest pulls (C, n) in the domain."""

    @staticmethod
    @abstractmethod
    def nudge(pulls: Array, wish: Array) -> Array:
        """A change of the pulls in the direction wished for, small where they are hardly free.

        Linear in the wish, with a positive semidefinite matrix for each example; pulls at the
        boundary of the domain stay there.
        """

    @staticmethod
    def charge(pulls: Array) -> Array:
        """The charge of each example, (C, n) to (n,)."""
        return np.zeros(pulls.shape[1])


class Box(Domain):
    """Each pull lies between 0 and 1 (hinges)."""

    @staticmethod
    def project(pulls: Array) -> Array:
        return np.clip(pulls, 0.0, 1.0)

    @staticmethod
    def nudge(pulls: Array, wish: Array) -> Array:
        return pulls * (1.0 - pulls) * wish


class Ray(Domain):
    """Pulls have no upper bound, but are charged (squared hinge)."""

    highest = math.inf

    @staticmethod
    def project(pulls: Array) -> Array:
        return np.maximum(pulls, 0.0)

    @staticmethod
    def nudge(pulls: Array, wish: Array) -> Array:
        return pulls * wish

    @staticmethod
    def charge(pulls: Array) -> Array:
        charge: Array = (pulls**2).sum(axis=0) / 4
        return charge


class Simplex(Domain):
    """The pulls of an example share at most 1 (Crammer-Singer)."""

    coupled = True

    @staticmethod
    def project(pulls: Array) -> Array:
        # Held, Wolfe and Crowder (1974): the same number is taken off all that stay positive.
        pulls = np.maximum(pulls, 0.0)
        ordered = -np.sort(-pulls, axis=0)
        taken = (np.cumsum(ordered, axis=0) - 1.0) / np.arange(1, len(pulls) + 1)[:, None]
        projected: Array = np.maximum(pulls - np.maximum(taken.max(axis=0), 0.0), 0.0)
        return projected

    @staticmethod
    def nudge(pulls: Array, wish: Array) -> Array:
        # As probabilities change with scores: what one gains, the others and the rest lose.
        change: Array = pulls * (wish - (pulls * wish).sum(axis=0))
        return change


class Entropy(Simplex):
    """The same with the entropy of the shares (cross-entropy)."""

    @staticmethod
    def charge(pulls: Array) -> Array:
        rest = np.maximum(0.0, 1.0 - pulls.sum(axis=0))
        charge: Array = _x_log_x(pulls).sum(axis=0) + _x_log_x(rest)
        return charge


def _x_log_x(x: Array) -> Array:
    """x log x, and 0 at 0."""
    product: Array = x * np.log(np.where(x > 0, x, 1.0))
    return product
