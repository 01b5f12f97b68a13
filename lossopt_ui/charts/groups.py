"""Curves of groups of runs: a centre, a band, and the runs themselves behind them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lossopt_core.analysis.groups import aggregate
from lossopt_core.analysis.smoothing import smoothed, smoothing_length
from lossopt_core.experiment.measures import MEASURES
from lossopt_ui.charts.colours import Theme, translucent
from lossopt_ui.charts.curves import (
    Curve,
    Level,
    curves,
    thin,
)

Dash = Literal["solid", "dash", "dot"]
MOST_MEMBER_POINTS = 20_000
"""Of all thin lines of a chart together: more would take longer to draw than one waits."""


@dataclass(frozen=True, eq=False)
class Strand:
    """One named curve: a table (x, centre, low, high), and the curves that it stands for."""

    name: str
    table: pd.DataFrame
    colour: str
    dash: Dash = "solid"
    members: Sequence[pd.DataFrame] = field(default_factory=tuple)


def strand_of(
    name: str,
    histories: Sequence[pd.DataFrame],
    *,
    column: str,
    x: str,
    centre: str,
    band: str,
    colour: str,
    dash: Dash = "solid",
) -> Strand:
    """The strand of a group of histories; of a single one it is the curve itself."""
    if len(histories) == 1:
        [history] = histories
        y = history[column].to_numpy(np.float64)
        across = history[x].to_numpy(np.float64)
        return Strand(
            name, pd.DataFrame({"x": across, "centre": y, "low": y, "high": y}), colour, dash
        )
    members = [
        pd.DataFrame(
            {"x": each[x].to_numpy(np.float64), "centre": each[column].to_numpy(np.float64)}
        )
        for each in histories
    ]
    return Strand(name, aggregate(histories, column, x, centre, band), colour, dash, members)


def all_smoothed(lines: Sequence[Strand], weight: float) -> list[Strand]:
    """The same with a moving average in place of each curve, which goes behind it.

    Over equal distances in x all are smoothed alike, however often each was evaluated.
    """
    ends = [each.table["x"].iloc[[0, -1]] for each in lines if len(each.table)]
    span = max((last for _, last in ends), default=0.0) - min((x for x, _ in ends), default=0.0)
    length = smoothing_length(weight, span)
    return [_smoothed(each, length) for each in lines]


def _smoothed(strand: Strand, length: float) -> Strand:
    raw = strand.table[["x", "centre"]]
    x = raw["x"].to_numpy(np.float64)
    table = strand.table.assign(
        **{
            name: smoothed(x, strand.table[name].to_numpy(np.float64), length)
            for name in ("centre", "low", "high")
        }
    )
    return Strand(strand.name, table, strand.colour, strand.dash, [*strand.members, raw])


def strands(
    lines: Sequence[Strand],
    *,
    column: str,
    x: str,
    title: str,
    y_title: str,
    theme: Theme,
    log_x: bool = False,
    log_y: bool = False,
    show_members: bool = False,
    levels: Sequence[Level] = (),
    y_range: tuple[float, float] | None = None,
    x_range: tuple[float, float] | None = None,
) -> go.Figure:
    """A chart of strands; `column` says what they are, and so in which unit they are drawn."""
    figure = curves(
        [
            Curve(each.name, each.table.rename(columns={"x": x, "centre": column}), column,
                  each.colour, each.dash)
            for each in lines
        ],
        title=title,
        x=x,
        y_title=y_title,
        theme=theme,
        log_x=log_x,
        log_y=log_y,
        levels=levels,
        y_range=y_range,
        x_range=x_range,
    )  # fmt: skip
    scale = 100.0 if MEASURES[column].percent else 1.0
    behind = [_band(each, scale, log_x=log_x, log_y=log_y) for each in lines]
    if show_members:
        points = sum(len(member) for each in lines for member in each.members)
        stride = max(1, -(-points // MOST_MEMBER_POINTS))
        behind += [_members(each, scale, stride, log_x=log_x, log_y=log_y) for each in lines]
    for trace in figure.data:
        trace.legendgroup = trace.name
    curves_alone = len(figure.data)
    figure.add_traces([trace for trace in behind if trace is not None])
    figure.data = figure.data[curves_alone:] + figure.data[:curves_alone]
    return figure


def _band(line: Strand, scale: float, *, log_x: bool, log_y: bool) -> go.Scatter | None:
    table = thin(line.table)
    x, low, high = (table[name].to_numpy(np.float64) for name in ("x", "low", "high"))
    known = np.isfinite(low) & np.isfinite(high) & ((x > 0) | (not log_x))
    if log_y:
        known &= high > 0
        low = np.maximum(low, _smallest_shown(table["centre"].to_numpy(np.float64)))
    if known.sum() < 2 or np.array_equal(low[known], high[known]):
        return None
    x, low, high = x[known], low[known], high[known]
    return go.Scatter(
        x=np.concatenate([x, x[::-1]]),
        y=np.concatenate([high, low[::-1]]) * scale,
        name=f"{line.name}: band",
        legendgroup=line.name,
        showlegend=False,
        mode="lines",
        line={"width": 0},
        fill="toself",
        fillcolor=translucent(line.colour, 0.18),
        hoverinfo="skip",
    )


def _smallest_shown(centre: np.ndarray) -> float:
    """Where a band ends on a logarithmic axis that its lower end would leave."""
    positive = centre[centre > 0]
    return float(positive.min()) / 10.0 if len(positive) else 1e-300


def _members(
    line: Strand, scale: float, stride: int, *, log_x: bool, log_y: bool
) -> go.Scatter | None:
    """All of them in one trace, with gaps between."""
    if not line.members:
        return None
    pieces_x, pieces_y = [], []
    for member in line.members:
        rows = np.unique(np.append(np.arange(0, len(member), stride), len(member) - 1))
        pieces_x += [member["x"].to_numpy()[rows], [np.nan]]
        pieces_y += [member["centre"].to_numpy()[rows], [np.nan]]
    x, y = np.concatenate(pieces_x), np.concatenate(pieces_y) * scale
    x[(x <= 0) & log_x] = np.nan
    y[~np.isfinite(y) | ((y <= 0) & log_y)] = np.nan
    return go.Scatter(
        x=x.astype(np.float32),
        y=y.astype(np.float32),
        name=f"{line.name}: each run",
        legendgroup=line.name,
        showlegend=False,
        mode="lines",
        line={"width": 0.8, "color": translucent(line.colour, 0.35)},
        hoverinfo="skip",
    )
