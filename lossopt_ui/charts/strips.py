"""Strip plot: one dot per run, with the mean of each group."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from lossopt_ui.charts.colours import INK, Theme, translucent

ROW, AROUND = 34, 92
"""Height of a row, and of everything around them, in pixels."""
SPREAD = 0.22
"""How far dots of one row lie apart vertically, as a fraction of it, so that equal ones show."""


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
    for place, row in enumerate(rows):
        values = np.asarray(row.values, np.float64)
        if len(values) == 0:
            continue
        order = np.arange(len(values))
        apart = SPREAD * (order % 3 - 1) if len(values) > 1 else np.zeros(len(values))
        figure.add_scatter(
            x=values,
            y=place + apart,
            name=row.label,
            text=row.names,
            mode="markers",
            marker={"color": translucent(row.colour, 0.6), "size": 8},
            hovertemplate="%{x:.4g} (%{text})<extra></extra>",
        )
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
