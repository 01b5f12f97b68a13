"""No penalty."""

from dataclasses import dataclass

import numpy as np
from typing_extensions import override

from lossopt_core.objective.linear import Array
from lossopt_core.objective.regularizers.base import PenaltyCode, Regularizer


@dataclass(frozen=True)
class NoPenalty(Regularizer):
    """The objective is the data loss only."""

    label = "None"
    formula = "0"
    summary = "No penalty: on separable data the weights grow without bound."
    elastic_net_form = True
    numpy_code = PenaltyCode()

    @override
    def value(self, W: Array) -> Array:
        return np.zeros(W.shape[:-2])

    @override
    def add_gradient(self, W: Array, gradient: Array, scratch: Array) -> Array:
        return self.value(W)

    def add_least_subgradient(self, W: Array, gradient: Array) -> None:
        """The data gradient is the whole gradient."""
