"""The L1 penalty."""

from dataclasses import dataclass

import numpy as np
from typing_extensions import override

from lossopt_core.objective.linear import Array
from lossopt_core.objective.regularizers.base import (
    PenaltyCode,
    Regularizer,
    least_subgradient,
)


@dataclass(frozen=True)
class L1(Regularizer):
    """strength * sum of absolute weights."""

    strength: float | Array = 1e-3

    label = "L1"
    formula = r"\lambda \sum_{k,l} |W_{kl}|"
    summary = "Sets weights to exactly zero, which selects features."
    elastic_net_form = True
    numpy_code = PenaltyCode(
        value=" + (absolute * np.abs(W)).sum()",
        by_weight="absolute = strength * (np.arange({columns}) < {bias})  # 0 for the bias\n",
    )

    @property
    @override
    def absolute(self) -> float | Array:
        return self.strength

    @override
    def value(self, W: Array) -> Array:
        total: Array = (self.strength * np.abs(W)).sum(axis=(-2, -1))
        return total

    @override
    def add_gradient(self, W: Array, gradient: Array, scratch: Array) -> Array:
        return self.value(W)

    @override
    def add_least_subgradient(self, W: Array, gradient: Array) -> None:
        gradient[...] = least_subgradient(W, gradient, self.strength)
