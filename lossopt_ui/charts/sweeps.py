"""The sensitivity chart of a sweep."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lossopt_core.experiment.measures import MEASURES, possible_range
from lossopt_core.fields import Number
from lossopt_core.objective.linear import Array
from lossopt_ui.charts.colours import (
    Theme,
    of_values,
    translucent,
)
from lossopt_ui.charts.sweep_cells import (
    cells_of,
    formatted,
    short,
    values_of,
)
from lossopt_ui.charts.texts import second_line
from lossopt_ui.state import pages
from lossopt_ui.state.pages.settings import SETTINGS

BAND = ": band"
"""Suffix of a band's name."""


def sensitivity(
    results: pd.DataFrame,
    value: str,
    *,
    x: str,
    line_by: str,
    theme: Theme,
    title: str = "",
    about_rates: str = "",
) -> go.Figure:
    """The final value vs one parameter, with one line per value of another.

    Lines are means over the runs, with bands of one standard deviation; if several groups share a
    point, the best of them is shown.  Crosses at the top mark diverged points.

    Values of categorical parameters are separate points with error bars instead of bands.
    """
    declaration = pages.DECLARED[x]
    numeric = isinstance(declaration, Number)
    figure = go.Figure()
    scale = 100.0 if MEASURES[value].percent else 1.0
    keys = values_of(results, line_by) if line_by else [None]
    hues = of_values(line_by, keys, theme)
    for k, (key, hue) in enumerate(zip(keys, hues, strict=True)):
        own = results if key is None else results[results[line_by] == key]
        cells = sorted(cells_of(own.assign(_one=0), x, "_one", value), key=lambda cell: cell["x"])
        name = "all runs" if key is None else formatted(line_by, key)
        known = [cell for cell in cells if not pd.isna(cell["mean"])]
        if numeric:
            _add_band(figure, known, value, hue, name)
        figure.add_scatter(
            x=[cell["x"] if numeric else formatted(x, cell["x"]) for cell in known],
            y=[cell["mean"] * scale for cell in known],
            customdata=[cell["family"] for cell in known],
            name=name,
            legendgroup=name,
            mode="lines+markers" if numeric else "markers",
            line={"color": hue, "width": 2},
            marker={"color": hue, "size": 6 if numeric else 10},
            error_y=None if numeric else _bars(known, value),
            hovertemplate="%{y:.4g}",
        )
        diverged = [cell for cell in cells if cell["diverged"]]
        if diverged:
            figure.add_scatter(
                x=[cell["x"] if numeric else formatted(x, cell["x"]) for cell in diverged],
                y=[0.98 - 0.04 * k] * len(diverged),
                yaxis="y2",
                customdata=[cell["family"] for cell in diverged],
                name=f"{name}: diverged",
                legendgroup=name,
                mode="markers",
                marker={"symbol": "x", "color": hue, "size": 8},
                hovertemplate="diverged",
            )
    log_x = isinstance(declaration, Number) and declaration.logarithmic
    figure.update_layout(
        title=f"{title or short(value)} vs {SETTINGS[x].lower()}{second_line(about_rates)}",
        hovermode="x unified",
        showlegend=True,
        legend={
            "orientation": "h",
            "yanchor": "top",
            "y": -0.2,
            "x": 0.0,
            "title": {"text": SETTINGS[line_by] if line_by else ""},
        },
        yaxis2={"overlaying": "y", "range": [0, 1], "visible": False},
    )
    figure.update_xaxes(title=SETTINGS[x], type="log" if log_x else None, exponentformat="power")
    figure.update_layout(yaxis_title=title or short(value))
    return figure


def _ends(cells: Sequence[Mapping[str, Any]], value: str) -> tuple[Array, Array, Array]:
    """Mean, and one standard deviation below and above it as far as values are possible."""
    mean, sd = (np.array([cell[name] for cell in cells], np.float64) for name in ("mean", "sd"))
    scale = 100.0 if MEASURES[value].percent else 1.0
    low, high = (end.clip(*possible_range(value)) for end in (mean - sd, mean + sd))
    return mean * scale, low * scale, high * scale


def _bars(cells: Sequence[Mapping[str, Any]], value: str) -> dict[str, Any]:
    """Error bars of one standard deviation, if known."""
    mean, low, high = _ends(cells, value)
    above, below = (np.nan_to_num(length) for length in (high - mean, mean - low))
    return {"type": "data", "symmetric": False, "array": above, "arrayminus": below}


def _add_band(
    figure: go.Figure, cells: Sequence[Mapping[str, Any]], value: str, hue: str, name: str
) -> None:
    spread = [cell for cell in cells if not pd.isna(cell["sd"])]
    if len(spread) < 2:
        return
    x = [cell["x"] for cell in spread]
    _, low, high = (end.tolist() for end in _ends(spread, value))
    figure.add_scatter(
        x=x + x[::-1], y=high + low[::-1], name=f"{name}{BAND}", legendgroup=name,
        showlegend=False, mode="lines", line={"width": 0}, fill="toself",
        fillcolor=translucent(hue, 0.18), hoverinfo="skip",
    )  # fmt: skip
