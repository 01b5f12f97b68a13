"""Curves over the course of training."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from lossopt_core.experiment.measures import X_AXES
from lossopt_ui.charts import escapes
from lossopt_ui.charts.colours import (
    BACKGROUND,
    GREY,
    INK,
    Theme,
    translucent,
)
from lossopt_ui.charts.scales import LOG_AXIS, Limits, Scales, without_outliers
from lossopt_ui.charts.smoothing import RAW, Smoothing, raw_trace
from lossopt_ui.charts.texts import second_line

DISTANCES = ("distance", "distance_share")

PERCENT = ("train_accuracy", "test_accuracy")
MAX_POINTS = 1_000
LABEL_HEIGHT = 0.08
"""Height of a label, as a fraction of a chart of normal height."""


EPOCHS = Scales()
Dash = Literal["solid", "dash", "dot"]
Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Curve:
    """One line of a chart: its data and its style.

    diverged    whether a run behind it diverged; by default decided by the objective in its table
    ghost       whether it is from before a change: without hover and mark, once in the legend
    """

    name: str
    table: pd.DataFrame
    column: str
    colour: str
    dash: Dash = "solid"
    width: float = 2.0
    diverged: bool | None = None
    ghost: bool = False

    @property
    def lost(self) -> bool:
        """Whether a run behind the line diverged."""
        if self.diverged is None:
            return "objective" in self.table and escapes.has_diverged(self.table)
        return self.diverged

    @property
    def leaves(self) -> bool:
        """Whether the line leaves the chart upwards; see `escapes`."""
        values = self.table[self.column].to_numpy(np.float64)
        return escapes.leaves(values, self.column, diverged=self.lost)


@dataclass(frozen=True)
class Level:
    """A labelled horizontal line, such as the initial loss.

    at_left     put the label on the left: for values that curves approach at their end
    """

    value: float
    text: str
    colour: str | None = None
    at_left: bool = False


@dataclass(frozen=True)
class Band:
    """A labelled range in which a value is known to lie."""

    low: float
    high: float
    text: str


def curves(
    lines: Sequence[Curve],
    *,
    title: str,
    y_title: str,
    theme: Theme,
    scales: Scales = EPOCHS,
    levels: Sequence[Level] = (),
    bands: Sequence[Band] = (),
) -> go.Figure:
    """One line per curve over the column `scales.x` of its table.

    Accuracies are in percent.  A logarithmic axis leaves out values that are not positive, such
    as the start at 0 updates.

    Curves of diverged runs are cut a little above the others, and marked where they left; see
    `escapes`.  They are not smoothed.

    A line below the title says how curves were smoothed, and how many points the y-axis leaves out.
    """
    drawn = [line for line in lines if not line.table[line.column].isna().all()]
    x, log_x, log_y, y_limits = scales.x, scales.log_x, scales.log_y, scales.y_limits
    kept = f"{y_limits} {scales.ignore_outliers}"
    about: list[str] = []
    above = [band for band in bands if band.low > 0 or not log_y]
    visible = [level for level in levels if level.value > 0 or not log_y]
    others = [*(level.value for level in visible), *(band.high for band in above)]
    if scales.ignore_outliers:
        values = _heights(drawn, "low", "high")
        y_limits = y_limits.or_else(without_outliers(values, others, log=log_y))
        about = _said_outside(drawn, y_limits, log_y=log_y)
    drawn, smooth = _smoothed(drawn, x, scales.smoothing)
    traces = [_trace(line, x, log_x=log_x, log_y=log_y) for line in drawn]
    others += [end for line in drawn for end in _ends_of_raw(line, log_y=log_y)]
    marks = escapes.cut_all(traces, drawn, others, log_x=log_x, log_y=log_y, y_limits=y_limits)
    _hide_repeated(traces, drawn)
    raw = _raw_traces(traces, drawn, log_y=log_y)
    traces += [_upper_edge(band, traces, theme) for band in above]
    # All at once: plotly validates a whole figure faster than its parts one by one.
    return go.Figure(
        raw + traces + marks,
        {
            "title": title + "".join(map(second_line, [scales.smoothing.words] * smooth + about)),
            "hovermode": "x unified",
            "showlegend": True,
            "legend": {"orientation": "h", "yanchor": "top", "y": -0.2, "x": 0.0},
            "xaxis": _axis(X_AXES[x], scales.x_limits, f"{scales.x_limits}", log=log_x),
            "yaxis": _axis(y_title, y_limits, kept, log=log_y),
            "shapes": [_band_area(each, theme) for each in above]
            + [_level_line(each, theme) for each in visible],
            "annotations": _level_labels(visible, traces, theme, log_y=log_y),
        },
    )


def _smoothed(lines: Sequence[Curve], x: str, smoothing: Smoothing) -> tuple[list[Curve], bool]:
    """The curves smoothed, except for those that leave the chart; and whether any was."""
    if not smoothing:
        return list(lines), False
    length = smoothing.length([line.table for line in lines], x)
    found = [
        line
        if line.leaves
        else replace(line, table=smoothing.of(line.table, x, line.column, length))
        for line in lines
    ]
    return found, any(RAW in line.table for line in found)


def _raw_traces(
    traces: Sequence[dict[str, Any]], lines: Sequence[Curve], *, log_y: bool
) -> list[dict[str, Any]]:
    """The curves before smoothing; in the legend they belong to the smoothed ones."""
    found = []
    for trace, line in zip(traces, lines, strict=True):
        if RAW in line.table:
            trace.setdefault("legendgroup", trace["name"])
            found.append(raw_trace(trace, _on_axis(thin(line.table)[RAW], line, log_y=log_y)))
    return found


def _ends_of_raw(line: Curve, *, log_y: bool) -> list[float]:
    """The lowest and the highest value before smoothing, which has to stay in view."""
    if RAW not in line.table:
        return []
    raw = _on_axis(line.table[RAW], line, log_y=log_y)
    raw = raw[np.isfinite(raw)]
    return [float(raw.min()), float(raw.max())] if len(raw) else []


def _heights(lines: Sequence[Curve], *more: str, ghosts: bool = False) -> Numbers:
    """All values of the curves that stay in the chart, in the unit of the axis.

    `more` are further columns, such as the ends of intervals.
    """
    found = [np.empty(0)]
    for line in lines:
        if line.leaves or (line.ghost and not ghosts):
            continue
        names = [line.column, *(name for name in more if name in line.table)]
        found += [_on_axis(line.table[name], line, log_y=False) for name in names]
    return np.concatenate(found)


def _said_outside(lines: Sequence[Curve], limits: Limits, *, log_y: bool) -> list[str]:
    """How much of the curves lies outside the limits of the y-axis, in words."""

    def outside(values: Numbers) -> int:
        shown = np.isfinite(values) & ((values > 0) | (not log_y))
        low = -np.inf if limits.low is None else limits.low
        high = np.inf if limits.high is None else limits.high
        return int((shown & ((values < low) | (values > high))).sum())

    points = outside(_heights(lines, ghosts=True))
    if points:
        return [f"{points:,} point{'s' * (points != 1)} outside the range"]
    ends = outside(_heights(lines, "low", "high"))
    return ["bands reach outside the range" if ends else "no points outside the range"]


def _hide_repeated(traces: Sequence[dict[str, Any]], lines: Sequence[Curve]) -> None:
    """Leave ghosts with the name of an earlier one out of the legend, and all out of the hover."""
    named = set()
    for trace, line in zip(traces, lines, strict=True):
        if line.ghost:
            trace |= {"hoverinfo": "skip", "hovertemplate": None}
            trace |= {"legendgroup": f"ghost: {line.name}", "showlegend": line.name not in named}
            named.add(line.name)


def _axis(title: str, limits: Limits, of: str, *, log: bool) -> dict[str, object]:
    # A zoom is kept as long as the axis shows the same quantity on the same scale.
    kept = f"{title} {log} {of}"
    scale = LOG_AXIS if log else {"type": "linear"}
    return {"title": title, "uirevision": kept, **limits.of_axis(log=log), **scale}


def _trace(line: Curve, x: str, *, log_x: bool, log_y: bool) -> dict[str, Any]:
    table = thin(line.table)
    x_values = table[x].to_numpy(np.float64)
    scale = 100.0 if line.column in PERCENT else 1.0
    y_values = _on_axis(table[line.column], line, log_y=log_y)
    if log_x:
        x_values = np.where(x_values > 0, x_values, np.nan)
    return {
        "type": "scatter",
        "x": x_values,
        "y": y_values,
        "name": line.name,
        "mode": "lines+markers" if len(table) == 1 else "lines",
        "line": {"color": line.colour, "dash": line.dash, "width": line.width},
        **_hover(table, scale),
    }


def _on_axis(column: pd.Series, line: Curve, *, log_y: bool) -> Numbers:
    """Values in the unit of the axis; NaN where the axis cannot show them."""
    values = column.to_numpy(np.float64) * (100.0 if line.column in PERCENT else 1.0)
    return np.where(np.isfinite(values) & ((values > 0) | (not log_y)), values, np.nan)


def _hover(table: pd.DataFrame, scale: float) -> dict[str, Any]:
    """The value, with the ends of its interval if the table has any.

    Of a smoothed curve the raw value, which the interval belongs to.
    """
    if RAW in table:
        unknown = pd.Series(np.nan, table.index)
        ends = [table.get(name, unknown) for name in ("low", "high")]
        known = not ends[0].equals(ends[1])
        return {
            "customdata": np.column_stack([table[RAW], *ends]).astype(np.float32) * scale,
            "hovertemplate": "%{customdata[0]:.4g}"
            + " (%{customdata[1]:.4g} to %{customdata[2]:.4g})" * known
            + ", smoothed %{y:.4g}",
        }
    if not {"low", "high"} <= set(table) or table["low"].equals(table["high"]):
        return {"hovertemplate": "%{y:.4g}"}
    return {
        "customdata": (table[["low", "high"]].to_numpy(np.float64) * scale).astype(np.float32),
        "hovertemplate": "%{y:.4g} (%{customdata[0]:.4g} to %{customdata[1]:.4g})",
    }


def thin(table: pd.DataFrame) -> pd.DataFrame:
    """At most `MAX_POINTS` rows, including the first and the last."""
    if len(table) <= MAX_POINTS:
        return table
    return table.iloc[np.linspace(0, len(table) - 1, MAX_POINTS).round().astype(int)]


def _level_line(level: Level, theme: Theme) -> dict[str, object]:
    line = {"color": level.colour or GREY[theme], "dash": "dot", "width": 1.5}
    ends = {"x0": 0, "x1": 1, "xref": "x domain", "y0": level.value, "y1": level.value}
    return {"type": "line", **ends, "line": line}


def _level_labels(
    levels: Sequence[Level], traces: Sequence[Mapping[str, Any]], theme: Theme, *, log_y: bool
) -> list[dict[str, object]]:
    """Labels above the levels' lines; labels of close lines are stacked above the highest."""
    highest_first = sorted((each for each in levels if each.text), key=lambda each: -each.value)
    # On a log axis, annotations are positioned by exponent.
    position = np.log10 if log_y else float
    lines = [np.asarray(trace["y"], np.float64) for trace in traces]
    values = np.concatenate([[each.value for each in levels], *lines])
    values = values[np.isfinite(values)]
    close = LABEL_HEIGHT * (position(values.max()) - position(values.min())) if len(values) else 0.0
    labels: list[dict[str, object]] = []
    for at_left in (True, False):
        lowest = np.inf
        for level in (each for each in highest_first if each.at_left == at_left):
            if lowest - position(level.value) > close:
                labels.append(_label(level.text, position(level.value), theme, at_left=at_left))
            else:
                labels[-1]["text"] = f"{labels[-1]['text']}<br>{level.text}"
            lowest = position(level.value)
    return labels


def _label(text: str, y: float, theme: Theme, *, at_left: bool) -> dict[str, object]:
    side = "left" if at_left else "right"
    return {
        "text": text,
        "font": {"color": GREY[theme], "size": 12},
        "bgcolor": translucent(BACKGROUND[theme], 0.75),
        "borderpad": 1,
        "x": 0.03 if at_left else 1.0,
        "xref": "paper",
        "xanchor": side,
        "align": side,
        "y": y,
        "yanchor": "bottom",
        "showarrow": False,
    }


def _band_area(band: Band, theme: Theme) -> dict[str, object]:
    ends = {"x0": 0, "x1": 1, "xref": "x domain", "y0": band.low, "y1": band.high, "yref": "y"}
    look = {"fillcolor": translucent(GREY[theme], 0.25), "line": {"width": 0}}
    return {"type": "rect"} | ends | look


def _upper_edge(band: Band, traces: Sequence[Mapping[str, Any]], theme: Theme) -> dict[str, Any]:
    """The band's upper edge, from the first to the last x of all lines."""
    ends = np.concatenate([np.asarray(trace["x"], np.float64)[[0, -1]] for trace in traces])
    return {
        "type": "scatter",
        "x": [np.nanmin(ends), np.nanmax(ends)],
        "y": [band.high, band.high],
        "name": band.text,
        "mode": "lines",
        "line": {"color": INK[theme], "dash": "dot", "width": 1.5},
        "hovertemplate": "%{y:.6g}",
    }
