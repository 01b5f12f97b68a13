"""Exponential smoothing of curves whose points lie at uneven distances.

The usual running mean weighs points, so that a curve looks smoother where it was evaluated more
often.  Here distance in x decides, and points that lie on the line between their neighbours change
nothing.
"""

import math
from itertools import pairwise

import numpy as np

from lossopt_core.objective.linear import Array

POINTS_OF_A_CURVE = 60
"""Evaluations of a run by default: what a weight has always been relative to."""


def smoothing_length(weight: float, span: float) -> float:
    """The distance in x after which a value counts 1/e as much, for curves over `span`.

    A weight of 0.9 means what it does in other tools for 60 evenly spaced points: each point
    counts 0.9 times as much as the next one.  `weight` is at least 0 and below 1.
    """
    if weight == 0 or span == 0:
        return 0.0
    return span / (POINTS_OF_A_CURVE - 1) / -math.log(weight)


def smoothed(x: Array, y: Array, length: float) -> Array:
    """The exponential moving average of the polyline through (x, y), at its points.

    It solves s' = (y - s) / length along the line, from s = y at its first point (Müller 1991;
    Eckner 2019, "Algorithms for unevenly spaced time series", EMA with linear interpolation).
    `x` ascends.  Values that are not finite are left out of the average, and stay as they are.
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
