r"""What a penalty on the weights is.

A penalty acts on weights of shape (..., C, D).  Its strength may be an array that broadcasts
against them: a stack of runs has one strength a run, and 0 in the column of the bias, which
is never penalised.

The smooth part of a penalty enters through its gradient: of an elastic net, the squares.
Absolute values are not differentiable at zero.  Their strength, `absolute`, is handed to the
optimizer, which takes a proximal step that suits it, so that weights become exactly zero.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from lossopt_core.objective.linear import Array
from lossopt_core.plugins.subclasses import drop_inherited


@dataclass(frozen=True)
class PenaltyCode:
    """A penalty in a NumPy script; "" where it adds nothing.

    value       is added to the mean loss: " + strength * (W[:, :-1] ** 2).sum()"
    lines       statements before that, which add the gradient of the smooth part to `gradient`
    by_weight   statements that make strengths (D,), 0 for the bias: words in braces are filled
                in, `{columns}` = D and `{bias}` = D - 1.  If they define `absolute`, the
                optimizer takes a proximal step with it.
    """

    value: str = ""
    lines: str = ""
    by_weight: str = ""

    @property
    def proximal(self) -> bool:
        """Whether absolute weights are penalised."""
        return "absolute" in self.by_weight


@dataclass(frozen=True)
class Regularizer:
    """A penalty: a sum over weights, with everything that is known about it.

    A subclass defines `label` and either `absolute` and `squared`, from which everything else
    follows, or `value`, `add_gradient` and `add_least_subgradient`.  Its dataclass fields are
    named after the settings of an `Experiment` that it uses: `strength` and `l1_ratio`.

    A subclass that defines `value` is not of `elastic_net_form` unless it says so, and one that
    changes a penalty's values does not inherit its `numpy_code`.
    """

    label: ClassVar[str]
    formula: ClassVar[str] = ""
    summary: ClassVar[str] = ""
    """One sentence for people who choose a penalty."""
    elastic_net_form: ClassVar[bool] = True
    """Whether it is absolute * sum |W| + squared * sum W^2: certificates and limits need that."""
    numpy_code: ClassVar[PenaltyCode | None] = None
    """For scripts that do not import lossopt; None for a penalty that has no such code."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if {"value", "absolute", "squared"} & vars(cls).keys():
            drop_inherited(cls, Regularizer, ("numpy_code",))
        if "value" in vars(cls) and "elastic_net_form" not in vars(cls):
            cls.elastic_net_form = False

    @property
    def absolute(self) -> float | Array:
        """What the sum of absolute weights is multiplied by."""
        return 0.0

    @property
    def squared(self) -> float | Array:
        """What the sum of squared weights is multiplied by."""
        return 0.0

    @cached_property
    def doubled(self) -> float | Array:
        """Twice `squared`: what the gradient needs at every update."""
        return 2.0 * self.squared

    def value(self, W: Array) -> Array:
        """Penalty of each classifier, (..., C, D) to (...)."""
        total: Array = (self.absolute * np.abs(W) + self.squared * W * W).sum(axis=(-2, -1))
        return total

    def add_gradient(self, W: Array, gradient: Array, scratch: Array) -> Array:
        """Add the smooth part's gradient to `gradient`, in place; return the penalties (...).

        `scratch` is a buffer shaped as W, free to be overwritten.
        """
        ridge = add_ridge(W, self.doubled, gradient, scratch)
        total: Array = ridge + (self.absolute * np.abs(W)).sum(axis=(-2, -1))
        return total

    def add_least_subgradient(self, W: Array, gradient: Array) -> None:
        """Turn the data gradient into the objective's subgradient of least norm, in place.

        It is zero exactly at the optimum, kinks of the penalty included.
        """
        gradient += 2.0 * self.squared * W
        gradient[...] = least_subgradient(W, gradient, self.absolute)


def least_subgradient(W: Array, gradient: Array, threshold: Array | float) -> Array:
    """Of gradient + threshold * (subdifferential of |W|), the element nearest to zero."""
    at_zero = gradient - np.clip(gradient, -threshold, threshold)
    return np.where(W == 0, at_zero, gradient + threshold * np.sign(W))


def soft_threshold(W: Array, threshold: Array | float, scratch: Array) -> None:
    """argmin over V of threshold * |V| + (V - W)^2 / 2, entry by entry, in place."""
    np.clip(W, -threshold, threshold, out=scratch)
    W -= scratch


def add_ridge(W: Array, doubled: Array | float, gradient: Array, scratch: Array) -> Array:
    """Add the gradient of doubled / 2 * sum(W^2); return that for each classifier."""
    np.multiply(W, doubled, out=scratch)
    gradient += scratch
    rows = (*W.shape[:-2], -1)
    squares: Array = np.vecdot(W.reshape(rows), scratch.reshape(rows))
    squares *= 0.5
    return squares
