"""RMSProp."""

from dataclasses import dataclass
from typing import ClassVar

from typing_extensions import override

from lossopt_core.objective.linear import Array
from lossopt_core.optim.optimizers.adaptive import SLOPE, squared_slope, step_by_root
from lossopt_core.optim.optimizers.base import Memory, Optimizer, UpdateCode


@dataclass(frozen=True)
class RMSProp(Optimizer):
    """AdaGrad with a moving average  (Tieleman and Hinton, 2012); decay 0.99 as in the notes.

    With L1 the prox uses the metric of the step, as in AdaGrad  (Yun, Lozano and Yang, 2021).
    """

    label = "RMSProp"
    colour = ("#702D17", "#D03F2B")
    formula = (
        r"\begin{aligned} v &\leftarrow 0.99\, v + 0.01\, g^2 \\"
        r" W &\leftarrow W - \alpha\, g / (\sqrt{v} + 10^{-8}) \end{aligned}"
    )
    summary = "Divides steps by a moving average of gradient magnitudes."
    steps_keep_length = True
    numpy_code = UpdateCode(
        memory=("squares",),
        update="""\
squares = 0.99 * squares + (1 - 0.99) * gradient**2
W = W - rate * gradient / (np.sqrt(squares) + 1e-8)
""",
        proximal=SLOPE
        + """\
squares = 0.99 * squares + (1 - 0.99) * slope**2
step = rate / (np.sqrt(squares) + 1e-8)
W = (ahead := W - step * gradient) - np.clip(ahead, -step * absolute, step * absolute)
""",
    )
    typical_rate = 0.005
    memory_arrays = 2
    decay: ClassVar[float] = 0.99
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
        square, scratch = memory
        squared_slope(W, gradient, absolute, out=scratch)
        scratch *= 1.0 - self.decay
        square *= self.decay
        square += scratch
        step_by_root(W, gradient, square, scratch, rate, self.epsilon, absolute)
