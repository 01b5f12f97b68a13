"""Nonsmooth terms of an objective, in the form that interior-point methods need.

Each term is a sum of max over the duals in a domain of dual * value - conjugate.  The values
are represented as differences of positive slacks, each of which has a positive partner among
the duals; at the optimum the product of every such pair is zero.  On the central path all
products equal one number mu, which is driven to zero (Wright, 1997, Primal-Dual
Interior-Point Methods).  Arrays have the shape of the values.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Self

import numpy as np
from typing_extensions import override

from lossopt_core.objective.linear import Array

# Fraction of the distance to the boundary that one step may cover.
TO_BOUNDARY = 0.995

Targets = tuple[Array | float, Array | float]
"""Target values of the complementarity products, one for each kind of pair."""


class Part(ABC):
    """One term; `dual` is its dual point."""

    dual: Array

    @abstractmethod
    def pairs(self) -> list[tuple[Array, Array]]:
        """The pairs of positive numbers whose products must go to zero."""

    @abstractmethod
    def linearised(self, targets: Targets) -> tuple[Array, Array]:
        """Derivative of the dual in the values, and the dual after a step at fixed values."""

    @abstractmethod
    def direction(self, targets: Targets, change: Array) -> Self:
        """The Newton step for a given change of the values."""

    @abstractmethod
    def moved(self, direction: Self, primal: float, dual: float) -> Self:
        """The state after a step."""

    def products(self) -> float:
        """Sum of the complementarity products."""
        return float(sum(np.vdot(primal, dual) for primal, dual in self.pairs()))

    def count(self) -> int:
        """Number of complementarity products."""
        return sum(dual.size for _, dual in self.pairs())

    def longest(self, direction: Self) -> tuple[float, float]:
        """The largest primal and dual steps that keep all pairs positive."""
        steps = list(zip(self.pairs(), direction.changes(), strict=True))
        return (
            min(longest(pair[0], change[0]) for pair, change in steps),
            min(longest(pair[1], change[1]) for pair, change in steps),
        )

    @abstractmethod
    def changes(self) -> list[tuple[Array, Array]]:
        """The changes of the pairs, for a direction."""

    def corrected(self, mu: float, direction: Self) -> Targets:
        """Targets with the second-order correction of the predictor step (Mehrotra, 1992)."""
        first, *others = (mu - primal * dual for primal, dual in direction.changes())
        return first, others[0] if others else 0.0


@dataclass(eq=False)
class Box(Part):
    """The maximum over low <= dual <= high; values are above - below, with the pairs

        above * (high - dual)    and    below * (dual - low).

    The hinge is the maximum over [0, 1] of dual * violation; a |w| is the maximum over [-a, a] of
    z * w.
    """

    low: Array | float
    high: Array | float
    above: Array
    below: Array
    dual: Array

    @classmethod
    def around(
        cls, values: Array, low: Array | float, high: Array | float, slack: Array | float
    ) -> Self:
        """A starting point in the middle of the box, with both slacks at least `slack`."""
        above = np.maximum(values, 0.0) + slack
        middle = np.broadcast_to((np.asarray(low) + high) / 2, values.shape).copy()
        return cls(low, high, above, above - values, middle)

    @property
    def to_high(self) -> Array:
        """Distance of the dual to its upper bound."""
        return self.high - self.dual

    @property
    def to_low(self) -> Array:
        """Distance of the dual to its lower bound."""
        return self.dual - self.low

    @override
    def pairs(self) -> list[tuple[Array, Array]]:
        return [(self.above, self.to_high), (self.below, self.to_low)]

    @override
    def changes(self) -> list[tuple[Array, Array]]:
        return [(self.above, -self.dual), (self.below, self.dual)]

    @override
    def linearised(self, targets: Targets) -> tuple[Array, Array]:
        slope = 1.0 / (self.above / self.to_high + self.below / self.to_low)
        residual = self.above - self.below - targets[0] / self.to_high + targets[1] / self.to_low
        return slope, self.dual + slope * residual

    @override
    def direction(self, targets: Targets, change: Array) -> Self:
        slope, target = self.linearised(targets)
        dual = target - self.dual + slope * change
        above = (targets[0] + self.above * (dual - self.to_high)) / self.to_high
        below = (targets[1] - self.below * (dual + self.to_low)) / self.to_low
        return self.consistent(above, below, dual, change)

    def consistent(self, above: Array, below: Array, dual: Array, change: Array) -> Self:
        """A direction in which above - below changes exactly as the values do, up to rounding.

        The larger slack is recomputed from the smaller one, because errors in the dual affect it
        most.
        """
        positive = self.above > self.below
        return type(self)(
            self.low,
            self.high,
            np.where(positive, below + change, above),
            np.where(positive, below, above - change),
            dual,
        )

    @override
    def moved(self, direction: Self, primal: float, dual: float) -> Self:
        return type(self)(
            self.low,
            self.high,
            self.above + primal * direction.above,
            self.below + primal * direction.below,
            self.dual + dual * direction.dual,
        )

    def barrier(self, mu: float) -> float:
        """The barrier function of this term."""
        logs = np.log(self.above).sum() + np.log(self.below).sum()
        return float((self.high * self.above - self.low * self.below).sum() - mu * logs)

    def barrier_slope(self, mu: float, direction: Self) -> float:
        """Derivative of `barrier` along a direction."""
        return float(
            ((self.high - mu / self.above) * direction.above).sum()
            - ((self.low + mu / self.below) * direction.below).sum()
        )


class Ray(Box):
    """The maximum over dual >= 0 of dual * value - dual² / 4: the squared hinge.

    Here above is half the dual at the optimum, and only below * dual is a pair.
    """

    @override
    def pairs(self) -> list[tuple[Array, Array]]:
        return [(self.below, self.to_low)]

    @override
    def changes(self) -> list[tuple[Array, Array]]:
        return [(self.below, self.dual)]

    @override
    def linearised(self, targets: Targets) -> tuple[Array, Array]:
        slope = 1.0 / (0.5 + self.below / self.to_low)
        values = self.above - self.below
        return slope, self.dual + slope * (values - self.dual / 2 + targets[0] / self.to_low)

    @override
    def direction(self, targets: Targets, change: Array) -> Self:
        slope, target = self.linearised(targets)
        dual = target - self.dual + slope * change
        above = (self.dual + dual) / 2 - self.above
        below = (targets[0] - self.below * (dual + self.to_low)) / self.to_low
        return self.consistent(above, below, dual, change)


@dataclass(eq=False)
class Simplex(Part):
    """The maximum over non-negative duals that sum to 1 in each column: the column's maximum.

    `slack` is the distance of each value below a common upper bound; the pairs are slack * dual.
    """

    slack: Array
    dual: Array

    @classmethod
    def around(cls, values: Array, slack: float) -> Self:
        """A starting point with equal duals and a loose upper bound on the values."""
        below = values.max(axis=0) + slack - values
        return cls(below, np.full_like(values, 1.0 / len(values)))

    @override
    def pairs(self) -> list[tuple[Array, Array]]:
        return [(self.slack, self.dual)]

    @override
    def changes(self) -> list[tuple[Array, Array]]:
        return [(self.slack, self.dual)]

    def _bound_rises(self, targets: Targets, slope: Array, change: Array | float) -> Array:
        """The change of the upper bound that keeps the sum of the duals at 1."""
        wanted = targets[0] / self.slack + slope * change
        rise: Array = (wanted.sum(axis=0) - 1.0) / slope.sum(axis=0)
        return rise

    @override
    def linearised(self, targets: Targets) -> tuple[Array, Array]:
        slope = self.dual / self.slack
        rise = self._bound_rises(targets, slope, 0.0)
        return slope, targets[0] / self.slack - slope * rise

    @override
    def direction(self, targets: Targets, change: Array) -> Self:
        slope = self.dual / self.slack
        slack = self._bound_rises(targets, slope, change) - change
        return type(self)(slack, targets[0] / self.slack - slope * slack - self.dual)

    @override
    def moved(self, direction: Self, primal: float, dual: float) -> Self:
        moved = self.dual + dual * direction.dual
        return type(self)(self.slack + primal * direction.slack, moved / moved.sum(axis=0))


def longest(distance: Array, change: Array) -> float:
    """The largest step of at most 1 that keeps `distance` positive."""
    worst = float((-change / distance).max(initial=0.0))
    return 1.0 if worst <= TO_BOUNDARY else TO_BOUNDARY / worst
