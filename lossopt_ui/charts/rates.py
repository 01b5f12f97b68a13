"""How the objective at the end depends on the learning rate."""

import math
from collections.abc import Mapping

import plotly.graph_objects as go

from lossopt_core.analysis.tuned_rate import TunedRate
from lossopt_ui.charts.colours import Theme


def sensitivity(
    tuned: Mapping[str, TunedRate], colours: Mapping[str, str], *, theme: Theme
) -> go.Figure:
    """One line per lane over the learning rates that were tried, with a ring at the best.

    Rates at which training diverged have no point.  Objectives of different losses have different
    scales, so that each is drawn as a multiple of its own lowest one.
    """
    figure = go.Figure()
    for label, found in tuned.items():
        low = found.objectives[found.rate]
        rates = sorted(found.objectives)
        shares = [found.objectives[rate] / low if low > 0 else math.nan for rate in rates]
        colour = colours[label]
        figure.add_scatter(
            x=rates, y=shares, name=label, mode="lines+markers",
            line={"color": colour, "width": 2}, marker={"size": 5},
            hovertemplate="%{x:g}: %{y:.4g} × the lowest",
        )  # fmt: skip
        figure.add_scatter(
            x=[found.rate], y=[1.0], name=f"{label}: {found.rate:g}", mode="markers",
            marker={"size": 12, "color": colour, "symbol": "circle-open", "line": {"width": 2}},
            showlegend=False, hoverinfo="skip",
        )  # fmt: skip
    figure.update_layout(
        title="Objective at the end, by learning rate",
        hovermode="x unified",
        legend={"orientation": "h", "yanchor": "top", "y": -0.25, "x": 0.0},
    )
    figure.update_xaxes(title="Learning rate", type="log", exponentformat="power", nticks=8)
    figure.update_yaxes(title="× the lowest of the lane", type="log", nticks=4)
    return figure
