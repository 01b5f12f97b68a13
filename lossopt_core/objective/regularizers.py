r"""Penalties on the weights.

A penalty acts on weights of shape (..., C, D).  Its strength may be an array that broadcasts
against them: a stack of runs has one strength a run, and 0 in the column of the bias, which
is never penalised.

The smooth part of a penalty enters through its gradient: of an elastic net, the squares.
Absolute values are not differentiable at zero.  Their strength, `absolute`, is handed to the
optimizer, which takes a proximal step that suits it, so that weights become exactly zero.

To add a penalty, write a frozen dataclass with these methods and enter it in `REGULARIZERS`.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from lossopt_core.objective.linear import Array


@dataclass(frozen=True)
class Regularizer:
    """No penalty at all; the others replace what they need."""

    label: ClassVar[str] = "None"
    formula: ClassVar[str] = "0"
    summary: ClassVar[str] = "The data loss alone decides; on separable data weights grow for ever."

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
        return np.zeros(W.shape[:-2])

    def add_gradient(self, W: Array, gradient: Array, scratch: Array) -> Array:
        """Add the smooth part's gradient to `gradient`, in place; return the penalties (...).

        `scratch` is a buffer shaped as W, free to be overwritten.
        """
        return self.value(W)

    def add_least_subgradient(self, W: Array, gradient: Array) -> None:
        """Turn the data gradient into the objective's subgradient of least norm, in place.

        It is zero exactly at the optimum, kinks of the penalty included.
        """


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


@dataclass(frozen=True)
class L2(Regularizer):
    """strength * sum of squared weights (not halved: the course's convention)."""

    strength: float | Array = 1e-3

    label = "L2"
    formula = r"\lambda \sum_{k,l} W_{kl}^2"
    summary = "Prefers many small weights to a few large ones."

    @property
    def squared(self) -> float | Array:
        return self.strength

    def value(self, W: Array) -> Array:
        total: Array = (self.strength * W * W).sum(axis=(-2, -1))
        return total

    def add_gradient(self, W: Array, gradient: Array, scratch: Array) -> Array:
        return add_ridge(W, self.doubled, gradient, scratch)

    def add_least_subgradient(self, W: Array, gradient: Array) -> None:
        gradient += 2.0 * self.strength * W


@dataclass(frozen=True)
class L1(Regularizer):
    """strength * sum of absolute weights."""

    strength: float | Array = 1e-3

    label = "L1"
    formula = r"\lambda \sum_{k,l} |W_{kl}|"
    summary = "Sets weights to exactly zero: it chooses features."

    @property
    def absolute(self) -> float | Array:
        return self.strength

    def value(self, W: Array) -> Array:
        total: Array = (self.strength * np.abs(W)).sum(axis=(-2, -1))
        return total

    def add_least_subgradient(self, W: Array, gradient: Array) -> None:
        gradient[...] = least_subgradient(W, gradient, self.strength)


@dataclass(frozen=True)
class ElasticNet(Regularizer):
    """strength * (l1_ratio * sum |W| + (1 - l1_ratio) * sum W^2)  (Zou and Hastie, 2005)."""

    strength: float | Array = 1e-3
    l1_ratio: float | Array = 0.5

    label = "Elastic net"
    formula = r"\lambda \sum_{k,l} \left( \rho\,|W_{kl}| + (1 - \rho)\,W_{kl}^2 \right)"
    summary = "A mixture of L1 and L2: zeros where a feature is useless, small weights elsewhere."

    @property
    def absolute(self) -> float | Array:
        return self.strength * self.l1_ratio

    @property
    def squared(self) -> float | Array:
        return self.strength * (1.0 - self.l1_ratio)

    def value(self, W: Array) -> Array:
        total: Array = (self.absolute * np.abs(W) + self.squared * W * W).sum(axis=(-2, -1))
        return total

    def add_gradient(self, W: Array, gradient: Array, scratch: Array) -> Array:
        ridge = add_ridge(W, self.doubled, gradient, scratch)
        total: Array = ridge + (self.absolute * np.abs(W)).sum(axis=(-2, -1))
        return total

    def add_least_subgradient(self, W: Array, gradient: Array) -> None:
        gradient += 2.0 * self.squared * W
        gradient[...] = least_subgradient(W, gradient, self.absolute)


REGULARIZERS: dict[str, type[Regularizer]] = {
    "none": Regularizer,
    "l2": L2,
    "l1": L1,
    "elastic_net": ElasticNet,
}
