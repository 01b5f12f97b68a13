"""What a penalty alone does to weights, step by step."""

import numpy as np

from lossopt_core.objective.linear import Array
from lossopt_core.objective.regularizers import L1, L2, soft_threshold


def under_l2(weights: Array, rate: float, strength: float, steps: int) -> Array:
    """Gradient descent on strength ΣW², weights (n,) to (steps + 1, n).

    Each step multiplies every weight by 1 - 2 rate strength.
    """
    penalty = L2(strength=strength)
    found = [np.asarray(weights, float)]
    for _ in range(steps):
        gradient = np.zeros((1, len(found[-1])))
        penalty.add_gradient(found[-1][None], gradient, np.empty_like(gradient))
        found.append(found[-1] - rate * gradient[0])
    return np.array(found)


def under_l1(weights: Array, rate: float, strength: float, steps: int) -> Array:
    """Proximal steps on strength Σ|W|, weights (n,) to (steps + 1, n).

    Each step moves every weight towards 0 by rate strength, and not beyond.
    """
    absolute = np.asarray(L1(strength=strength).absolute)
    found = [np.asarray(weights, float)]
    for _ in range(steps):
        w = found[-1][None].copy()
        soft_threshold(w, rate * absolute, np.empty_like(w))
        found.append(w[0])
    return np.array(found)
