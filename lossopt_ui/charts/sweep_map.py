"""Heatmap of a sweep over two parameters, with limits from theory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from lossopt_core.analysis.digits import with_spread
from lossopt_core.experiment.measures import MEASURES
from lossopt_ui.charts.colours import (
    BACKGROUND,
    INK,
    SEQUENTIAL,
    Theme,
    contrast,
)
from lossopt_ui.charts.sweep_cells import (
    cells_of,
    formatted,
    short,
    values_of,
)
from lossopt_ui.charts.texts import second_line
from lossopt_ui.state.pages.settings import SETTINGS

MAX_TEXTS = 120
"""With more cells than this there is a colour bar instead of numbers in the cells."""
WIDE = 10.0
"""Ratio of largest to smallest value from which colours use the logarithm."""


@dataclass(frozen=True)
class StepEdge:
    """A limit of the learning rate for each value of another parameter, and its label."""

    limits: Mapping[Any, float]
    label: str


def heat_map(
    results: pd.DataFrame,
    x: str,
    y: str,
    value: str,
    *,
    theme: Theme,
    edge: StepEdge | None = None,
    zero_above: float | None = None,
    about_rates: str = "",
) -> go.Figure:
    """The mean over seeds for each pair of parameter values, with the best outlined.

    `results` has one row per run: the settings, `family`, `status`, `id` and the value.  `edge`
    is the largest stable learning rate for each value of the other axis, and `zero_above` the
    L1 strength above which all weights are zero.  The title says `about_rates`.
    A click returns the cell's `family`.
    """
    scale = 100.0 if MEASURES[value].percent else 1.0
    cells = cells_of(results, x, y, value)
    x_values, y_values = values_of(results, x), values_of(results, y)
    means = np.full((len(y_values), len(x_values)), np.nan)
    texts = np.full(means.shape, "", dtype=object)
    hover, family = texts.copy(), texts.copy()
    for cell in cells:
        index = y_values.index(cell["y"]), x_values.index(cell["x"])
        means[index] = cell["mean"] * scale
        texts[index] = _cell_text(cell, scale)
        hover[index] = _cell_hover(cell, scale)
        family[index] = cell["family"]
    better = MEASURES[value].better
    ramp = _ramp(theme) if better == "higher" else _reversed(_ramp(theme))
    columns = [formatted(x, each) for each in x_values]
    rows = [formatted(y, each) for each in y_values]
    depth, colour_bar = _depth(means, value)
    figure = go.Figure(
        go.Heatmap(
            z=depth, x=columns, y=rows, customdata=family, hovertext=hover,
            hovertemplate="%{hovertext}<extra></extra>", colorscale=ramp, colorbar=colour_bar,
            showscale=means.size > MAX_TEXTS, xgap=2, ygap=2,
        )
    )  # fmt: skip
    if means.size <= MAX_TEXTS:
        figure.update_layout(annotations=_texts(texts, depth, ramp, theme))
    _outline_best(figure, means, better, theme)
    notes = []
    if edge and edge.limits:
        _draw_edge(figure, x, y, x_values, y_values, edge, theme)
        notes.append(f"dotted: {edge.label}")
    if zero_above is not None and "strength" in (x, y):
        _draw_zero(figure, x, x_values if x == "strength" else y_values, zero_above, theme)
        notes.append(f"dashed: all weights are zero above {zero_above:.3g}")
    below = "".join(f"<br><span style='font-size:12px'>{each}</span>" for each in notes)
    of_several = len({cell["family"] for cell in cells}) < results["family"].nunique()
    also = ", best over other parameters" if of_several else ""
    title = f"{short(value)}: mean over seeds{also}{second_line(about_rates)}"
    figure.update_layout(title=title, showlegend=False)
    figure.update_xaxes(title=SETTINGS[x] + below, type="category", showgrid=False)
    figure.update_yaxes(title=SETTINGS[y], type="category", showgrid=False)
    return figure


def _ramp(theme: Theme) -> list[list[Any]]:
    """A colour scale that starts visibly different from the background."""
    [faint] = sample_colorscale(SEQUENTIAL[theme], [0.12])
    return [[0.0, faint], SEQUENTIAL[theme][-1]]


def _reversed(scale: list[list[Any]]) -> list[list[Any]]:
    return [[1 - at, colour] for at, colour in scale][::-1]


def _depth(means: np.ndarray, value: str) -> tuple[np.ndarray, dict[str, Any]]:
    """Values for the colour scale, and the colour bar: logarithms if the range is wide."""
    bar: dict[str, Any] = {"title": {"text": short(value)}, "thickness": 12}
    known = means[~np.isnan(means)]
    if not known.size or known.min() <= 0 or known.max() < WIDE * known.min():
        return means, bar
    powers = np.arange(np.floor(np.log10(known.min())), np.ceil(np.log10(known.max())) + 1)
    return np.log10(means), bar | {"tickvals": powers, "ticktext": [f"{10**p:g}" for p in powers]}


def _texts(
    texts: np.ndarray, depth: np.ndarray, ramp: list[list[Any]], theme: Theme
) -> list[go.layout.Annotation]:
    """The cells' numbers, each in the text colour with the best contrast.

    They are annotations, so that they are drawn above the limit lines.
    """
    known = ~np.isnan(depth)
    low, high = (depth[known].min(), depth[known].max()) if known.any() else (0.0, 0.0)
    shares = np.where(known, (depth - low) / ((high - low) or 1.0), 0.0)
    behind = np.reshape(sample_colorscale(ramp, shares.ravel()), depth.shape)
    behind[~known] = BACKGROUND[theme]
    inks = (INK[theme], BACKGROUND[theme])
    return [
        go.layout.Annotation(
            x=column, y=row, text=texts[row, column], showarrow=False,
            bgcolor=cell, borderpad=1,
            font={"color": max(inks, key=lambda ink: contrast(ink, cell)), "size": 12},
        )
        for (row, column), cell in np.ndenumerate(behind)
        if texts[row, column]
    ]  # fmt: skip


def _cell_text(cell: Mapping[str, Any], scale: float) -> str:
    if cell["diverged"]:
        return "diverged"
    return "" if pd.isna(cell["mean"]) else f"{cell['mean'] * scale:.4g}"


def _cell_hover(cell: Mapping[str, Any], scale: float) -> str:
    if cell["diverged"]:
        return f"{cell['diverged']} of {cell['n']} runs diverged"
    if pd.isna(cell["mean"]):
        return "unknown"
    mean, spread = cell["mean"] * scale, cell["sd"] * scale
    text = f"{mean:.5g}" if pd.isna(spread) else with_spread(mean, spread)
    return f"{text} (n={cell['n']})"


def _outline_best(figure: go.Figure, means: np.ndarray, better: str, theme: Theme) -> None:
    """Outline the best cell, or all cells that tie for best."""
    if np.isnan(means).all() or not better:
        return
    best = np.nanmax(means) if better == "higher" else np.nanmin(means)
    for row, column in np.argwhere(np.isclose(means, best, rtol=1e-12, atol=0)).tolist():
        ends: dict[str, Any] = {
            "x0": column - 0.5,
            "x1": column + 0.5,
            "y0": row - 0.5,
            "y1": row + 0.5,
        }
        _draw(figure, theme, type="rect", **ends)


def _draw(figure: go.Figure, theme: Theme, *, dash: str = "solid", **shape: Any) -> None:
    """Draw a shape with an outline in the background colour, visible on any cell."""
    figure.add_shape(**shape, line={"color": BACKGROUND[theme], "width": 6})
    figure.add_shape(**shape, line={"color": INK[theme], "width": 2.5, "dash": dash})


def _position(values: Sequence[float], wanted: float) -> float:
    """Position of a number between the categories of a sorted axis."""
    logs = np.log([max(each, 1e-300) for each in values])
    positions = np.arange(len(values))
    if len(values) < 2:
        return 0.0
    at = float(np.interp(np.log(wanted), logs, positions))
    if wanted > values[-1]:
        at = len(values) - 0.5
    return -0.5 if wanted < values[0] else at


def _draw_edge(
    figure: go.Figure,
    x: str,
    y: str,
    x_values: Sequence[Any],
    y_values: Sequence[Any],
    edge: StepEdge,
    theme: Theme,
) -> None:
    """The largest stable learning rate as short lines, one per row or column."""
    along_x = x == "learning_rate"
    rates, others = (x_values, y_values) if along_x else (y_values, x_values)
    for k, other in enumerate(others):
        if other not in edge.limits:
            continue
        at = _position(rates, edge.limits[other])
        ends = {"x0": at, "x1": at, "y0": k - 0.5, "y1": k + 0.5}
        if not along_x:
            ends = {"x0": k - 0.5, "x1": k + 0.5, "y0": at, "y1": at}
        _draw(figure, theme, type="line", dash="dot", **ends)


def _draw_zero(
    figure: go.Figure, x: str, strengths: Sequence[float], zero_above: float, theme: Theme
) -> None:
    at = _position(strengths, zero_above)
    axis, other = ("x", "y") if x == "strength" else ("y", "x")
    ends = {f"{axis}0": at, f"{axis}1": at, f"{other}0": 0, f"{other}1": 1}
    _draw(figure, theme, type="line", dash="dash", **ends, **{f"{other}ref": f"{other} domain"})
