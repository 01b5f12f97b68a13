r"""Update rules.

A rule is frozen; its memory is apart and belongs to a training.  Rules act on weights and
gradients of any equal shape, in place and without new arrays, and may use the gradient as
scratch space.  `rate` is the learning rate times its schedule, one number or (R, 1, 1) for a
stack of R runs; so are a rule's own parameters.

To add a rule, write a frozen dataclass with `update` (and `memory_arrays`, if it remembers),
with `reach` and `pace` or a `typical_rate`, and enter it in `OPTIMIZERS`.  Its fields are named
after the settings of an `Experiment`.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lossopt_core.linear import Array

Memory = tuple[Array, ...]


@dataclass(frozen=True)
class Optimizer(ABC):
    """What training may ask of an update rule."""

    label: ClassVar[str]
    formula: ClassVar[str]
    """LaTeX of one update; W are weights, g the gradient, α the learning rate."""
    summary: ClassVar[str]
    full_batch: ClassVar[bool] = False
    memory_arrays: ClassVar[int] = 0
    typical_rate: ClassVar[float | None] = None
    """A learning rate to begin with, for rules whose steps do not grow with the gradient."""

    def reach(self) -> float | None:
        """The rule converges on a parabola of curvature h exactly if rate * h is below this.

        None for rules without such a limit.  (Parameters are numbers here, not arrays.)
        """
        return None

    def pace(self) -> float:
        """The learning rate that follows a steady gradient as fast as plain descent at 1."""
        return 1.0

    def start(self, W: Array) -> Memory:
        """The memory before the first update: arrays shaped as W, all zero."""
        return tuple(np.zeros_like(W) for _ in range(self.memory_arrays))

    @abstractmethod
    def update(
        self, W: Array, gradient: Array, memory: Memory, rate: Array | float, step: int
    ) -> None:
        """Move W and the memory by one step, in place; the first step is number 1."""


@dataclass(frozen=True)
class SGD(Optimizer):
    """Minibatch stochastic gradient descent  (Robbins and Monro, 1951)."""

    label = "SGD"
    formula = r"W \leftarrow W - \alpha\, g_{\text{minibatch}}"
    summary = "Steps along the gradient of a small random batch: many cheap, noisy steps."

    def reach(self) -> float:
        return 2.0

    def update(
        self, W: Array, gradient: Array, memory: Memory, rate: Array | float, step: int
    ) -> None:
        gradient *= rate
        W -= gradient


@dataclass(frozen=True)
class GradientDescent(SGD):
    """The same step with the gradient over all training examples (Cauchy, 1847)."""

    label = "GD (full batch)"
    formula = r"W \leftarrow W - \alpha\, g"
    summary = "Steps along the gradient over all examples: exact, and one step an epoch."
    full_batch = True


@dataclass(frozen=True)
class Momentum(Optimizer):
    """Heavy ball  (Polyak, 1964)."""

    momentum: float | Array = 0.9

    label = "Momentum"
    formula = r"v \leftarrow \beta v + g, \quad W \leftarrow W - \alpha v"
    summary = "Keeps a velocity, so that steady directions gain speed and zigzags cancel."
    memory_arrays = 1

    def reach(self) -> float:
        return 2.0 * (1.0 + float(self.momentum))

    def pace(self) -> float:
        return 1.0 - float(self.momentum)

    def update(
        self, W: Array, gradient: Array, memory: Memory, rate: Array | float, step: int
    ) -> None:
        (velocity,) = memory
        velocity *= self.momentum
        velocity += gradient
        np.multiply(velocity, rate, out=gradient)
        W -= gradient


@dataclass(frozen=True)
class Nesterov(Optimizer):
    """Nesterov's accelerated gradient, in the form of CS231n's notes (Bengio et al., 2012)."""

    momentum: float | Array = 0.9

    label = "Nesterov"
    formula = r"v \leftarrow \beta v + g, \quad W \leftarrow W - \alpha (g + \beta v)"
    summary = "Momentum that looks ahead: it corrects the velocity where it is about to be."
    memory_arrays = 2

    def reach(self) -> float:
        momentum = float(self.momentum)
        return 2.0 * (1.0 + momentum) / (1.0 + 2.0 * momentum)

    def pace(self) -> float:
        return 1.0 - float(self.momentum)

    def update(
        self, W: Array, gradient: Array, memory: Memory, rate: Array | float, step: int
    ) -> None:
        velocity, ahead = memory
        velocity *= self.momentum
        velocity += gradient
        np.multiply(velocity, self.momentum, out=ahead)
        gradient += ahead
        gradient *= rate
        W -= gradient


@dataclass(frozen=True)
class AdaGrad(Optimizer):
    """Divides each step by the root of all squared gradients so far  (Duchi et al., 2011)."""

    label = "AdaGrad"
    formula = r"v \leftarrow v + g^2, \quad W \leftarrow W - \alpha\, g / (\sqrt{v} + 10^{-8})"
    summary = "Weights that have moved much move ever less; its steps only shrink."
    typical_rate = 0.1
    memory_arrays = 2
    epsilon: ClassVar[float] = 1e-8

    def update(
        self, W: Array, gradient: Array, memory: Memory, rate: Array | float, step: int
    ) -> None:
        square, scratch = memory
        np.multiply(gradient, gradient, out=scratch)
        square += scratch
        step_by_root(W, gradient, square, scratch, rate, self.epsilon)


@dataclass(frozen=True)
class RMSProp(Optimizer):
    """AdaGrad with a memory that fades  (Tieleman and Hinton, 2012); decay 0.99 as in the notes."""

    label = "RMSProp"
    formula = (
        r"\begin{aligned} v &\leftarrow 0.99\, v + 0.01\, g^2 \\"
        r" W &\leftarrow W - \alpha\, g / (\sqrt{v} + 10^{-8}) \end{aligned}"
    )
    summary = "Steps by the size of recent gradients: old ones are forgotten."
    typical_rate = 0.005
    memory_arrays = 2
    decay: ClassVar[float] = 0.99
    epsilon: ClassVar[float] = 1e-8

    def update(
        self, W: Array, gradient: Array, memory: Memory, rate: Array | float, step: int
    ) -> None:
        square, scratch = memory
        np.multiply(gradient, gradient, out=scratch)
        scratch *= 1.0 - self.decay
        square *= self.decay
        square += scratch
        step_by_root(W, gradient, square, scratch, rate, self.epsilon)


def step_by_root(
    W: Array, gradient: Array, square: Array, scratch: Array, rate: Array | float, epsilon: float
) -> None:
    """W <- W - rate * gradient / (sqrt(square) + epsilon), in place."""
    np.sqrt(square, out=scratch)
    scratch += epsilon
    gradient /= scratch
    gradient *= rate
    W -= gradient


@dataclass(frozen=True)
class Adam(Optimizer):
    """Adam with bias correction  (Kingma and Ba, 2015); the momentum is its β₁."""

    momentum: float | Array = 0.9

    label = "Adam"
    formula = (
        r"\begin{aligned} m &\leftarrow \beta m + (1-\beta) g \\"
        r" v &\leftarrow 0.999\, v + 0.001\, g^2 \\"
        r" W &\leftarrow W - \alpha\, \hat m / (\sqrt{\hat v} + 10^{-8}) \end{aligned}"
    )
    summary = "Gives every weight a step of its own, by the size of its recent gradients."
    typical_rate = 0.01
    memory_arrays = 3
    second_decay: ClassVar[float] = 0.999
    epsilon: ClassVar[float] = 1e-8

    def update(
        self, W: Array, gradient: Array, memory: Memory, rate: Array | float, step: int
    ) -> None:
        mean, square, scratch = memory
        mean *= self.momentum
        np.multiply(gradient, 1.0 - self.momentum, out=scratch)
        mean += scratch
        square *= self.second_decay
        np.multiply(gradient, gradient, out=gradient)
        gradient *= 1.0 - self.second_decay
        square += gradient

        np.multiply(square, 1.0 / (1.0 - self.second_decay**step), out=gradient)
        np.sqrt(gradient, out=gradient)
        gradient += self.epsilon
        np.multiply(mean, rate / (1.0 - self.momentum**step), out=scratch)
        scratch /= gradient
        W -= scratch


OPTIMIZERS: dict[str, type[Optimizer]] = {
    "gd": GradientDescent,
    "sgd": SGD,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "adagrad": AdaGrad,
    "rmsprop": RMSProp,
    "adam": Adam,
}
