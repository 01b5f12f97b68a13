"""Helpers for optimizers that divide steps by the root of squared gradients."""

import numpy as np

from lossopt_core.objective.linear import Array
from lossopt_core.objective.regularizers import least_subgradient, soft_threshold

SLOPE = """\
slope = gradient + np.where(W, absolute * np.sign(W), np.clip(-gradient, -absolute, absolute))
"""
"""In a NumPy script, the objective's minimum-norm subgradient."""


def squared_slope(W: Array, gradient: Array, absolute: Array | float | None, out: Array) -> None:
    """The squares of the objective's (minimum-norm sub)gradient."""
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
    """W <- W - rate * gradient / (sqrt(square) + epsilon), followed by the prox, in place."""
    np.sqrt(square, out=scratch)
    scratch += epsilon
    gradient /= scratch
    gradient *= rate
    W -= gradient
    if absolute is not None:
        np.divide(rate * absolute, scratch, out=scratch)
        soft_threshold(W, scratch, gradient)
