"""Smoothing of unevenly spaced curves.

The usual moving averages weight points, so a curve looks smoother where it was evaluated more
often.  Here the weights depend on distances in x, and points on the line between their neighbours
have no effect.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from lossopt_core.objective.linear import Array

REFERENCE_POINTS = 60
"""Default number of evaluations of a run, to which a smoothing weight refers."""
CELLS = 24
"""Cells per standard deviation of a Gaussian."""
REACH = 6
"""Standard deviations beyond which a Gaussian counts as 0."""
MAX_CELLS = 20_000


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


def gaussian(x: Array, y: Array, length: float) -> Array:
    """The average of the polyline through (x, y) under a Gaussian at each of its points.

    `length` is its standard deviation in x, equal to that of the weights of `smoothed` with the
    same length.  It looks ahead as far as back, so it does not lag behind the curve.  Near the ends
    only the part of the Gaussian over the curve counts.

    `x` is increasing.  Non-finite values are left out of the average and returned unchanged.
    """
    result = np.array(y, dtype=np.float64)
    known = np.flatnonzero(np.isfinite(y))
    if length <= 0 or len(known) < 2 or x[known[0]] == x[known[-1]]:
        return result
    edges, means = _cell_means(x[known], y[known], length)
    around = (edges[1] - edges[0]) / length * np.arange(-_reach(edges, length), 1)
    half = np.diff(_normal_cdf(around))
    weights = np.concatenate([half, half[::-1]])
    total, of = (np.convolve(each, weights) for each in (means, np.ones_like(means)))
    # The value at an edge is an average over the cells at both of its sides.
    first = len(half) - 1
    at_edges = (total / of)[first : first + len(edges)]
    result[known] = np.interp(x[known], edges, at_edges)
    return result


def _reach(edges: Array, length: float) -> int:
    return math.ceil(REACH * length / float(edges[1] - edges[0]))


def _cell_means(x: Array, y: Array, length: float) -> tuple[Array, Array]:
    """Edges (n + 1,) of equal cells from the first x to the last, and means (n,) of the line."""
    cells = math.ceil(CELLS * (x[-1] - x[0]) / length)
    edges = np.linspace(x[0], x[-1], min(max(cells, CELLS), MAX_CELLS) + 1)
    steps = np.diff(x)
    area = np.concatenate([[0.0], np.cumsum(0.5 * (y[1:] + y[:-1]) * steps)])
    at = (np.searchsorted(x, edges, side="right") - 1).clip(0, len(x) - 2)
    beyond = edges - x[at]
    slope = np.diff(y)[at] / np.where(steps > 0, steps, np.inf)[at]
    up_to: Array = area[at] + y[at] * beyond + 0.5 * slope * beyond**2
    return edges, np.diff(up_to) / (edges[1] - edges[0])


def _normal_cdf(z: Array) -> Array:
    return np.array([0.5 * (1.0 + math.erf(each / math.sqrt(2.0))) for each in z])


@dataclass(frozen=True)
class Kind:
    """A way to smooth: its label, a short one, and the function (x, y, length) to smoothed y."""

    label: str
    short: str
    of: Callable[[Array, Array, float], Array]


SMOOTHINGS: Mapping[str, Kind] = {
    "ema": Kind("Exponential moving average", "EMA", smoothed),
    "gaussian": Kind("Gaussian", "Gaussian", gaussian),
}
