"""Strip plot and box plot: the result of every run, one row per group."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from lossopt_ui.charts.colours import INK, Theme, translucent

ROW, AROUND = 34, 92
"""Height of a row, and of everything around them, in pixels."""
SPREAD = 0.22
"""How far dots of one row lie apart vertically, as a fraction of it, so that equal ones show."""
FEW = 30
"""With at most so many runs, a box plot shows each of them, otherwise only the outliers."""
WHISKER = 1.5
"""Whiskers end at the last run within so many interquartile ranges of the box (Tukey)."""


@dataclass(frozen=True)
class Strip:
    """One row: the results of a group, with a name for each of its runs.

    low, high   the ends of the 95 % interval of the mean; NaN if there is none
    """

    label: str
    values: Sequence[float]
    names: Sequence[str]
    low: float
    high: float
    colour: str


def strips(
    rows: Sequence[Strip],
    *,
    title: str,
    x_title: str,
    theme: Theme,
    x_range: tuple[float, float] | None = None,
) -> go.Figure:
    """Dots of all runs, a diamond at each mean, and a bar for its interval."""
    figure = go.Figure()
    for place, row, values in _with_runs(rows):
        _add_dots(figure, place, row, np.ones(len(values), np.bool_))
        if len(values) > 1:
            figure.add_scatter(
                x=[float(values.mean())],
                y=[place],
                name=f"{row.label}: mean",
                mode="markers",
                marker={"symbol": "diamond", "size": 11, "color": INK[theme]},
                error_x=_interval(row, float(values.mean()), theme),
                hovertemplate="mean %{x:.4g}<extra></extra>",
            )
    return _arranged(figure, rows, title=title, x_title=x_title, theme=theme, x_range=x_range)


def boxes(
    rows: Sequence[Strip],
    *,
    title: str,
    x_title: str,
    theme: Theme,
    x_range: tuple[float, float] | None = None,
) -> go.Figure:
    """Boxes from the lower to the upper quartile with the median, and whiskers (Tukey, 1977).

    Quartiles interpolate linearly between runs, like `numpy.quantile` and pandas.  A row of one
    run is a dot.
    """
    figure = go.Figure()
    for place, row, values in _with_runs(rows):
        shown = np.full(len(values), len(values) <= FEW)
        if len(values) > 1:
            lower, median, upper = np.quantile(values, (0.25, 0.5, 0.75))
            reach = WHISKER * (upper - lower)
            within = (lower - reach <= values) & (values <= upper + reach)
            shown |= ~within
            figure.add_box(
                y=[place],
                q1=[lower], median=[median], q3=[upper],
                lowerfence=[values[within].min()], upperfence=[values[within].max()],
                name=f"{row.label}: box",
                orientation="h",
                width=0.4,
                line={"color": row.colour, "width": 2},
                fillcolor=translucent(row.colour, 0.2),
                hoverinfo="x",
                xhoverformat=".4g",
            )  # fmt: skip
        _add_dots(figure, place, row, shown)
    return _arranged(figure, rows, title=title, x_title=x_title, theme=theme, x_range=x_range)


def _with_runs(rows: Sequence[Strip]) -> Iterator[tuple[int, Strip, NDArray[np.float64]]]:
    """The rows that have runs, each with its place and its values."""
    for place, row in enumerate(rows):
        if len(row.values):
            yield place, row, np.asarray(row.values, np.float64)


def _add_dots(figure: go.Figure, place: int, row: Strip, shown: NDArray[np.bool_]) -> None:
    """Add a dot for each run that is shown, slightly apart vertically."""
    values = np.asarray(row.values, np.float64)
    apart = SPREAD * (np.arange(len(values)) % 3 - 1) if len(values) > 1 else np.zeros(1)
    figure.add_scatter(
        x=values[shown],
        y=(place + apart)[shown],
        name=row.label,
        text=[name for name, each in zip(row.names, shown, strict=True) if each],
        mode="markers",
        marker={"color": translucent(row.colour, 0.6), "size": 8},
        hovertemplate="%{x:.4g} (%{text})<extra></extra>",
    )


def _arranged(
    figure: go.Figure,
    rows: Sequence[Strip],
    *,
    title: str,
    x_title: str,
    theme: Theme,
    x_range: tuple[float, float] | None,
) -> go.Figure:
    """The figure with the name of each row above it, from the top down."""
    for place, row in enumerate(rows):
        if len(row.values) == 0:
            continue
        figure.add_annotation(
            x=0.0, xref="paper", xanchor="left", y=place - 0.3, yanchor="bottom", text=row.label,
            showarrow=False, font={"size": 12, "color": INK[theme]},
        )  # fmt: skip
    figure.update_layout(title=title, showlegend=False, hovermode="closest")
    figure.update_xaxes(title=x_title, range=x_range, zeroline=False)
    figure.update_yaxes(visible=False, range=[len(rows) - 0.4, -1.0])
    return figure


def _interval(row: Strip, mean: float, theme: Theme) -> dict[str, object]:
    known = bool(np.isfinite(row.low) and np.isfinite(row.high))
    return {
        "type": "data",
        "symmetric": False,
        "array": [row.high - mean if known else 0.0],
        "arrayminus": [mean - row.low if known else 0.0],
        "color": INK[theme],
        "thickness": 1.5,
        "width": 4,
    }


def height_of(rows: int) -> int:
    """The height of a strip plot with so many rows, in pixels."""
    return AROUND + ROW * rows
