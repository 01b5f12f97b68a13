"""The learning rate vs its stability limits."""

import math

import plotly.graph_objects as go

from lossopt_core import StepLimits
from lossopt_ui.charts.colours import (
    GREY,
    INK,
    LINES,
    Theme,
    translucent,
)


def limits(known: StepLimits, rate: float, theme: Theme) -> go.Figure:
    """One bar per limit on a logarithmic axis, and a line at the learning rate."""
    limits = {"always stable": known.guaranteed, "at initialization": known.at_start}
    if known.at_optimum is not None:
        limits["at the optimum"] = known.at_optimum
    # Without curvature there is no limit and no bar.
    bars = {name: value for name, value in limits.items() if math.isfinite(value)}
    left = 10 ** math.floor(math.log10(min(rate, *bars.values())) - 0.3)
    right = 10 ** math.ceil(math.log10(max(rate, *bars.values())) + 0.3)
    figure = go.Figure()
    figure.add_bar(
        orientation="h",
        name="limit",
        y=list(bars),
        x=list(bars.values()),
        text=[f"{value:.3g}" for value in bars.values()],
        textposition="inside",
        insidetextanchor="end",
        insidetextfont={"color": INK[theme]},
        width=0.55,
        marker={
            "color": [
                translucent(LINES[theme][0], 0.75)
                if rate <= value
                else translucent(GREY[theme], 0.5)
                for value in bars.values()
            ]
        },
        hovertemplate="%{y}: %{x:.4g}<extra></extra>",
    )
    figure.add_vline(x=rate, line={"color": INK[theme], "width": 2})
    # On a log axis, annotations are positioned by exponent.
    figure.add_annotation(
        text=f"{rate:g}", x=math.log10(rate), xanchor="left", xshift=2, y=1, yref="paper",
        yanchor="top", showarrow=False, font={"size": 12}, borderpad=0,
    )  # fmt: skip
    figure.update_layout(title="Learning rate vs stability limits", showlegend=False)
    figure.update_xaxes(
        title="Learning rate",
        type="log",
        range=[math.log10(left), math.log10(right)],
        exponentformat="power",
        dtick=1,
    )
    figure.update_yaxes(autorange="reversed", automargin=True, ticklabelstandoff=6)
    return figure
