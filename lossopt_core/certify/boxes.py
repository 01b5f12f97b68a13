"""Parts of an objective that have kinks, as an interior-point method sees them.

Each part is a sum of max over the duals in a domain of dual * value - charge.  The values are
kept as differences of positive numbers, and each of these has a positive partner among the
duals; at the optimum the product of every such pair vanishes.  On the central path all
products are one number, which is sent to zero (Wright, 1997, Primal-Dual Interior-Point
Methods).  Arrays have the shape of the values.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Self

import numpy as np
from typing_extensions import override

from lossopt_core.objective.linear import Array

# Part of the way to the boundary that one step may go.
TO_BOUNDARY = 0.995

Targets = tuple[Array | float, Array | float]
"""What the products of the pairs are to become: of the two kinds of pairs that a part has."""


class Part(ABC):
    """One part; `dual` is its dual point."""

    dual: Array

    @abstractmethod
    def pairs(self) -> list[tuple[Array, Array]]:
        """The pairs of positive numbers whose products must vanish."""

    @abstractmethod
    def linearised(self, targets: Targets) -> tuple[Array, Array]:
        """Slopes of the dual in the values, and the dual after a Newton step if these stay."""

    @abstractmethod
    def direction(self, targets: Targets, change: Array) -> Self:
        """The Newton step once the values' change is known."""

    @abstractmethod
    def moved(self, direction: Self, primal: float, dual: float) -> Self:
        """The state after a step."""

    def products(self) -> float:
        """Sum of what must vanish."""
        return float(sum(np.vdot(primal, dual) for primal, dual in self.pairs()))

    def count(self) -> int:
        """How many products must vanish."""
        return sum(dual.size for _, dual in self.pairs())

    def longest(self, direction: Self) -> tuple[float, float]:
        """How far values and duals may go before a pair loses its sign."""
        steps = list(zip(self.pairs(), direction.changes(), strict=True))
        return (
            min(longest(pair[0], change[0]) for pair, change in steps),
            min(longest(pair[1], change[1]) for pair, change in steps),
        )

    @abstractmethod
    def changes(self) -> list[tuple[Array, Array]]:
        """Of a direction: the changes of the pairs."""

    def corrected(self, mu: float, direction: Self) -> Targets:
        """Targets that make up for what a step without them has left out (Mehrotra, 1992)."""
        first, *others = (mu - primal * dual for primal, dual in direction.changes())
        return first, others[0] if others else 0.0


@dataclass(eq=False)
class Box(Part):
    """max over low <= dual <= high: values are above - below, with the pairs

        above * (high - dual)    and    below * (dual - low).

    The hinge is max over [0, 1] of pull * violation, |w| times a is max over [-a, a] of z * w.
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
        """A start in the middle of the box: neither side is nearer to zero than `slack`."""
        above = np.maximum(values, 0.0) + slack
        middle = np.broadcast_to((np.asarray(low) + high) / 2, values.shape).copy()
        return cls(low, high, above, above - values, middle)

    @property
    def to_high(self) -> Array:
        """Distance of the dual from its upper end."""
        return self.high - self.dual

    @property
    def to_low(self) -> Array:
        """Distance of the dual from its lower end."""
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
        pull = self.above - self.below - targets[0] / self.to_high + targets[1] / self.to_low
        return slope, self.dual + slope * pull

    @override
    def direction(self, targets: Targets, change: Array) -> Self:
        slope, target = self.linearised(targets)
        dual = target - self.dual + slope * change
        above = (targets[0] + self.above * (dual - self.to_high)) / self.to_high
        below = (targets[1] - self.below * (dual + self.to_low)) / self.to_low
        return self.fitting(above, below, dual, change)

    def fitting(self, above: Array, below: Array, dual: Array, change: Array) -> Self:
        """A direction along which above - below changes as the values do, to rounding.

        Where the dual is sensitive, its error spoils the larger of the two and hardly the other.
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
        """What the barrier problem is charged for this part."""
        logs = np.log(self.above).sum() + np.log(self.below).sum()
        return float((self.high * self.above - self.low * self.below).sum() - mu * logs)

    def barrier_slope(self, mu: float, direction: Self) -> float:
        """Derivative of `barrier` along a direction."""
        return float(
            ((self.high - mu / self.above) * direction.above).sum()
            - ((self.low + mu / self.below) * direction.below).sum()
        )


class Ray(Box):
    """max over dual >= 0 of dual * value - dual² / 4, which the squared hinge is.

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
        return self.fitting(above, below, dual, change)


@dataclass(eq=False)
class Shares(Part):
    """max over duals >= 0 that add up to 1 in each column: the largest value of a column.

    `slack` is by how much each value is below a bound of all, and slack * dual are the pairs.
    """

    slack: Array
    dual: Array

    @classmethod
    def around(cls, values: Array, slack: float) -> Self:
        """A start in the middle: equal duals, and a bound of the values with some room."""
        below = values.max(axis=0) + slack - values
        return cls(below, np.full_like(values, 1.0 / len(values)))

    @override
    def pairs(self) -> list[tuple[Array, Array]]:
        return [(self.slack, self.dual)]

    @override
    def changes(self) -> list[tuple[Array, Array]]:
        return [(self.slack, self.dual)]

    def _bound_rises(self, targets: Targets, slope: Array, change: Array | float) -> Array:
        """By how much the bound rises, for duals that add up to 1."""
        asked = targets[0] / self.slack + slope * change
        rise: Array = (asked.sum(axis=0) - 1.0) / slope.sum(axis=0)
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
    """The largest step, at most 1, that keeps `distance` positive."""
    worst = float((-change / distance).max(initial=0.0))
    return 1.0 if worst <= TO_BOUNDARY else TO_BOUNDARY / worst
