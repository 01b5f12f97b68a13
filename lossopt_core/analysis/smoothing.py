"""Exponential smoothing of unevenly spaced curves.

The usual moving average weights points, so a curve looks smoother where it was evaluated more
often.  Here the weights depend on distances in x, and points on the line between their neighbours
have no effect.
"""

import math
from itertools import pairwise

import numpy as np

from lossopt_core.objective.linear import Array

REFERENCE_POINTS = 60
"""Default number of evaluations of a run, to which a smoothing weight refers."""


def smoothing_length(weight: float, span: float) -> float:
    """The decay length in x (to 1/e) for a smoothing weight, for curves of length `span`.

    A weight of 0.9 has the same effect as in other tools on 60 evenly spaced points: each point
    counts 0.9 times as much as the next one.  `weight` is in [0, 1).
    """
    if weight == 0 or span == 0:
        return 0.0
    return span / (REFERENCE_POINTS - 1) / -math.log(weight)


def smoothed(x: Array, y: Array, length: float) -> Array:
    """The exponential moving average of the polyline through (x, y), at its points.

    It solves s' = (y - s) / length along the line, from s = y at its first point (Müller 1991;
    Eckner 2019, "Algorithms for unevenly spaced time series", EMA with linear interpolation).
    `x` is increasing.  Non-finite values are left out of the average and returned unchanged.
    """
    result = np.array(y, dtype=np.float64)
    known = np.flatnonzero(np.isfinite(y))
    if length <= 0:
        return result
    for before, here in pairwise(known):
        step = (x[here] - x[before]) / length
        if step == 0:
            result[here] = result[before]
            continue
        kept = math.exp(-step)
        met = -math.expm1(-step) / step
        result[here] = kept * result[before] + (1.0 - met) * y[here] + (met - kept) * y[before]
    return result
