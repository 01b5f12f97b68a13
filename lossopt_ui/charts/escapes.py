"""Curves that leave a chart upwards: cut where they leave, and marked there.

A diverging run grows by many powers of ten within a few updates, and would flatten all other
curves.  Its curve is cut a little above the others.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lossopt_core.training.loop import DIVERGED_AT
from lossopt_ui.charts.scales import NO_LIMITS, Limits

FACTOR = 10.0
"""A loss that ends above its start by more than this factor leaves the chart."""
LOSSES = ("objective", "data_loss", "test_loss", "distance", "distance_share")
HEADROOM = 0.08
"""Room for curves that leave above the others, as a fraction of their range."""
WORDS_APART = 0.08
"""The distance at which two words can be read, as a fraction of the chart's height."""
Numbers = NDArray[np.float64]


class Line(Protocol):
    """What a curve tells about itself."""

    @property
    def name(self) -> str: ...
    @property
    def column(self) -> str: ...
    @property
    def ghost(self) -> bool: ...
    @property
    def lost(self) -> bool: ...


def has_diverged(history: pd.DataFrame) -> bool:
    """Whether a run's history ends as a diverged one does, also while it is being trained.

    Not for imported curves, which may have no objective at their end.
    """
    objective = history["objective"].to_numpy(np.float64)
    return len(objective) > 0 and not objective[-1] <= DIVERGED_AT * objective[0]


def leaves(values: Numbers, column: str, *, diverged: bool) -> bool:
    """Whether a curve leaves the chart: its run diverged, or its loss ends far above its start."""
    known = values[np.isfinite(values)]
    return diverged or (
        column in LOSSES and len(known) > 0 and bool(known[-1] > FACTOR * known[0] > 0)
    )


def cut_all(
    traces: Sequence[dict[str, Any]],
    lines: Sequence[Line],
    others: Sequence[float] = (),
    *,
    log_x: bool,
    log_y: bool,
    y_limits: Limits = NO_LIMITS,
) -> list[dict[str, Any]]:
    """Cut the traces of leaving lines, in place; returns the marks where they left.

    `others` are heights of lines and bands that must stay in view.
    """
    leaving = [
        leaves(trace["y"], line.column, diverged=line.lost)
        for trace, line in zip(traces, lines, strict=True)
    ]
    top = ceiling(traces, leaving, others, log_y=log_y, y_limits=y_limits)
    marks = []
    for trace, line, left in zip(traces, lines, leaving, strict=True):
        mark = cut(trace, top, log_x=log_x, log_y=log_y, diverged=line.lost) if left else None
        if mark is not None and not line.ghost:
            marks.append(mark)
    _say_once(marks, traces, log_y=log_y)
    return marks


def _say_once(
    marks: Sequence[dict[str, Any]], traces: Sequence[Mapping[str, Any]], *, log_y: bool
) -> None:
    """Leave out the words of marks beside another one, which would be written over each other."""
    heights = np.concatenate([*(trace["y"] for trace in traces), []])
    heights = heights[np.isfinite(heights) & ((heights > 0) | (not log_y))]
    if not len(heights):
        return
    room = WORDS_APART * np.ptp(np.log(heights) if log_y else heights)
    said: list[tuple[float, float]] = []
    for mark in marks:
        x, y = mark["x"][0], mark["y"][0]
        place = (x, np.log(y) if log_y else y)
        if any(place[0] == other[0] and abs(place[1] - other[1]) < room for other in said):
            mark["mode"] = "markers"
        else:
            said.append(place)


def ceiling(
    traces: Sequence[Mapping[str, Any]],
    leaving: Sequence[bool],
    others: Sequence[float] = (),
    *,
    log_y: bool,
    y_limits: Limits = NO_LIMITS,
) -> float:
    """The height at which leaving curves are cut; infinite if there are none.

    A little above the curves that stay and the `others` (heights of lines and bands).  Without
    curves that stay, `FACTOR` times the highest start on a linear axis.  A typed limit counts more.
    """
    if y_limits.range(log=log_y) is not None and y_limits.high is not None:
        return y_limits.high
    if not any(leaving):
        return np.inf
    staying = [trace["y"] for trace, leaves in zip(traces, leaving, strict=True) if not leaves]
    values = np.concatenate([*staying, []])
    values = values[np.isfinite(values)]
    if len(values) == 0:
        starts = [trace["y"][np.isfinite(trace["y"])][:1] for trace in traces]
        highest = np.concatenate([*starts, []]).max(initial=0.0)
        return np.inf if log_y or highest <= 0 else FACTOR * float(highest)
    values = np.concatenate([values, others])
    low, high = values.min(), values.max()
    if log_y:
        return float(high * (high / low) ** HEADROOM)
    return float(high + HEADROOM * (high - low))


def cut(
    trace: dict[str, Any], ceiling: float, *, log_x: bool, log_y: bool, diverged: bool
) -> dict[str, Any] | None:
    """Cut a trace at the ceiling, in place; returns the mark where it left.

    None if a curve that did not diverge stays below the ceiling after all.
    """
    x, y = below(trace["x"], trace["y"], ceiling, log_x=log_x, log_y=log_y)
    left = bool(np.nanmax(trace["y"], initial=-np.inf) > ceiling)
    trace |= {"x": x, "y": y, "legendgroup": trace["name"], "hovertemplate": "%{y:.4g}"}
    trace.pop("customdata", None)  # of the points before the cut
    seen = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    if len(seen) == 0 or not (left or diverged):
        return None
    said = "diverged" if diverged else "off the chart"
    return {
        "type": "scatter",
        "x": x[seen[-1:]],
        "y": y[seen[-1:]],
        "name": f"{trace['name']}: {said}",
        "legendgroup": trace["name"],
        "mode": "markers+text",
        "text": [said],
        "textposition": "bottom left" if x[seen[-1]] > np.nanmean(x) else "bottom right",
        "textfont": {"size": 12},
        "marker": {"symbol": "x", "size": 9, "color": trace["line"]["color"]},
        "hovertemplate": "<extra>%{fullData.name}</extra>",
        "showlegend": False,
        "cliponaxis": False,
    }


def below(
    x: Numbers, y: Numbers, ceiling: float, *, log_x: bool = False, log_y: bool = False
) -> tuple[Numbers, Numbers]:
    """The parts of a curve at or below the ceiling, with gaps (NaN) between them.

    Where a line crosses the ceiling, the crossing is added: interpolated as the axis draws it.
    """
    over = y > ceiling
    if not over.any():
        return x, y
    height, top = (np.log10(y), np.log10(ceiling)) if log_y else (y, ceiling)
    across = np.log10(x) if log_x else x
    at = np.flatnonzero(over[1:] != over[:-1])
    share = (top - height[at]) / (height[at + 1] - height[at])
    crossing = across[at] + share * (across[at + 1] - across[at])
    crossing = 10.0**crossing if log_x else crossing
    real = np.isfinite(crossing)
    up, heights = np.where(over, np.nan, y), np.full(real.sum(), ceiling)
    return np.insert(x, at[real] + 1, crossing[real]), np.insert(up, at[real] + 1, heights)
