"""Curves of groups of runs: a central curve, a band, and the individual runs."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lossopt_core.analysis.groups import aggregate
from lossopt_core.experiment.measures import MEASURES
from lossopt_ui.charts.colours import GREY, Theme, translucent
from lossopt_ui.charts.curves import (
    EPOCHS,
    Band,
    Curve,
    Dash,
    Level,
    curves,
    thin,
)
from lossopt_ui.charts.scales import Scales
from lossopt_ui.charts.smoothing import RAW

MAX_MEMBER_POINTS = 20_000
"""Points of all thin lines in a chart: more would take too long to draw."""


@dataclass(frozen=True, eq=False)
class GroupCurve:
    """A named curve of a group: a table (x, centre, low, high), and its members' curves.

    diverged    whether any of its runs diverged
    ghost       whether it is from before a change
    """

    name: str
    table: pd.DataFrame
    colour: str
    dash: Dash = "solid"
    members: Sequence[pd.DataFrame] = field(default_factory=tuple)
    diverged: bool = False
    width: float = 2.0
    ghost: bool = False


def group_curve(
    name: str,
    histories: Sequence[pd.DataFrame],
    *,
    column: str,
    x: str,
    centre: str,
    band: str,
    colour: str,
    dash: Dash = "solid",
    diverged: bool = False,
) -> GroupCurve:
    """The curve of a group of histories; a single history is its own curve."""
    if len(histories) == 1:
        [history] = histories
        y = history[column].to_numpy(np.float64)
        x_values = history[x].to_numpy(np.float64)
        table = pd.DataFrame({"x": x_values, "centre": y, "low": y, "high": y})
        return GroupCurve(name, table, colour, dash, diverged=diverged)
    members = [
        pd.DataFrame(
            {"x": each[x].to_numpy(np.float64), "centre": each[column].to_numpy(np.float64)}
        )
        for each in histories
    ]
    table = aggregate(histories, column, x, centre, band)
    return GroupCurve(name, table, colour, dash, members, diverged)


def group_curves(
    lines: Sequence[GroupCurve],
    *,
    column: str,
    title: str,
    y_title: str,
    theme: Theme,
    scales: Scales = EPOCHS,
    show_members: bool = False,
    levels: Sequence[Level] = (),
    bands: Sequence[Band] = (),
    spread: str = "",
) -> go.Figure:
    """A chart of group curves; `column` determines their unit.

    `spread` says in the legend what the bands around the curves are.  Smoothing changes the
    curves, but neither bands nor the runs' own lines.
    """
    log_x, log_y = scales.log_x, scales.log_y
    lines = [each for each in lines if not each.table["centre"].isna().all()]
    figure = curves(
        [
            Curve(each.name, each.table.rename(columns={"x": scales.x, "centre": column}), column,
                  each.colour, each.dash, each.width, each.diverged, each.ghost)
            for each in lines
        ],
        title=title,
        y_title=y_title,
        theme=theme,
        scales=scales,
        levels=levels,
        bands=bands,
    )  # fmt: skip
    scale = 100.0 if MEASURES[column].percent else 1.0
    of_lines = [trace for trace in figure.data if trace.meta != RAW]
    behind = [
        _band(each, trace, scale, log_x=log_x, log_y=log_y)
        for each, trace in zip(lines, of_lines, strict=False)
    ]
    if spread and any(behind):
        figure.add_trace(_legend_of_bands(spread, theme))
    if show_members:
        points = sum(len(member) for each in lines for member in each.members)
        stride = max(1, -(-points // MAX_MEMBER_POINTS))
        behind += [_members(each, scale, stride, log_x=log_x, log_y=log_y) for each in lines]
    for trace in figure.data:
        trace.legendgroup = trace.legendgroup or trace.name
    curves_alone = len(figure.data)
    figure.add_traces([trace for trace in behind if trace is not None])
    figure.data = figure.data[curves_alone:] + figure.data[:curves_alone]
    return figure


def _band(
    line: GroupCurve, drawn: go.Scatter, scale: float, *, log_x: bool, log_y: bool
) -> go.Scatter | None:
    """The band around a curve, as far as the curve is drawn."""
    table = thin(line.table)
    x, low, high = (table[name].to_numpy(np.float64) for name in ("x", "low", "high"))
    known = np.isfinite(low) & np.isfinite(high) & ((x > 0) | (not log_x))
    if log_y:
        known &= high > 0
        low = np.maximum(low, _smallest_shown(table["centre"].to_numpy(np.float64)))
    if line.diverged:
        seen = np.isfinite(drawn.y)
        known &= x <= drawn.x[seen].max(initial=-np.inf)
        highest = drawn.y[seen].max(initial=-np.inf) / scale
        low, high = np.minimum(low, highest), np.minimum(high, highest)
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


def _legend_of_bands(spread: str, theme: Theme) -> go.Scatter:
    """An entry of the legend that says what all bands are."""
    return go.Scatter(
        x=[None], y=[None], name=spread, mode="markers", hoverinfo="skip",
        marker={"symbol": "square", "size": 12, "color": translucent(GREY[theme], 0.35)},
    )  # fmt: skip


def _smallest_shown(centre: np.ndarray) -> float:
    """Lower end of a band on a logarithmic axis if its own is not positive."""
    positive = centre[centre > 0]
    return float(positive.min()) / 10.0 if len(positive) else 1e-300


def _members(
    line: GroupCurve, scale: float, stride: int, *, log_x: bool, log_y: bool
) -> go.Scatter | None:
    """All members in one trace, separated by gaps."""
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
