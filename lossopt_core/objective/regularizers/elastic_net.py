"""The elastic net."""

from dataclasses import dataclass

from typing_extensions import override

from lossopt_core.objective.linear import Array
from lossopt_core.objective.regularizers.base import PenaltyCode, Regularizer


@dataclass(frozen=True)
class ElasticNet(Regularizer):
    """strength * (l1_ratio * sum |W| + (1 - l1_ratio) * sum W^2)  (Zou and Hastie, 2005)."""

    strength: float | Array = 1e-3
    l1_ratio: float | Array = 0.5

    label = "Elastic net"
    formula = r"\lambda \sum_{k,l} \left( \rho\,|W_{kl}| + (1 - \rho)\,W_{kl}^2 \right)"
    summary = "A mix of L1 and L2: zero weights for useless features, small weights elsewhere."
    numpy_code = PenaltyCode(
        value=" + (absolute * np.abs(W) + squared * W**2).sum()",
        lines="gradient += 2 * squared * W\n",
        by_weight="""\
absolute, squared = np.outer([l1_ratio, 1 - l1_ratio], strength * (np.arange({columns}) < {bias}))
""",
    )

    @property
    @override
    def absolute(self) -> float | Array:
        return self.strength * self.l1_ratio

    @property
    @override
    def squared(self) -> float | Array:
        return self.strength * (1.0 - self.l1_ratio)
