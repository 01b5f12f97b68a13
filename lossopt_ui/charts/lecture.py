"""Charts for the lecture's cards."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from lossopt_ui.charts.colours import (
    CLASSES,
    GREY,
    INK,
    LINES,
    SEQUENTIAL,
    Theme,
    mixed,
)
from lossopt_ui.charts.scales import LOG_AXIS

Values = Sequence[float] | NDArray[Any] | pd.Series
DEEPEST = 0.27
"""Part of the sequential scale used behind lines, so that the lines keep their contrast."""
LEGEND = {"orientation": "h", "yanchor": "top", "y": -0.2, "x": 0.0}


def stacked(
    parts: Mapping[str, Values], names: Sequence[str], *, title: str, y_title: str,
    theme: Theme,
) -> go.Figure:  # fmt: skip
    """A stacked bar for each name."""
    figure = go.Figure()
    for k, (part, values) in enumerate(parts.items()):
        figure.add_bar(
            name=part,
            x=list(names),
            y=list(values),
            marker={"color": CLASSES[theme][k]},
            hovertemplate="%{y:.4g}",
        )
    figure.update_layout(
        title=title, barmode="stack", hovermode="x unified", showlegend=True, legend=LEGEND
    )
    figure.update_yaxes(title=y_title, rangemode="tozero")
    return figure


def bars(
    values: Mapping[str, float], *, title: str, y_title: str, theme: Theme, mark: str = ""
) -> go.Figure:
    """A bar for each name; the bar `mark` stands out."""
    colours = [CLASSES[theme][0] if name == mark or not mark else GREY[theme] for name in values]
    figure = go.Figure(
        go.Bar(
            x=list(values),
            y=list(values.values()),
            marker={"color": colours},
            hovertemplate="%{y:.4g}<extra></extra>",
        )
    )
    figure.update_layout(title=title, hovermode="closest")
    figure.update_yaxes(title=y_title, zeroline=True, zerolinecolor=INK[theme])
    return figure


def lines(
    curves: Mapping[str, tuple[Values, Values, str]],
    *,
    title: str,
    x_title: str,
    y_title: str,
    theme: Theme,
    log_x: bool = False,
    log_y: bool = False,
    here: float | None = None,
    dashed: Collection[str] = (),
) -> go.Figure:
    """Named curves of (x, y, colour); `here` draws a vertical line at the current value.

    Curves named in `dashed` are dashed, so that a curve beneath them stays visible.
    """
    figure = go.Figure()
    for name, (x, y, colour) in curves.items():
        figure.add_scatter(
            x=np.asarray(x, float), y=np.asarray(y, float), name=name, mode="lines",
            line={"color": colour, "width": 2.5, "dash": "dash" if name in dashed else "solid"},
            hovertemplate="%{y:.4g}",
        )  # fmt: skip
    if here is not None:
        figure.add_vline(x=here, line={"color": INK[theme], "width": 1.5, "dash": "dot"})
    figure.update_layout(
        title=title, hovermode="x unified", showlegend=len(curves) > 1, legend=LEGEND
    )
    figure.update_xaxes(title=x_title, **(LOG_AXIS if log_x else {}))
    figure.update_yaxes(title=y_title, **(LOG_AXIS if log_y else {}))
    return figure


def spreads(
    table: pd.DataFrame, column: str, *, title: str, y_title: str, theme: Theme
) -> go.Figure:
    """Box plots of a column over many draws, one box per batch size."""
    figure = go.Figure()
    for size, rows in table.groupby("size"):
        figure.add_box(
            y=rows[column], name=f"{size:,}", marker={"color": LINES[theme][0], "size": 3},
            boxpoints=False, line={"color": LINES[theme][0]}, showlegend=False,
        )  # fmt: skip
    figure.update_layout(title=title)
    figure.update_xaxes(title="Batch size", type="category")
    figure.update_yaxes(title=y_title)
    return figure


def plane(
    first: np.ndarray,
    second: np.ndarray,
    loss: np.ndarray,
    penalty: np.ndarray,
    path: np.ndarray,
    at: int,
    *,
    loss_there: float,
    penalty_there: float,
    title: str,
    theme: Theme,
) -> go.Figure:
    """A data loss, one level set of it and one of a penalty, and the path of the optimum.

    `path` (k, 2) holds the optimal weights for increasing strengths, and `at` is the index of the
    selected one. Both level sets pass through it, at `loss_there` and `penalty_there`.
    """
    figure = go.Figure()
    # Coloured by the square root above the minimum: by the loss itself, the basin would look flat.
    depth = np.sqrt(loss - loss.min())
    figure.add_contour(
        x=first, y=second, z=depth, customdata=loss, ncontours=16, showscale=False,
        colorscale=_soft(theme), contours={"coloring": "fill"}, name="data loss",
        line={"width": 0.5, "color": GREY[theme]},
        hovertemplate="data loss %{customdata:.4g}<extra></extra>",
    )  # fmt: skip
    for name, values, there, line in (
        ("level set of data loss", loss, loss_there, {"color": LINES[theme][0], "dash": "dash"}),
        ("level set of penalty", penalty, penalty_there, {"color": LINES[theme][1]}),
    ):
        figure.add_contour(
            x=first, y=second, z=values, showscale=False, showlegend=True, name=name,
            contours={"coloring": "none", "start": there, "end": there, "size": 1.0},
            line={"width": 2.5} | line, hoverinfo="skip",
        )  # fmt: skip
    figure.add_scatter(
        x=path[:, 0], y=path[:, 1], mode="lines+markers", name="optimum over strength",
        line={"color": INK[theme], "width": 2}, marker={"size": 5}, hoverinfo="skip",
    )  # fmt: skip
    figure.add_scatter(
        x=[path[at, 0]], y=[path[at, 1]], mode="markers", name="optimum at this strength",
        marker={"size": 13, "color": LINES[theme][4], "line": {"color": INK[theme], "width": 2}},
        hovertemplate="w = (%{x:.4g}, %{y:.4g})<extra></extra>",
    )  # fmt: skip
    figure.update_layout(title=title, showlegend=True, legend=LEGEND)
    figure.update_xaxes(
        title="First weight", zeroline=True, zerolinecolor=GREY[theme], constrain="domain"
    )
    figure.update_yaxes(
        title="Second weight",
        zeroline=True,
        zerolinecolor=GREY[theme],
        scaleanchor="x",
        constrain="domain",
    )
    return figure


def _soft(theme: Theme) -> list[list[Any]]:
    """The pale part of the sequential scale, darkest first."""
    (_, pale), (_, deep) = SEQUENTIAL[theme]
    return [[0.0, mixed(str(pale), str(deep), DEEPEST)], [1.0, pale]]
