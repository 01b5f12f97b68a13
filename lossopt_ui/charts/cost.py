"""Bars of what it costs to reach a target."""

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from lossopt_ui.charts.colours import INK, Theme
from lossopt_ui.charts.texts import all_plain


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
        missed = int(row["runs"] - row["reached"])
        if missed:
            words = (
                "not reached"
                if row["reached"] == 0
                else f"not reached by {missed} of {row['runs']:.0f}"
            )
            figure.add_annotation(
                x=0 if pd.isna(row["median"]) else row["median"],
                y=label,
                text=f" {words}" if row["runs"] else " not known",
                xanchor="left",
                showarrow=False,
                font={"color": INK[theme], "size": 12},
            )
    figure.update_layout(title=title, showlegend=False, bargap=0.35)
    figure.update_xaxes(title=x_title, rangemode="tozero")
    figure.update_yaxes(autorange="reversed", type="category")
    return figure
