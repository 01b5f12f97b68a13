r"""The base class of regularizers.

A penalty acts on weights of shape (..., C, D).  Its strength may be an array that broadcasts
against them: a stack of runs has one strength per run, and 0 in the column of the bias, which is
never penalised.

The smooth part of a penalty (the L2 term of an elastic net) is added to the gradient.  L1 is not
differentiable at zero: its strength, `absolute`, is passed to the optimizer, which takes a
suitable proximal step, so that weights become exactly zero.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from lossopt_core.objective.linear import Array
from lossopt_core.plugins.subclasses import drop_inherited


@dataclass(frozen=True)
class PenaltyCode:
    """Code of a penalty in a NumPy script; parts may be empty.

    value       a term added to the mean loss: " + strength * (W[:, :-1] ** 2).sum()"
    lines       statements before it, which add the gradient of the smooth part to `gradient`
    by_weight   statements that define strengths (D,), 0 for the bias; `{columns}` is replaced by D
                and `{bias}` by D - 1.  If they define `absolute`, the optimizer takes a proximal
                step with it.
    """

    value: str = ""
    lines: str = ""
    by_weight: str = ""

    @property
    def proximal(self) -> bool:
        """Whether there is an L1 term."""
        return "absolute" in self.by_weight


@dataclass(frozen=True)
class Regularizer:
    """A penalty (a sum over weights) and its properties.

    A subclass defines `label` and either `absolute` and `squared`, from which everything else
    follows, or `value`, `add_gradient` and `add_least_subgradient`.  Its dataclass fields are
    named after the `Experiment` settings that it uses: `strength` and `l1_ratio`.

    A subclass that defines `value` is not of `elastic_net_form` unless it sets that, and a
    subclass that changes a penalty's values does not inherit its `numpy_code`.
    """

    label: ClassVar[str]
    formula: ClassVar[str] = ""
    summary: ClassVar[str] = ""
    """One sentence, shown when choosing a penalty."""
    elastic_net_form: ClassVar[bool] = True
    """Whether it is absolute * sum |W| + squared * sum W^2, as certificates and limits require."""
    numpy_code: ClassVar[PenaltyCode | None] = None
    """Code for scripts without lossopt, if any."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if {"value", "absolute", "squared"} & vars(cls).keys():
            drop_inherited(cls, Regularizer, ("numpy_code",))
        if "value" in vars(cls) and "elastic_net_form" not in vars(cls):
            cls.elastic_net_form = False

    @property
    def absolute(self) -> float | Array:
        """The strength of the L1 term."""
        return 0.0

    @property
    def squared(self) -> float | Array:
        """The strength of the L2 term."""
        return 0.0

    @cached_property
    def doubled(self) -> float | Array:
        """Twice `squared`, cached for the gradient."""
        return 2.0 * self.squared

    def value(self, W: Array) -> Array:
        """The penalty of each classifier, (..., C, D) to (...)."""
        total: Array = (self.absolute * np.abs(W) + self.squared * W * W).sum(axis=(-2, -1))
        return total

    def add_gradient(self, W: Array, gradient: Array, scratch: Array) -> Array:
        """Add the smooth part's gradient to `gradient` in place; return the penalties (...).

        `scratch` is a buffer with the shape of W that may be overwritten.
        """
        ridge = add_ridge(W, self.doubled, gradient, scratch)
        total: Array = ridge + (self.absolute * np.abs(W)).sum(axis=(-2, -1))
        return total

    def add_least_subgradient(self, W: Array, gradient: Array) -> None:
        """Turn the data gradient into the objective's minimum-norm subgradient, in place.

        It is zero if and only if W is optimal, even at kinks of the penalty.
        """
        gradient += 2.0 * self.squared * W
        gradient[...] = least_subgradient(W, gradient, self.absolute)


def least_subgradient(W: Array, gradient: Array, threshold: Array | float) -> Array:
    """The minimum-norm element of gradient + threshold * (subdifferential of |W|)."""
    at_zero = gradient - np.clip(gradient, -threshold, threshold)
    return np.where(W == 0, at_zero, gradient + threshold * np.sign(W))


def soft_threshold(W: Array, threshold: Array | float, scratch: Array) -> None:
    """Soft thresholding in place: argmin over V of threshold * |V| + (V - W)^2 / 2."""
    np.clip(W, -threshold, threshold, out=scratch)
    W -= scratch


def add_ridge(W: Array, doubled: Array | float, gradient: Array, scratch: Array) -> Array:
    """Add the gradient of doubled / 2 * sum(W^2); return that penalty for each classifier."""
    np.multiply(W, doubled, out=scratch)
    gradient += scratch
    rows = (*W.shape[:-2], -1)
    squares: Array = np.vecdot(W.reshape(rows), scratch.reshape(rows))
    squares *= 0.5
    return squares
