"""Bars of what it costs to reach a target."""

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from lossopt_ui.charts.colours import INK, Theme
from lossopt_ui.charts.texts import all_plain

NOT_REACHED, NOT_KNOWN = "not reached", "not known"


def bars(
    costs: pd.DataFrame,
    colours: Mapping[str, str],
    *,
    title: str,
    x_title: str,
    theme: Theme,
) -> go.Figure:
    """One bar a row: its median, with a thin line from the fewest to the most.

    `costs` has the columns runs, reached, low, median, high by label.  Where the median run does
    not reach the target there is no bar, and it is said in its place.
    """
    labels = all_plain(costs.index)
    known = costs["median"].notna()
    beyond = (costs["high"] - costs["median"]).where(known, 0.0).fillna(0.0)
    before = (costs["median"] - costs["low"]).where(known, 0.0).fillna(0.0)
    figure = go.Figure(
        go.Bar(
            x=costs["median"],
            y=labels,
            orientation="h",
            name="median",
            marker={"color": [colours[label] for label in costs.index]},
            error_x={"type": "data", "symmetric": False, "array": beyond, "arrayminus": before,
                     "thickness": 1.2, "width": 3, "color": INK[theme]},
            hovertemplate="%{x:.4g}<extra></extra>",
        )
    )  # fmt: skip
    for label, (_, row) in zip(labels, costs.iterrows(), strict=True):
        if words := _who_misses(row):
            figure.add_annotation(
                x=0 if pd.isna(row["median"]) else row["median"],
                y=label,
                text=f" {words}",
                xanchor="left",
                showarrow=False,
                font={"color": INK[theme], "size": 12},
            )
    figure.update_layout(title=title, showlegend=False, bargap=0.35)
    figure.update_xaxes(title=x_title, rangemode="tozero")
    figure.update_yaxes(autorange="reversed", type="category")
    return figure


def _who_misses(row: pd.Series) -> str:
    """What is said of runs that do not reach the target, or of which it is not known."""
    if not row["runs"]:
        return NOT_KNOWN
    missed = int(row["runs"] - row["reached"])
    if not missed:
        return ""
    return f"{NOT_REACHED} by {missed} of {row['runs']:.0f}" if row["reached"] else NOT_REACHED
