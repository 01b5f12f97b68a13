r"""The base class of optimizers.

An optimizer is immutable; its state (`memory`) is separate and belongs to a training.  Optimizers
update weights of any shape in place, without allocating arrays, and may use the gradient as
scratch space.  `rate` is the learning rate times the schedule's factor, a number or (R, 1, 1) for
a stack of R runs; so are the optimizer's parameters.

An L1 penalty is not differentiable at zero, so it is not part of the gradient: optimizers get its
strength as `absolute` and take a proximal step, which sets weights to exactly zero.  The fixed
points of that step must be those of the objective, W = prox(W - c g) with threshold c * absolute
for the same c, whatever the optimizer's state.  A threshold of rate * absolute after each step
does not achieve that: heavy ball moves rate / (1 - momentum) along a constant gradient, and Adam
a different distance in every coordinate.  docs/optimizers.md derives the steps.
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
"""Attributes that hold for the update of an optimizer."""


@dataclass(frozen=True)
class UpdateCode:
    """Code of an optimizer in a NumPy script.

    update     statements that move `W` (classes, features) along `gradient`, at the learning
               rate `rate`; `update` is the number of the update, from 1
    proximal   the same with an L1 penalty whose strengths are in `absolute`
    memory     names of state variables, initially 0
    """

    update: str
    proximal: str
    memory: tuple[str, ...] = ()


@dataclass(frozen=True)
class Optimizer(ABC):
    """An optimizer and its properties.

    A subclass defines `label` and `update`, and `memory_arrays` if it has state; everything else
    has a default.  Its dataclass fields are named after the `Experiment` settings that it uses:
    `momentum`.

    A subclass of another optimizer that overrides `update` does not inherit properties that may no
    longer hold: limits, theorem, NumPy code and so on.
    """

    label: ClassVar[str]
    formula: ClassVar[str] = ""
    """LaTeX of one update; W are weights, g the gradient, α the learning rate."""
    summary: ClassVar[str] = ""
    """One sentence, shown when choosing an optimizer."""
    colour: ClassVar[tuple[str, str] | None] = None
    """'#RRGGBB' for light and dark themes; None for the next free colour of the palette."""
    full_batch: ClassVar[bool] = False
    memory_arrays: ClassVar[int] = 0
    theorem: ClassVar[str] = ""
    """The theorem behind `proven_threshold`, with its source."""
    typical_rate: ClassVar[float | None] = None
    """A learning rate to start with, for optimizers whose steps do not scale with the gradient."""
    steps_keep_length: ClassVar[bool] = False
    """Whether steps do not shrink with the gradient, so it may oscillate around the optimum."""
    steps_vanish: ClassVar[bool] = False
    """Whether steps shrink over time even at a constant learning rate."""
    numpy_code: ClassVar[UpdateCode | None] = None
    """Code for scripts without lossopt, if any."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "update" in vars(cls):
            drop_inherited(cls, Optimizer, OF_UPDATE)

    def stability_threshold(self) -> float | None:
        """It converges on a quadratic of curvature h if and only if rate * h is below this.

        This holds for quadratics, and otherwise near the optimum.  None without such a limit.
        (Parameters are numbers here, not arrays.)
        """
        return None

    def proven_threshold(self) -> float | None:
        """It is proven to converge on convex functions if rate * L is below this, or None.

        L bounds the curvature of the function; an additional L1 penalty is allowed.  `theorem`
        names the proof.
        """
        return None

    def momentum_lr_scale(self) -> float:
        """The learning rate with the same speed along a constant gradient as plain descent at 1."""
        return 1.0

    def start(self, W: Array) -> Memory:
        """The initial state: arrays of zeros with the shape of W."""
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
        """Update W and the state in place; the first step is number 1.

        `gradient` is that of the smooth part of the objective.  `absolute` is the L1 strength,
        which broadcasts against W (0 for the bias); None without L1.
        """


def nonzero(rate: Array | float) -> Array | float:
    """A rate that is safe to divide by: for frozen runs, rate and dividend are 0."""
    smallest = np.finfo(np.asarray(rate).dtype).tiny
    return np.maximum(rate, smallest)
