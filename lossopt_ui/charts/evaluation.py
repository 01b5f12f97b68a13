"""Classifiers evaluated with other losses, margin distributions, and calibration."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lossopt_core import LOSSES
from lossopt_core.objective.linear import Array
from lossopt_ui.charts.colours import (
    GREY,
    INK,
    SEQUENTIAL,
    Theme,
)

MAX_STEPS = 300


@dataclass(frozen=True)
class Style:
    """Name and style of a line."""

    name: str
    colour: str
    dash: str


def trained_and_evaluated(table: pd.DataFrame, names: Sequence[str], theme: Theme) -> go.Figure:
    """Heatmap of every classifier under every loss; colours rank within a column.

    Values of different columns are not comparable, so they do not share a scale.
    """
    columns = [str(name) for name in table]
    labels = [LOSSES[name].label if name in LOSSES else "Accuracy (%)" for name in columns]
    ranks, texts = [], []
    for name in columns:
        values = table[name].to_numpy(float)
        better = values if name == "accuracy" else -values
        span = np.ptp(better)
        ranks.append((better - better.min()) / span if span > 0 else np.full(len(values), 0.5))
        scale, form = (100.0, ".1f") if name == "accuracy" else (1.0, ".4g")
        texts.append([f"{value * scale:{form}}" for value in values])
    figure = go.Figure(
        go.Heatmap(
            z=np.array(ranks).T * 0.6,
            zmin=0.0,
            zmax=1.0,
            x=labels,
            y=list(names),
            text=np.array(texts).T,
            texttemplate="%{text}",
            colorscale=SEQUENTIAL[theme],
            showscale=False,
            xgap=2,
            ygap=2,
            hovertemplate="trained with %{y}<br>evaluated with %{x}: %{text}<extra></extra>",
        )
    )
    figure.update_xaxes(side="top", title="Evaluated with")
    figure.update_yaxes(autorange="reversed", title="Trained with")
    return figure


def margin_distributions(margins: Mapping[Style, Array], theme: Theme) -> go.Figure:
    """Cumulative distribution of the margins, one line per classifier."""
    figure = go.Figure()
    for style, values in margins.items():
        shares = np.linspace(0.0, 1.0, min(MAX_STEPS, len(values)))
        figure.add_scatter(
            x=np.quantile(values, shares).astype(np.float32),
            y=(100.0 * shares).astype(np.float32),
            name=style.name,
            mode="lines",
            line={"color": style.colour, "dash": style.dash, "width": 2},
            hovertemplate="%{y:.0f} %",
        )
    figure.add_vline(x=0.0, line={"color": GREY[theme], "dash": "dot", "width": 1.2})
    figure.add_annotation(
        x=0.0, y=1.0, yref="paper", text="wrong | correct", showarrow=False, yanchor="bottom",
        font={"color": GREY[theme], "size": 11},
    )  # fmt: skip
    figure.update_layout(
        title="Margin distribution", hovermode="x unified", legend=_BELOW, showlegend=True
    )
    figure.update_xaxes(title="Margin: score of true class − highest other")
    figure.update_yaxes(title="Cumulative share of examples (%)", range=(0, 100))
    return figure


def reliability(
    tables: Mapping[Style, pd.DataFrame], errors: Mapping[Style, float], theme: Theme
) -> go.Figure:
    """Accuracy over confidence; a calibrated classifier is on the diagonal."""
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 100], y=[0, 100], mode="lines", name="calibrated",
        line={"color": INK[theme], "dash": "dot", "width": 1.2}, hoverinfo="skip",
    )  # fmt: skip
    for style, table in tables.items():
        share = table["n"] / table["n"].sum()
        figure.add_scatter(
            x=100 * table["confidence"],
            y=100 * table["accuracy"],
            customdata=table["n"],
            name=f"{style.name}: ECE {100 * errors[style]:.1f} %",
            mode="lines+markers",
            line={"color": style.colour, "dash": style.dash, "width": 1.2},
            marker={"size": 5 + 18 * np.sqrt(share), "color": style.colour},
            hovertemplate="accuracy %{y:.0f} % at confidence %{x:.0f} % (%{customdata} examples)",
        )
    figure.update_layout(title="Calibration", legend=_BELOW, showlegend=True)
    figure.update_xaxes(title="Confidence: highest softmax probability (%)", range=(0, 102))
    figure.update_yaxes(title="Accuracy (%)", range=(0, 105))
    return figure


_BELOW = {"orientation": "h", "yanchor": "top", "y": -0.2, "x": 0.0}
