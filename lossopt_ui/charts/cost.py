"""Bar chart of the cost of reaching a target."""

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from lossopt_ui.charts.colours import INK, Theme
from lossopt_ui.charts.texts import all_plain

NOT_REACHED, UNKNOWN = "not reached", "unknown"


def bars(
    costs: pd.DataFrame,
    colours: Mapping[str, str],
    *,
    title: str,
    x_title: str,
    theme: Theme,
) -> go.Figure:
    """One bar per row: the median, with a thin line from the lowest to the highest cost.

    `costs` has the columns runs, reached, low, median, high, indexed by label.  If the median run
    does not reach the target, a note replaces the bar.
    """
    labels = all_plain(costs.index)
    known = costs["median"].notna()
    above = (costs["high"] - costs["median"]).where(known, 0.0).fillna(0.0)
    below = (costs["median"] - costs["low"]).where(known, 0.0).fillna(0.0)
    figure = go.Figure(
        go.Bar(
            x=costs["median"],
            y=labels,
            orientation="h",
            name="median",
            marker={"color": [colours[label] for label in costs.index]},
            error_x={"type": "data", "symmetric": False, "array": above, "arrayminus": below,
                     "thickness": 1.2, "width": 3, "color": INK[theme]},
            hovertemplate="%{x:.4g}<extra></extra>",
        )
    )  # fmt: skip
    for label, (_, row) in zip(labels, costs.iterrows(), strict=True):
        if note := _note(row):
            figure.add_annotation(
                x=0 if pd.isna(row["median"]) else row["median"],
                y=label,
                text=f" {note}",
                xanchor="left",
                showarrow=False,
                font={"color": INK[theme], "size": 12},
            )
    figure.update_layout(title=title, showlegend=False, bargap=0.35)
    figure.update_xaxes(title=x_title, rangemode="tozero")
    figure.update_yaxes(autorange="reversed", type="category")
    return figure


def _note(row: pd.Series) -> str:
    """Note about runs that do not reach the target or whose cost is unknown."""
    if not row["runs"]:
        return UNKNOWN
    missed = int(row["runs"] - row["reached"])
    if not missed:
        return ""
    return f"{NOT_REACHED} by {missed} of {row['runs']:.0f}" if row["reached"] else NOT_REACHED
