"""An optimizer: momentum whose velocity is a mean of gradients."""

from dataclasses import dataclass

from lossopt_core.objective.linear import Array
from lossopt_core.optim.optimizers import Memory, Momentum, UpdateCode


@dataclass(frozen=True)
class DampedMomentum(Momentum):
    """Momentum with the learning rate times 1 - β, so that β does not lengthen its steps.

    What is true of momentum's own update (its limits, its theorem, its code) is not inherited.
    """

    label = "Damped momentum"
    formula = r"v \leftarrow \beta v + (1 - \beta) g, \quad W \leftarrow W - \alpha v"
    summary = "Momentum that follows a steady gradient no faster than plain descent."
    numpy_code = UpdateCode(
        memory=("velocity",),
        update="""\
velocity = momentum * velocity + (1 - momentum) * gradient
W = W - rate * velocity
""",
        proximal="""\
velocity = momentum * velocity + (1 - momentum) * gradient
W = W - rate * velocity
cut = np.clip(W, -rate * (1 - momentum) * absolute, rate * (1 - momentum) * absolute)
W, velocity = W - cut, velocity + cut / rate
""",
    )

    def update(
        self,
        W: Array,
        gradient: Array,
        memory: Memory,
        rate: Array | float,
        step: int,
        absolute: Array | float | None = None,
    ) -> None:
        super().update(W, gradient, memory, rate * (1.0 - self.momentum), step, absolute)
