"""The L2 penalty."""

from dataclasses import dataclass

from typing_extensions import override

from lossopt_core.objective.linear import Array
from lossopt_core.objective.regularizers.base import PenaltyCode, Regularizer, add_ridge


@dataclass(frozen=True)
class L2(Regularizer):
    """strength * sum of squared weights (not halved: the course's convention)."""

    strength: float | Array = 1e-3

    label = "L2"
    formula = r"\lambda \sum_{k,l} W_{kl}^2"
    summary = "Prefers many small weights to a few large ones."
    elastic_net_form = True
    numpy_code = PenaltyCode(
        value=" + strength * (W[:, :-1] ** 2).sum()",
        lines="gradient[:, :-1] += 2 * strength * W[:, :-1]\n",
    )

    @property
    @override
    def squared(self) -> float | Array:
        return self.strength

    @override
    def value(self, W: Array) -> Array:
        total: Array = (self.strength * W * W).sum(axis=(-2, -1))
        return total

    @override
    def add_gradient(self, W: Array, gradient: Array, scratch: Array) -> Array:
        return add_ridge(W, self.doubled, gradient, scratch)

    @override
    def add_least_subgradient(self, W: Array, gradient: Array) -> None:
        gradient += 2.0 * self.strength * W
