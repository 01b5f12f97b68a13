"""Pictures of the lecture's cards."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lossopt_ui.charts.colours import CLASSES, GREY, INK, LINES, SEQUENTIAL, Theme

LEGEND = {"orientation": "h", "yanchor": "top", "y": -0.2, "x": 0.0}


def stacked(
    parts: Mapping[str, Sequence[float]], names: Sequence[str], *, title: str, y_title: str,
    theme: Theme,
) -> go.Figure:  # fmt: skip
    """A bar for each of the names, put together of parts."""
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


def lines(
    curves: Mapping[str, tuple[Sequence[float], Sequence[float], str]],
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
    """Named curves of (x, y, colour); `here` is a vertical line at what is chosen now.

    Those in `dashed` let a curve be seen on which they lie.
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
    power = {"exponentformat": "power", "dtick": 1}
    figure.update_xaxes(title=x_title, **({"type": "log"} | power if log_x else {}))
    figure.update_yaxes(title=y_title, **({"type": "log"} | power if log_y else {}))
    return figure


def spreads(
    table: pd.DataFrame, column: str, *, title: str, y_title: str, theme: Theme
) -> go.Figure:
    """For each batch size the middle and the spread of a column over many draws."""
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
    way: np.ndarray,
    at: int,
    *,
    title: str,
    theme: Theme,
) -> go.Figure:
    """Contours of a data loss, one level set of a penalty, and the way of the best weights.

    `way` (k, 2) is the best weights for rising strengths, and `at` the one that is chosen: the
    level set of the penalty is drawn through it.
    """
    figure = go.Figure()
    figure.add_contour(
        x=first, y=second, z=loss, ncontours=16, colorscale=_soft(theme), showscale=False,
        contours={"coloring": "fill"}, line={"width": 0.5, "color": GREY[theme]}, name="data loss",
        hovertemplate="data loss %{z:.4g}<extra></extra>",
    )  # fmt: skip
    level = float(_level_at(first, second, penalty, way[at]))
    figure.add_contour(
        x=first, y=second, z=penalty, showscale=False, name="penalty",
        contours={"coloring": "none", "start": level, "end": level, "size": 1.0},
        line={"width": 2.5, "color": LINES[theme][1]}, hoverinfo="skip",
    )  # fmt: skip
    figure.add_scatter(
        x=way[:, 0], y=way[:, 1], mode="lines+markers", name="best weights, by strength",
        line={"color": INK[theme], "width": 2}, marker={"size": 5}, hoverinfo="skip",
    )  # fmt: skip
    figure.add_scatter(
        x=[way[at, 0]], y=[way[at, 1]], mode="markers", name="at this strength",
        marker={"size": 13, "color": LINES[theme][0], "line": {"color": INK[theme], "width": 2}},
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
    """The sequential scale's paler half, so that lines are seen on it."""
    (_, pale), (_, deep) = SEQUENTIAL[theme]
    return [[0.0, deep], [0.25, _between(pale, deep, 0.55)], [1.0, pale]]


def _between(one: Any, other: Any, share: float) -> str:
    channels = [
        (int(str(one)[at : at + 2], 16), int(str(other)[at : at + 2], 16)) for at in (1, 3, 5)
    ]
    return "#" + "".join(f"{round((1 - share) * a + share * b):02X}" for a, b in channels)


def _level_at(first: np.ndarray, second: np.ndarray, values: np.ndarray, w: np.ndarray) -> float:
    """The value of the grid's point that is nearest to w."""
    return values[np.abs(second - w[1]).argmin(), np.abs(first - w[0]).argmin()]
