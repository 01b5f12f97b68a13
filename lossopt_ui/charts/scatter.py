"""Scatter plots of runs: two columns of the results, or a matrix of many."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from lossopt_core.experiment.measures import MEASURES
from lossopt_core.fields import Number
from lossopt_ui.charts.colours import GREY, OF_NUMBERS, Theme, of_values
from lossopt_ui.charts.sweep_cells import formatted, short, values_of
from lossopt_ui.state import pages
from lossopt_ui.state.pages.settings import SETTINGS

MANY_VALUES = 8
"""With more values than this, colours of numbers are a scale instead of entries of the legend."""
MANY_TICKS = 12
"""With more values than this, the axis of a number in a matrix is continuous."""
ROW, AROUND = 150, 170
"""Height of a row of a matrix, and of everything around the rows, in pixels."""
Part = tuple[str, pd.DataFrame, Mapping[str, Any]]
"""A legend's entry, its runs, and how their points look."""


def scatter(results: pd.DataFrame, x: str, y: str, *, colour_by: str, theme: Theme) -> go.Figure:
    """Any two columns of the results, one point per run, coloured by a setting or a result.

    A click returns the run's id; the other charts return a group's.
    """
    figure = go.Figure()
    for name, own, look in _coloured(results, colour_by, theme):
        figure.add_scatter(
            x=_scaled(own, x),
            y=_scaled(own, y),
            customdata=own["id"],
            name=name,
            mode="markers",
            marker={"size": 7, "opacity": 0.75, **look},
            hovertemplate="%{x:.4g}, %{y:.4g}",
        )
    as_scale = _as_scale(results, colour_by)
    figure.update_layout(
        title=f"{_title(y)} vs {_title(x).lower()}",
        showlegend=not as_scale,
        legend=_legend(colour_by, -0.2),
    )
    for name, update in ((x, figure.update_xaxes), (y, figure.update_yaxes)):
        # A logarithmic axis would drop the points at 0.
        logarithmic = _is_logarithmic(name) and bool((results[name] > 0).all())
        update(title=_title(name), type="log" if logarithmic else None, exponentformat="power")
    return figure


def scatter_matrix(
    results: pd.DataFrame,
    settings: Sequence[str],
    metrics: Sequence[str],
    *,
    colour_by: str,
    theme: Theme,
) -> go.Figure:
    """A row of scatter plots for each metric: against each setting, and each metric.

    Values of a setting are evenly spaced, in order, if there are at most `MANY_TICKS`.
    """
    columns = [*settings, *metrics]
    figure = make_subplots(
        rows=len(metrics), cols=len(columns), shared_xaxes="columns", shared_yaxes="rows",
        horizontal_spacing=0.02, vertical_spacing=0.15 / (2 * len(metrics)),
    )  # fmt: skip
    for name, own, look in _coloured(results, colour_by, theme):
        for row, y in enumerate(metrics, start=1):
            for place, x in enumerate(columns, start=1):
                figure.add_scatter(
                    x=_on_ticks(own, x, results),
                    y=_scaled(own, y),
                    customdata=own["id"],
                    name=name,
                    legendgroup=name,
                    showlegend=(row, place) == (1, 1),
                    mode="markers",
                    marker={"size": 5, "opacity": 0.7, **look},
                    hovertemplate=f"{_title(x)} %{{x:.4g}}, {_title(y)} %{{y:.4g}}",
                    row=row,
                    col=place,
                )
    for place, x in enumerate(columns, start=1):
        figure.update_xaxes(**_ticks(results, x), col=place)
        figure.update_xaxes(title=_title(x), row=len(metrics), col=place)
    for row, y in enumerate(metrics, start=1):
        figure.update_yaxes(title=_title(y), row=row, col=1)
    as_scale = _as_scale(results, colour_by)
    figure.update_layout(
        title="Results against settings and each other",
        showlegend=bool(colour_by) and not as_scale,
        # Above: the labels of settings below take as much room as they are long.
        legend=_legend(colour_by, 1.02) | {"yanchor": "bottom"},
        margin={"t": 76},
    )
    return figure


def height_of_matrix(metrics: int) -> int:
    """The height of a scatter matrix with so many metrics, in pixels."""
    return AROUND + ROW * metrics


def _coloured(results: pd.DataFrame, colour_by: str, theme: Theme) -> Iterator[Part]:
    if _as_scale(results, colour_by):
        yield "all runs", results, _scale_of(results, colour_by, theme)
        return
    keys = values_of(results, colour_by) if colour_by else [None]
    for key, hue in zip(keys, of_values(colour_by, keys, theme), strict=True):
        own = results if key is None else results[results[colour_by] == key]
        yield "all runs" if key is None else formatted(colour_by, key), own, {"color": hue}
    if colour_by and (without := results[results[colour_by].isna()]).size:
        yield "not applicable", without, {"color": GREY[theme]}


def _as_scale(results: pd.DataFrame, colour_by: str) -> bool:
    """Whether colours are a scale of numbers instead of entries of the legend."""
    return colour_by in MEASURES or (
        isinstance(pages.DECLARED.get(colour_by), Number)
        and len(values_of(results, colour_by)) > MANY_VALUES
    )


def _legend(colour_by: str, y: float) -> dict[str, Any]:
    title = {"text": _title(colour_by) if colour_by else ""}
    return {"orientation": "h", "yanchor": "top", "y": y, "x": 0.0, "title": title}


def _has_ticks(results: pd.DataFrame, name: str) -> bool:
    """Whether the values of a setting are evenly spaced on its axis."""
    if name in MEASURES:
        return False
    number = isinstance(pages.DECLARED[name], Number)
    return not number or len(values_of(results, name)) <= MANY_TICKS


def _on_ticks(own: pd.DataFrame, name: str, results: pd.DataFrame) -> Any:
    if not _has_ticks(results, name):
        return _scaled(own, name)
    place = {value: k for k, value in enumerate(values_of(results, name))}
    return own[name].map(place).to_numpy(float)


def _ticks(results: pd.DataFrame, name: str) -> dict[str, Any]:
    if not _has_ticks(results, name):
        return {"nticks": 4}
    values = values_of(results, name)
    return {
        "tickvals": list(range(len(values))),
        "ticktext": [formatted(name, each) for each in values],
    }


def _is_logarithmic(name: str) -> bool:
    declaration = pages.DECLARED.get(name)
    return isinstance(declaration, Number) and declaration.logarithmic


def _scale_of(results: pd.DataFrame, name: str, theme: Theme) -> dict[str, Any]:
    """Colours of points by a number, with a colour bar; grey where it is not known."""
    values = np.asarray(_scaled(results, name), np.float64)
    logarithmic = _is_logarithmic(name) and bool((values > 0).all())
    ends = OF_NUMBERS[theme]
    return {
        "color": np.log10(values) if logarithmic else values,
        "colorscale": [[0.0, ends[0]], [1.0, ends[1]]],
        "colorbar": {"title": {"text": f"log₁₀ {_title(name)}" if logarithmic else _title(name)}},
        "showscale": True,
    }


def _title(name: str) -> str:
    return SETTINGS[name] if name in SETTINGS else short(name)


def _scaled(results: pd.DataFrame, name: str) -> Any:
    if name in MEASURES:
        return results[name].to_numpy(float) * (100.0 if MEASURES[name].percent else 1.0)
    if isinstance(pages.DECLARED[name], Number):
        return results[name].to_numpy(float)
    return [formatted(name, each) for each in results[name]]
