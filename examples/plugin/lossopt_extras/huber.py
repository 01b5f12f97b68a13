"""A penalty: squared for small weights, absolute for large ones."""

from dataclasses import dataclass

import numpy as np

from lossopt_core.objective.linear import Array
from lossopt_core.objective.regularizers import PenaltyCode, Regularizer


@dataclass(frozen=True)
class Huber(Regularizer):
    """strength * sum of h(w), with h(w) = w^2 up to |w| = 1 and 2 |w| - 1 beyond (Huber, 1964)."""

    strength: float | Array = 1e-3

    label = "Huber"
    formula = r"\lambda \sum_{k,l} h(W_{kl})"
    summary = "Like L2 for small weights, and no harder than L1 on large ones."
    numpy_code = PenaltyCode(
        value=" + strength * np.where(size <= 1, size**2, 2 * size - 1).sum()",
        lines="""\
size = np.abs(W[:, :-1])
gradient[:, :-1] += 2 * strength * np.clip(W[:, :-1], -1, 1)
""",
    )

    def value(self, W: Array) -> Array:
        size = np.abs(W)
        each = np.where(size <= 1.0, size**2, 2.0 * size - 1.0)
        total: Array = (self.strength * each).sum(axis=(-2, -1))
        return total

    def add_gradient(self, W: Array, gradient: Array, scratch: Array) -> Array:
        np.clip(W, -1.0, 1.0, out=scratch)
        scratch *= 2.0 * self.strength
        gradient += scratch
        return self.value(W)

    def add_least_subgradient(self, W: Array, gradient: Array) -> None:
        gradient += 2.0 * self.strength * np.clip(W, -1.0, 1.0)
