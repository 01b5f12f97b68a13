"""Charts of a sweep: sensitivity, parallel coordinates, scatter plot."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lossopt_core.experiment.measures import MEASURES, possible_range
from lossopt_core.fields import Number
from lossopt_core.objective.linear import Array
from lossopt_ui.charts.colours import (
    BACKGROUND,
    GREY,
    INK,
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

MAX_LINES = 300
BINS = 8
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


def scatter(results: pd.DataFrame, x: str, y: str, *, colour_by: str, theme: Theme) -> go.Figure:
    """Any two columns of the results, one point per run, coloured by a setting.

    A click returns the run's id; the other charts return a group's.
    """
    figure = go.Figure()
    keys = values_of(results, colour_by) if colour_by else [None]
    for key, hue in zip(keys, of_values(colour_by, keys, theme), strict=True):
        own = results if key is None else results[results[colour_by] == key]
        figure.add_scatter(
            x=_scaled(own, x),
            y=_scaled(own, y),
            customdata=own["id"],
            name="all runs" if key is None else formatted(colour_by, key),
            mode="markers",
            marker={"color": hue, "size": 7, "opacity": 0.75},
            hovertemplate="%{x:.4g}, %{y:.4g}",
        )
    figure.update_layout(
        title=f"{_title(y)} vs {_title(x).lower()}",
        showlegend=True,
        legend={"orientation": "h", "yanchor": "top", "y": -0.2, "x": 0.0},
    )
    for name, update in ((x, figure.update_xaxes), (y, figure.update_yaxes)):
        declaration = pages.DECLARED.get(name)
        logarithmic = isinstance(declaration, Number) and declaration.logarithmic
        update(title=_title(name), type="log" if logarithmic else None, exponentformat="power")
    return figure


def _title(name: str) -> str:
    return SETTINGS[name] if name in SETTINGS else short(name)


def _scaled(results: pd.DataFrame, name: str) -> Any:
    if name in MEASURES:
        return results[name].to_numpy(float) * (100.0 if MEASURES[name].percent else 1.0)
    if isinstance(pages.DECLARED[name], Number):
        return results[name].to_numpy(float)
    return [formatted(name, each) for each in results[name]]


def parallel_coordinates(
    results: pd.DataFrame, columns: Sequence[str], value: str, *, theme: Theme
) -> go.Figure:
    """One line per group through its value on each axis; the last axis is the result.

    Lines are coloured by the result in `BINS` shades; the best are the strongest.
    """
    scale = 100.0 if MEASURES[value].percent else 1.0
    families = results.groupby("family", sort=False).first()
    families[value] = results.groupby("family")[value].mean() * scale
    families = families.dropna(subset=value).head(MAX_LINES)
    positions = {name: _on_axis(families[name], name) for name in [*columns, value]}
    order = families[value].rank(pct=True, ascending=MEASURES[value].better == "higher")
    figure = go.Figure()
    for bin_ in range(BINS):
        members = families.index[(np.minimum((order * BINS).astype(int), BINS - 1) == bin_)]
        hue = translucent(INK[theme], 0.12 + 0.85 * (bin_ / (BINS - 1)) ** 2)
        for family in members:
            figure.add_scatter(
                x=list(range(len(positions))),
                y=[positions[name][0][family] for name in positions],
                customdata=[family] * len(positions),
                name=family,
                mode="lines",
                line={"color": hue, "width": 1.0 + 1.5 * (bin_ == BINS - 1)},
                showlegend=False,
                hovertemplate=f"{short(value)}: {families[value][family]:.4g}<extra></extra>",
            )
    for k, (_, ticks) in enumerate(positions.values()):
        figure.add_vline(x=k, line={"color": GREY[theme], "width": 1})
        for at, label in ticks:
            figure.add_annotation(
                x=k, y=at, text=label, showarrow=False, xanchor="left", xshift=3,
                font={"color": INK[theme], "size": 11}, bgcolor=BACKGROUND[theme], borderpad=1,
            )  # fmt: skip
    titles = [*(SETTINGS[name] for name in columns), short(value)]
    figure.update_xaxes(
        tickvals=list(range(len(titles))), ticktext=titles, showgrid=False, zeroline=False,
        range=(-0.1, len(titles) - 0.75),
    )  # fmt: skip
    figure.update_yaxes(visible=False, range=(-0.05, 1.05))
    figure.update_layout(title="One line per combination; strongest lines are best")
    return figure


def _on_axis(column: pd.Series, name: str) -> tuple[dict[str, float], list[tuple[float, str]]]:
    """Each group's position between 0 and 1, and labelled ticks."""
    if name in MEASURES:
        low, high = float(column.min()), float(column.max())
        span = high - low or 1.0
        return (
            {str(family): (each - low) / span for family, each in column.items()},
            [(0.0, f"{low:.4g}"), (1.0, f"{high:.4g}")],
        )
    values = sorted(column.dropna().unique().tolist(), key=lambda each: (str(type(each)), each))
    position = {each: k / max(1, len(values) - 1) for k, each in enumerate(values)}
    ticks = [(at, formatted(name, each)) for each, at in position.items()]
    positions = {str(family): position.get(each, 0.5) for family, each in column.items()}
    return positions, ticks[:: max(1, len(ticks) // 12)]
