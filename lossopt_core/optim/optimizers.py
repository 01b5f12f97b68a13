r"""Update rules.

A rule is frozen; its memory is apart and belongs to a training.  Rules act on weights and
gradients of any equal shape, in place and without new arrays, and may use the gradient as
scratch space.  `rate` is the learning rate times its schedule, one number or (R, 1, 1) for a
stack of R runs; so are a rule's own parameters.

An L1 penalty is not differentiable at zero, so it does not enter through the gradient: a rule is
given its strength as `absolute` and takes a proximal step, which leaves weights at exactly zero.
The fixed points of that step must be those of the objective, W = prox(W - c g) with threshold
c * absolute for the same c, whatever the rule remembers.  A threshold of rate * absolute after
any step does not do that: heavy ball moves rate / (1 - momentum) along a steady gradient, and
Adam another distance in every coordinate.  docs/optimizers.md derives the steps below.

To add a rule, write a frozen dataclass with `update` (and `memory_arrays`, if it remembers),
with `stability_threshold`, `proven_threshold` and `pace`, or a `typical_rate`, and enter it in
`OPTIMIZERS`.  Its fields are named after the settings of an `Experiment`.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lossopt_core.objective.linear import Array
from lossopt_core.objective.regularizers import least_subgradient, soft_threshold

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
    theorem: ClassVar[str] = ""
    """The statement behind `proven_threshold`, with its source."""
    typical_rate: ClassVar[float | None] = None
    """A learning rate to begin with, for rules whose steps do not grow with the gradient."""

    def stability_threshold(self) -> float | None:
        """The rule converges on a parabola of curvature h exactly if rate * h is below this.

        A statement about quadratics: elsewhere it is one about the neighbourhood of the optimum.
        None for rules without such a limit.  (Parameters are numbers here, not arrays.)
        """
        return None

    def proven_threshold(self) -> float | None:
        """On every convex function with curvature at most L the rule comes to rest at a minimum
        if rate * L is below this; None where no such statement is known.

        `theorem` names the proof.  It also holds with an L1 penalty beside that function.
        """
        return None

    def momentum_lr_scale(self) -> float:
        """The learning rate that follows a steady gradient as fast as plain descent at 1."""
        return 1.0

    def start(self, W: Array) -> Memory:
        """The memory before the first update: arrays shaped as W, all zero."""
        return tuple(np.zeros_like(W) for _ in range(self.memory_arrays))

    @abstractmethod
    def update(
        self,
        W: Array,
        gradient: Array,
        memory: Memory,
        rate: Array | float,
        step: int,
        absolute: Array | float | None = None,
    ) -> None:
        """Move W and the memory by one step, in place; the first step is number 1.

        `gradient` is that of the smooth part of the objective.  `absolute` is the strength of
        the absolute weights in it and broadcasts against W (0 for the bias); None without any.
        """


@dataclass(frozen=True)
class SGD(Optimizer):
    """Minibatch stochastic gradient descent  (Robbins and Monro, 1951)."""

    label = "SGD"
    formula = r"W \leftarrow W - \alpha\, g_{\text{minibatch}}"
    summary = "Steps along the gradient of a small random batch: many cheap, noisy steps."
    theorem = (
        "Gradient descent lowers every convex function of curvature at most L at each step if"
        " α < 2/L, and converges to a minimum (Nesterov, 2018, Theorem 2.1.14; with L1: Combettes"
        " and Wajs, 2005, Theorem 3.4)."
    )

    def stability_threshold(self) -> float:
        return 2.0

    def proven_threshold(self) -> float:
        return 2.0

    def update(
        self,
        W: Array,
        gradient: Array,
        memory: Memory,
        rate: Array | float,
        step: int,
        absolute: Array | float | None = None,
    ) -> None:
        gradient *= rate
        W -= gradient
        if absolute is not None:
            soft_threshold(W, rate * absolute, gradient)


@dataclass(frozen=True)
class GradientDescent(SGD):
    """The same step with the gradient over all training examples (Cauchy, 1847)."""

    label = "GD (full batch)"
    formula = r"W \leftarrow W - \alpha\, g"
    summary = "Steps along the gradient over all examples: exact, and one step an epoch."
    full_batch = True


@dataclass(frozen=True)
class Momentum(Optimizer):
    """Heavy ball  (Polyak, 1964); with L1 its proximal form, iPiano  (Ochs et al., 2014).

    With L1, v also holds the subgradient of the penalty at the new weights, so that it is zero
    where the weights rest: W <- prox(W - α g + β (W - W_before)) at a constant rate.
    """

    momentum: float | Array = 0.9

    label = "Momentum"
    formula = r"v \leftarrow \beta v + g, \quad W \leftarrow W - \alpha v"
    summary = "Keeps a velocity, so that steady directions gain speed and zigzags cancel."
    memory_arrays = 1

    theorem = (
        "Heavy ball converges to the minimum of every convex function of curvature at most L if"
        " α < 2(1 − β)/L (Ghadimi, Feyzmahdavian and Johansson, 2015, Theorem 1; with L1: Ochs,"
        " Chen, Brox and Pock, 2014, Theorem 4.9). Between this and 2(1 + β)/L it may cycle"
        " forever."
    )

    def stability_threshold(self) -> float:
        return 2.0 * (1.0 + float(self.momentum))

    def proven_threshold(self) -> float:
        return 2.0 * (1.0 - float(self.momentum))

    def momentum_lr_scale(self) -> float:
        return 1.0 - float(self.momentum)

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


@dataclass(frozen=True)
class Nesterov(Optimizer):
    """Nesterov's accelerated gradient, in the form of CS231n's notes (Bengio et al., 2012).

    With L1 it is the accelerated proximal gradient method (Beck and Teboulle, 2009) at constant
    momentum: the step takes the gradient mapping G = (W - prox(W - α g)) / α in place of g.  A
    weight that the prox sets to zero loses its velocity, since looking ahead would move it away.
    """

    momentum: float | Array = 0.9

    label = "Nesterov"
    formula = r"v \leftarrow \beta v + g, \quad W \leftarrow W - \alpha (g + \beta v)"
    summary = "Momentum that looks ahead: it corrects the velocity where it is about to be."
    memory_arrays = 2

    theorem = (
        "Nesterov's method at constant momentum converges to the minimum of every convex function"
        " of curvature at most L, with or without L1, if α < 2/((1 + β)L): proved in"
        " docs/optimizers.md with the inequality of Beck and Teboulle (2009, Lemma 2.3), who have"
        " α ≤ 1/L."
    )

    def proven_threshold(self) -> float:
        return 2.0 / (1.0 + float(self.momentum))

    def stability_threshold(self) -> float:
        momentum = float(self.momentum)
        return 2.0 * (1.0 + momentum) / (1.0 + 2.0 * momentum)

    def momentum_lr_scale(self) -> float:
        return 1.0 - float(self.momentum)

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
        """The step in terms of where the prox arrives, so that zeros are exact."""
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


@dataclass(frozen=True)
class AdaGrad(Optimizer):
    """Divides each step by the root of all squared gradients so far  (Duchi et al., 2011).

    With L1 the prox is taken in the same metric, as in that paper: the threshold of a weight is
    divided by the same root as its gradient.  The squares are those of the objective's least
    subgradient, which goes to zero at the optimum, as with any other penalty.
    """

    label = "AdaGrad"
    formula = r"v \leftarrow v + g^2, \quad W \leftarrow W - \alpha\, g / (\sqrt{v} + 10^{-8})"
    summary = "Weights that have moved much move ever less; its steps only shrink."
    typical_rate = 0.1
    memory_arrays = 2
    epsilon: ClassVar[float] = 1e-8

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


@dataclass(frozen=True)
class RMSProp(Optimizer):
    """AdaGrad with a memory that fades  (Tieleman and Hinton, 2012); decay 0.99 as in the notes.

    With L1 as AdaGrad: the prox in the metric of the step  (Yun, Lozano and Yang, 2021).
    """

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


def squared_slope(W: Array, gradient: Array, absolute: Array | float | None, out: Array) -> None:
    """The squares of the objective's gradient, of the least subgradient where there are several."""
    slope = gradient if absolute is None else least_subgradient(W, gradient, absolute)
    np.multiply(slope, slope, out=out)


def step_by_root(
    W: Array,
    gradient: Array,
    square: Array,
    scratch: Array,
    rate: Array | float,
    epsilon: float,
    absolute: Array | float | None,
) -> None:
    """W <- W - rate * gradient / (sqrt(square) + epsilon), in place, with the prox to it."""
    np.sqrt(square, out=scratch)
    scratch += epsilon
    gradient /= scratch
    gradient *= rate
    W -= gradient
    if absolute is not None:
        np.divide(rate * absolute, scratch, out=scratch)
        soft_threshold(W, scratch, gradient)


def nonzero(rate: Array | float) -> Array | float:
    """A rate to divide by: that of a run at rest is 0, and so is what is divided."""
    smallest = np.finfo(np.asarray(rate).dtype).tiny
    return np.maximum(rate, smallest)


@dataclass(frozen=True)
class Adam(Optimizer):
    """Adam with bias correction  (Kingma and Ba, 2015); the momentum is its β₁.

    With L1 the prox is taken in the metric of the step, α / (√v̂ + 10⁻⁸)  (Yun, Lozano and Yang,
    2021).  m is the mean of the smooth part's gradients, so that a steady one balances the
    penalty exactly at the optimum; v holds squares of the objective's least subgradient.
    """

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


OPTIMIZERS: dict[str, type[Optimizer]] = {
    "gd": GradientDescent,
    "sgd": SGD,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "adagrad": AdaGrad,
    "rmsprop": RMSProp,
    "adam": Adam,
}
