"""Parallel coordinates: one line per combination, and what a box drawn over its axes selects."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lossopt_core.experiment.measures import MEASURES
from lossopt_ui.charts.colours import BACKGROUND, GREY, INK, Theme, translucent
from lossopt_ui.charts.sweep_cells import formatted, short
from lossopt_ui.charts.texts import second_line
from lossopt_ui.state.pages.settings import SETTINGS

MAX_LINES = 300
BINS = 8
NEAR = 0.02
"""How far outside a box a value may be and still count, as a fraction of the axis."""


@dataclass(frozen=True)
class Box:
    """A box over the chart: axes by their place from 0, heights from 0 (bottom) to 1."""

    left: float
    right: float
    bottom: float
    top: float

    @classmethod
    def of(cls, event: Any) -> "Box":
        """Read what a browser sent: {"x": [..], "y": [..]}; ValueError for anything else."""
        try:
            (left, right), (bottom, top) = (sorted(map(float, event[name])) for name in "xy")
        except (TypeError, ValueError, KeyError):
            raise ValueError("a box must have two x and two y") from None
        if not all(map(math.isfinite, (left, right, bottom, top))):
            raise ValueError("a box must have finite ends")
        return cls(left, right, bottom, top)

    def axes(self, count: int) -> list[int]:
        """The axes that it covers; the nearest one if it lies between two."""
        found = [k for k in range(count) if self.left <= k <= self.right]
        nearest = round((self.left + self.right) / 2)
        return found or [min(max(nearest, 0), count - 1)]


def parallel_coordinates(
    results: pd.DataFrame,
    columns: Sequence[str],
    value: str,
    *,
    theme: Theme,
    among: Collection[str] | None = None,
) -> go.Figure:
    """One line per group through its value on each axis; the last axis is the result.

    Lines are coloured by the result in `BINS` shades; the best are the strongest.  Groups that are
    not `among` the selected ones are thin and grey.
    """
    scale = 100.0 if MEASURES[value].percent else 1.0
    every = _combinations(results, value)
    families = every.head(MAX_LINES)
    families = families.assign(**{value: families[value] * scale})
    axes = {name: _on_axis(families[name], name) for name in [*columns, value]}
    order = families[value].rank(pct=True, ascending=MEASURES[value].better == "higher")
    figure = go.Figure()
    for bin_ in range(BINS):
        members = families.index[(np.minimum((order * BINS).astype(int), BINS - 1) == bin_)]
        hue = translucent(INK[theme], 0.12 + 0.85 * (bin_ / (BINS - 1)) ** 2)
        for family in members:
            selected = among is None or family in among
            line = {"color": hue, "width": 1.0 + 1.5 * (bin_ == BINS - 1)}
            figure.add_scatter(
                x=list(range(len(axes))),
                y=[axes[name][0][family] for name in axes],
                customdata=[family] * len(axes),
                name=family,
                mode="lines",
                line=line if selected else {"color": translucent(GREY[theme], 0.25), "width": 1},
                showlegend=False,
                hovertemplate=f"{short(value)}: {families[value][family]:.4g}<extra></extra>",
            )
    for k, (_, ticks) in enumerate(axes.values()):
        figure.add_vline(x=k, line={"color": GREY[theme], "width": 1})
        for at, label in ticks:
            figure.add_annotation(
                x=k, y=at, text=label, showarrow=False, xanchor="left", xshift=3,
                font={"color": INK[theme], "size": 11}, bgcolor=BACKGROUND[theme], borderpad=1,
            )  # fmt: skip
    titles = [*(SETTINGS[name] for name in columns), short(value)]
    figure.update_xaxes(
        tickvals=list(range(len(titles))), ticktext=titles, showgrid=False, zeroline=False,
        range=(-0.2, len(titles) - 0.75),
    )  # fmt: skip
    figure.update_yaxes(visible=False, range=(-0.05, 1.05))
    figure.update_layout(
        title="One line per combination; strongest lines are best" + _left_out(every)
    )
    return figure


def _combinations(results: pd.DataFrame, value: str) -> pd.DataFrame:
    """The settings and the mean result of each combination that has a result."""
    families = results.groupby("family", sort=False).first()
    families[value] = results.groupby("family")[value].mean()
    known: pd.DataFrame = families.dropna(subset=value)
    return known


def _left_out(every: pd.DataFrame) -> str:
    left = len(every) - MAX_LINES
    return second_line(f"The first {MAX_LINES} of {len(every):,} combinations") if left > 0 else ""


def _on_axis(column: pd.Series, name: str) -> tuple[dict[str, float], list[tuple[float, str]]]:
    """Each group's position between 0 and 1, and labelled ticks."""
    if name in MEASURES:
        low, high = float(column.min()), float(column.max())
        span = high - low or 1.0
        return (
            {str(family): (each - low) / span for family, each in column.items()},
            [(0.0, f"{low:.4g}"), (1.0, f"{high:.4g}")],
        )
    position = _heights(column)
    ticks = [(at, formatted(name, each)) for each, at in position.items()]
    heights = {str(family): position.get(each, 0.5) for family, each in column.items()}
    return heights, ticks[:: max(1, len(ticks) // 12)]


def in_box(
    results: pd.DataFrame, columns: Sequence[str], value: str, box: Box
) -> dict[str, tuple[Any, ...]]:
    """What a box selects on each axis that it covers.

    The values of a setting; or the low and high end of the metric, as recorded.
    """
    found: dict[str, tuple[Any, ...]] = {}
    families = _combinations(results, value).head(MAX_LINES)
    names = [*columns, value]
    for k in box.axes(len(names)):
        name = names[k]
        if name in MEASURES:
            low = float(families[name].min())
            span = float(families[name].max()) - low
            found[name] = (low + box.bottom * span, low + box.top * span)
        else:
            low, high = box.bottom - NEAR, box.top + NEAR
            there = [each for each, at in _heights(families[name]).items() if low <= at <= high]
            if there:
                found[name] = tuple(there)
    return found


def _heights(column: pd.Series) -> dict[Any, float]:
    """The height of each value on the axis of a setting, evenly from 0 to 1."""
    values = sorted(column.dropna().unique().tolist(), key=lambda each: (str(type(each)), each))
    return {each: k / max(1, len(values) - 1) for k, each in enumerate(values)}
