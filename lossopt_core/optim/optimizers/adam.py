"""Adam."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from typing_extensions import override

from lossopt_core.objective.linear import Array
from lossopt_core.objective.regularizers import soft_threshold
from lossopt_core.optim.optimizers.adaptive import SLOPE, squared_slope
from lossopt_core.optim.optimizers.base import Memory, Optimizer, UpdateCode


@dataclass(frozen=True)
class Adam(Optimizer):
    """Adam with bias correction  (Kingma and Ba, 2015); `momentum` is β₁.

    With L1 the prox uses the metric of the step, α / (√v̂ + 10⁻⁸)  (Yun, Lozano and Yang, 2021).
    m averages the gradients of the smooth part, so that a constant gradient balances the penalty
    exactly at the optimum; v averages squares of the objective's minimum-norm subgradient.
    """

    momentum: float | Array = 0.9

    label = "Adam"
    colour = ("#BA17FD", "#756291")
    formula = (
        r"\begin{aligned} m &\leftarrow \beta m + (1-\beta) g \\"
        r" v &\leftarrow 0.999\, v + 0.001\, g^2 \\"
        r" W &\leftarrow W - \alpha\, \hat m / (\sqrt{\hat v} + 10^{-8}) \end{aligned}"
    )
    summary = "Momentum with a separate step size per weight, from recent squared gradients."
    steps_keep_length = True
    numpy_code = UpdateCode(
        memory=("m", "v"),
        update="""\
m, v = momentum * m + (1 - momentum) * gradient, 0.999 * v + (1 - 0.999) * gradient**2
m_hat, v_hat = m / (1 - momentum**update), v / (1 - 0.999**update)
W = W - rate * m_hat / (np.sqrt(v_hat) + 1e-8)
""",
        proximal=SLOPE
        + """\
m, v = momentum * m + (1 - momentum) * gradient, 0.999 * v + (1 - 0.999) * slope**2
m_hat, step = m / (1 - momentum**update), rate / (np.sqrt(v / (1 - 0.999**update)) + 1e-8)
W = (ahead := W - step * m_hat) - np.clip(ahead, -step * absolute, step * absolute)
""",
    )
    typical_rate = 0.01
    memory_arrays = 3
    second_decay: ClassVar[float] = 0.999
    epsilon: ClassVar[float] = 1e-8

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
        mean, square, scratch = memory
        mean *= self.momentum
        np.multiply(gradient, 1.0 - self.momentum, out=scratch)
        mean += scratch
        square *= self.second_decay
        squared_slope(W, gradient, absolute, out=gradient)
        gradient *= 1.0 - self.second_decay
        square += gradient

        np.multiply(square, 1.0 / (1.0 - self.second_decay**step), out=gradient)
        np.sqrt(gradient, out=gradient)
        gradient += self.epsilon
        np.multiply(mean, rate / (1.0 - self.momentum**step), out=scratch)
        scratch /= gradient
        W -= scratch
        if absolute is not None:
            np.divide(rate * absolute, gradient, out=gradient)
            soft_threshold(W, gradient, scratch)
