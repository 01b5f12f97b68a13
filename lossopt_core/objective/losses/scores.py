"""Helpers for scores (..., C, B) and flat indices of the true classes."""

import math
from functools import lru_cache
from typing import Any

import numpy as np

from lossopt_core.objective.linear import Array, Labels


def flat_starts(shape: tuple[int, ...]) -> Labels:
    """Flat indices (..., B) of the scores of class 0 in scores (..., C, B) of this shape."""
    *lead, classes, examples = shape
    stacks = np.arange(math.prod(lead)).reshape(*lead, 1)
    return stacks * (classes * examples) + np.arange(examples)


def flat_target_index(shape: tuple[int, ...], labels: Labels) -> Labels:
    """Flat indices (..., B) of the true classes' scores in scores (..., C, B) of this shape."""
    return flat_starts(shape) + labels * len(labels)


def flat_view(scores: Array) -> Array:
    """A flat view of the scores, for flat indices."""
    return scores.reshape(-1, copy=False)


def true_class(scores: Array, true: Labels) -> Array:
    """The score of the true class of every example, (..., C, B) to (..., 1, B)."""
    return flat_view(scores)[true][..., None, :]


def set_true_class(scores: Array, true: Labels, value: Array | float) -> None:
    """Replace the entries of the true classes, in place."""
    flat_view(scores)[true] = value


def sum_over_classes(scores: Array) -> Array:
    """Sum over classes, (..., C, B) to (..., B)."""
    # A product with ones takes a third of the time of scores.sum(axis=-2), which adds C short
    # rows for every run.
    total: Array = ones(scores.shape[-2], scores.dtype) @ scores
    return total


@lru_cache
def ones(count: int, dtype: np.dtype[Any]) -> Array:
    """A read-only vector of ones."""
    row = np.ones(count, dtype)
    row.setflags(write=False)
    return row


def to_violations(scores: Array, true: Labels, margin: float | Array) -> None:
    """Replace scores by max(0, s_j - s_y + margin), and by 0 for the true class."""
    scores -= true_class(scores, true) - margin
    set_true_class(scores, true, 0.0)
    np.maximum(scores, 0.0, out=scores)


def violation_steps(scores: Array, label: int, margin: float | Array) -> dict[str, Array]:
    """The common columns of `Loss.steps` for hinge losses, with NaN for the true class."""
    violations = scores - scores[label] + margin
    violations[label] = np.nan
    return {"score": scores, "s − s_true + Δ": violations}


def balance(gradient: Array, true: Labels) -> None:
    """Set the true class's entry to minus the sum of the others (for differences of scores)."""
    set_true_class(gradient, true, -sum_over_classes(gradient))


def probabilities(scores: Array) -> Array:
    """Softmax over the classes, (..., C, B) to (..., C, B); never overflows."""
    shifted = np.exp(scores - scores.max(axis=-2, keepdims=True))
    normalised: Array = shifted / shifted.sum(axis=-2, keepdims=True)
    return normalised
