"""Scales of axes: logarithmic or linear, and their limits."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypedDict

import numpy as np
from numpy.typing import ArrayLike

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


NO_LIMITS = Limits()


class Scales(TypedDict, total=False):
    """Arguments of charts of curves that say how their axes are drawn.

    x   a history column, such as "epoch"
    """

    x: str
    log_x: bool
    log_y: bool
    x_limits: Limits
    y_limits: Limits
