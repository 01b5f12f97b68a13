r"""What an update rule is.

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
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from lossopt_core.objective.linear import Array
from lossopt_core.plugins.subclasses import drop_inherited

Memory = tuple[Array, ...]
OF_UPDATE = (
    "stability_threshold", "proven_threshold", "theorem", "momentum_lr_scale", "typical_rate",
    "steps_vanish", "steps_keep_length", "numpy_code",
)  # fmt: skip
"""Attributes that describe the update of a rule."""


@dataclass(frozen=True)
class UpdateCode:
    """An update rule in a NumPy script.

    update     statements that move `W` (classes, features) along `gradient`, at the learning
               rate `rate`; `update` is the number of the update, from 1
    proximal   the same where absolute weights are penalised, each by its entry of `absolute`
    memory     names that the rule remembers from update to update, 0 at first
    """

    update: str
    proximal: str
    memory: tuple[str, ...] = ()


@dataclass(frozen=True)
class Optimizer(ABC):
    """An update rule with everything that is known about it.

    A subclass defines `label` and `update`, and `memory_arrays` if it remembers anything; all
    else has a fallback.  Its dataclass fields are named after the settings of an `Experiment`
    that it uses: `momentum`.

    A subclass of another rule that overrides `update` does not inherit what is true of that
    rule's update only: limits, theorem, NumPy code and so on.
    """

    label: ClassVar[str]
    formula: ClassVar[str] = ""
    """LaTeX of one update; W are weights, g the gradient, α the learning rate."""
    summary: ClassVar[str] = ""
    """One sentence for people who choose a rule."""
    full_batch: ClassVar[bool] = False
    memory_arrays: ClassVar[int] = 0
    theorem: ClassVar[str] = ""
    """The statement behind `proven_threshold`, with its source."""
    typical_rate: ClassVar[float | None] = None
    """A learning rate to begin with, for rules whose steps do not grow with the gradient."""
    steps_keep_length: ClassVar[bool] = False
    """Whether steps do not shrink with the gradient, so that the rule may circle the optimum."""
    steps_vanish: ClassVar[bool] = False
    """Whether the rule itself makes its steps ever shorter, at a constant learning rate too."""
    numpy_code: ClassVar[UpdateCode | None] = None
    """For scripts that do not import lossopt; None for a rule that has no such code."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "update" in vars(cls):
            drop_inherited(cls, Optimizer, OF_UPDATE)

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


def nonzero(rate: Array | float) -> Array | float:
    """A rate to divide by: that of a run at rest is 0, and so is what is divided."""
    smallest = np.finfo(np.asarray(rate).dtype).tiny
    return np.maximum(rate, smallest)
