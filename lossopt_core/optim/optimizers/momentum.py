"""Momentum (heavy ball)."""

from dataclasses import dataclass

import numpy as np
from typing_extensions import override

from lossopt_core.objective.linear import Array
from lossopt_core.objective.regularizers import soft_threshold
from lossopt_core.optim.optimizers.base import Memory, Optimizer, UpdateCode, nonzero


@dataclass(frozen=True)
class Momentum(Optimizer):
    """Heavy ball  (Polyak, 1964); with L1 its proximal form, iPiano  (Ochs et al., 2014).

    With L1, v includes the subgradient of the penalty at the new weights, so that it is zero at
    fixed points: W <- prox(W - α g + β (W - W_before)) at a constant rate.
    """

    momentum: float | Array = 0.9

    label = "Momentum"
    colour = ("#132952", "#92B3F5")
    formula = r"v \leftarrow \beta v + g, \quad W \leftarrow W - \alpha v"
    summary = "Accumulates a velocity: consistent directions accelerate, oscillations cancel."
    numpy_code = UpdateCode(
        memory=("velocity",),
        update="""\
velocity = momentum * velocity + gradient
W = W - rate * velocity
""",
        proximal="""\
velocity = momentum * velocity + gradient
W = W - rate * velocity
cut = np.clip(W, -rate * absolute, rate * absolute)
W, velocity = W - cut, velocity + cut / rate
""",
    )
    memory_arrays = 1

    theorem = (
        "Heavy ball converges to the minimum of every convex function of curvature at most L if"
        " α < 2(1 − β)/L (Ghadimi, Feyzmahdavian and Johansson, 2015, Theorem 1; with L1: Ochs,"
        " Chen, Brox and Pock, 2014, Theorem 4.9). Between this and 2(1 + β)/L it may cycle"
        " forever."
    )

    @override
    def stability_threshold(self) -> float:
        return 2.0 * (1.0 + float(self.momentum))

    @override
    def proven_threshold(self) -> float:
        return 2.0 * (1.0 - float(self.momentum))

    @override
    def momentum_lr_scale(self) -> float:
        return 1.0 - float(self.momentum)

    @override
    def update(
        self,
        W: Array,
        gradient: Array,
        memory: Memory,
        rate: Array | float,
        step: int,
        absolute: Array | float | None = None,
    ) -> None:
        (velocity,) = memory
        velocity *= self.momentum
        velocity += gradient
        np.multiply(velocity, rate, out=gradient)
        W -= gradient
        if absolute is not None:
            soft_threshold(W, rate * absolute, gradient)
            gradient /= nonzero(rate)
            velocity += gradient
