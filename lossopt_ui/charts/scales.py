"""How the axes of a chart are drawn: over what, logarithmic or linear, and within which limits."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossopt_ui.charts.smoothing import NO_SMOOTHING, Smoothing

DECADES = 2.0
"""Values that span this many powers of ten are easier to read on a logarithmic axis."""
LOG_AXIS: dict[str, Any] = {"type": "log", "exponentformat": "power", "nticks": 3}
"""A logarithmic axis whose labels never collide, at any zoom.

With more than three ticks, plotly labels every digit of a range between one and three decades.
"""


def log_suits(values: Iterable[ArrayLike]) -> bool:
    """Whether all known values are positive and span at least `DECADES` powers of ten."""
    flat = np.concatenate([np.empty(0), *(np.ravel(each) for each in values)]).astype(np.float64)
    known = flat[np.isfinite(flat)]
    if len(known) == 0 or known.min() <= 0:
        return False
    return bool(np.log10(known.max()) - np.log10(known.min()) >= DECADES)


@dataclass(frozen=True)
class Limits:
    """Limits of an axis, in its units; None leaves an end to the data."""

    low: float | None = None
    high: float | None = None

    def or_else(self, other: "Limits") -> "Limits":
        """These limits, with the other's ends where these have none."""
        return Limits(
            other.low if self.low is None else self.low,
            other.high if self.high is None else self.high,
        )

    def range(self, *, log: bool) -> tuple[float | None, float | None] | None:
        """The limits as plotly's `range`, in exponents for a logarithmic axis; None without any.

        A logarithmic axis ignores limits that are not positive.
        """
        ends = [None if end is None or (log and end <= 0) else end for end in (self.low, self.high)]
        if ends == [None, None]:
            return None
        low, high = (math.log10(end) if log and end is not None else end for end in ends)
        return low, high

    def of_axis(self, *, log: bool) -> dict[str, Any]:
        """The limits as attributes of plotly's axis.

        An open end is an option of the automatic range: plotly.js loses a `range` with one end when
        it draws the same layout again.
        """
        ends = self.range(log=log)
        if ends is None or None not in ends:
            return {"range": ends}
        names = ("minallowed", "maxallowed")
        known = {name: end for name, end in zip(names, ends, strict=True) if end is not None}
        return {"autorangeoptions": known}


NO_LIMITS = Limits()
HIGH_ACCURACY = 80.0
"""Accuracies that all end above this, in percent, fill the chart."""
FENCE = 1.5
"""Outliers lie beyond the quartiles by more than this times their distance (Tukey 1977)."""
ROOM = 0.05
"""Room beside the outermost values that are not outliers, as a fraction of their range."""


def of_accuracies(ends: Iterable[float]) -> Limits:
    """From 80 % if all accuracies end above it, so that their differences can be seen.

    The top is left to the data: a visitor's zoom would be lost where both ends are given.
    """
    known = list(ends)
    high = bool(known) and all(end > HIGH_ACCURACY for end in known)  # not if one is NaN
    return Limits(HIGH_ACCURACY) if high else NO_LIMITS


def without_outliers(values: ArrayLike, also: ArrayLike = (), *, log: bool) -> Limits:
    """Limits of an axis that leave out outliers, as the whiskers of a box plot do.

    No limits without outliers, nor if the others are all equal.  `also` are heights of lines to
    keep in view unless they would be outliers themselves.  `log` is for a logarithmic axis:
    outliers are judged by logarithms, of positive values only.
    """
    heights, lines = (_on_scale(each, log=log) for each in (values, also))
    if len(heights) == 0:
        return NO_LIMITS
    first, third = np.quantile(heights, [0.25, 0.75])
    far = FENCE * (third - first)
    if far == 0 or (heights.min() >= first - far and heights.max() <= third + far):
        return NO_LIMITS
    both = np.concatenate([heights, lines])
    inside = both[(both >= first - far) & (both <= third + far)]
    low, high = float(inside.min()), float(inside.max())
    if low == high:
        return NO_LIMITS
    ends = (low - ROOM * (high - low), high + ROOM * (high - low))
    return Limits(*(10.0**end if log else end for end in ends))


def _on_scale(values: ArrayLike, *, log: bool) -> NDArray[np.float64]:
    """The known values, as logarithms of the positive ones on a logarithmic axis."""
    flat = np.ravel(np.asarray(values, np.float64))
    flat = flat[np.isfinite(flat) & ((flat > 0) | (not log))]
    return np.log10(flat) if log else flat


@dataclass(frozen=True)
class Scales:
    """How a chart of curves is drawn: its axes, and smoothing along them.

    x                a history column, such as "epoch"
    x_limits, y_limits
                     typed limits, in the units of the axes (accuracies in percent)
    smoothing        of the curves, not of bands; raw curves stay behind them
    ignore_outliers  whether the y-axis leaves out outliers; the chart says how many points
    """

    x: str = "epoch"
    log_x: bool = False
    log_y: bool = False
    x_limits: Limits = NO_LIMITS
    y_limits: Limits = NO_LIMITS
    smoothing: Smoothing = NO_SMOOTHING
    ignore_outliers: bool = False

    def of_shares(self, limits: Limits = NO_LIMITS) -> "Scales":
        """The same for accuracies: on a linear y-axis, within limits of its own."""
        return replace(self, log_y=False, y_limits=limits)
