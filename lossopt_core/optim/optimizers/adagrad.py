"""AdaGrad."""

from dataclasses import dataclass
from typing import ClassVar

from typing_extensions import override

from lossopt_core.objective.linear import Array
from lossopt_core.optim.optimizers.adaptive import SLOPE, squared_slope, step_by_root
from lossopt_core.optim.optimizers.base import Memory, Optimizer, UpdateCode


@dataclass(frozen=True)
class AdaGrad(Optimizer):
    """Divides steps by the root of the sum of squared gradients so far  (Duchi et al., 2011).

    With L1 the prox uses the same metric, as in that paper: the threshold of a weight is divided
    by the same root as its gradient.  The squares are those of the objective's minimum-norm
    subgradient, which goes to zero at the optimum, as with any other penalty.
    """

    label = "AdaGrad"
    colour = ("#988A37", "#EDE35A")
    formula = r"v \leftarrow v + g^2, \quad W \leftarrow W - \alpha\, g / (\sqrt{v} + 10^{-8})"
    summary = "Divides steps by the root of accumulated squared gradients, so steps only shrink."
    steps_vanish = True
    numpy_code = UpdateCode(
        memory=("squares",),
        update="""\
squares = squares + gradient**2
W = W - rate * gradient / (np.sqrt(squares) + 1e-8)
""",
        proximal=SLOPE
        + """\
squares = squares + slope**2
step = rate / (np.sqrt(squares) + 1e-8)
W = (ahead := W - step * gradient) - np.clip(ahead, -step * absolute, step * absolute)
""",
    )
    typical_rate = 0.1
    memory_arrays = 2
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
        square += scratch
        step_by_root(W, gradient, square, scratch, rate, self.epsilon, absolute)
