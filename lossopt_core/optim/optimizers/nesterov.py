"""Nesterov's accelerated gradient."""

from dataclasses import dataclass

import numpy as np
from typing_extensions import override

from lossopt_core.objective.linear import Array
from lossopt_core.objective.regularizers import soft_threshold
from lossopt_core.optim.optimizers.base import Memory, Optimizer, UpdateCode, nonzero


@dataclass(frozen=True)
class Nesterov(Optimizer):
    """Nesterov's accelerated gradient, in the form of CS231n's notes (Bengio et al., 2012).

    With L1 it is the accelerated proximal gradient method (Beck and Teboulle, 2009) at constant
    momentum, with the gradient mapping G = (W - prox(W - α g)) / α in place of g.  Weights that the
    prox sets to zero lose their velocity, because the look-ahead would move them away again.
    """

    momentum: float | Array = 0.9

    label = "Nesterov"
    colour = ("#6F14BA", "#A75FD9")
    formula = r"v \leftarrow \beta v + g, \quad W \leftarrow W - \alpha (g + \beta v)"
    summary = "Momentum with look-ahead, which corrects the velocity earlier."
    numpy_code = UpdateCode(
        memory=("velocity",),
        update="""\
velocity = momentum * velocity + gradient
W = W - rate * (gradient + momentum * velocity)
""",
        proximal="""\
point = W - rate * gradient
point = point - np.clip(point, -rate * absolute, rate * absolute)
velocity = (momentum * velocity + (W - point) / rate) * (point != 0)
W = point - rate * momentum * velocity
""",
    )
    memory_arrays = 2

    theorem = (
        "Nesterov's method at constant momentum converges to the minimum of every convex function"
        " of curvature at most L, with or without L1, if α < 2/((1 + β)L): proved in"
        " docs/optimizers.md with the inequality of Beck and Teboulle (2009, Lemma 2.3), who have"
        " α ≤ 1/L."
    )

    @override
    def proven_threshold(self) -> float:
        return 2.0 / (1.0 + float(self.momentum))

    @override
    def stability_threshold(self) -> float:
        momentum = float(self.momentum)
        return 2.0 * (1.0 + momentum) / (1.0 + 2.0 * momentum)

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
        velocity, ahead = memory
        if absolute is not None:
            self._proximal_update(W, gradient, velocity, ahead, rate, absolute)
            return
        velocity *= self.momentum
        velocity += gradient
        np.multiply(velocity, self.momentum, out=ahead)
        gradient += ahead
        gradient *= rate
        W -= gradient

    def _proximal_update(
        self,
        W: Array,
        gradient: Array,
        velocity: Array,
        scratch: Array,
        rate: Array | float,
        absolute: Array | float,
    ) -> None:
        """The step in terms of the prox's result, so that zeros are exact."""
        gradient *= -rate
        gradient += W  # W - α g
        soft_threshold(gradient, rate * absolute, scratch)  # the point without look-ahead
        np.subtract(W, gradient, out=scratch)
        scratch /= nonzero(rate)  # G
        velocity *= self.momentum
        velocity += scratch
        velocity *= gradient != 0
        np.multiply(velocity, rate * self.momentum, out=scratch)
        np.subtract(gradient, scratch, out=W)
