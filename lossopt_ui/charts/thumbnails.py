"""Small pictures of experiments: curves or points without axes."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lossopt_core import Data
from lossopt_ui.charts.colours import CLASSES, Theme

CUT = 5.0
"""Percentage of the smallest and of the largest values that may be out of the picture."""
_EMPTY = {"visible": False, "fixedrange": True}
_LAYOUT = {
    "margin": {"t": 8},
    "showlegend": False,
    "hovermode": False,
    "xaxis": _EMPTY,
    "yaxis": _EMPTY,
}


def curves(histories: Mapping[str, pd.DataFrame], column: str) -> go.Figure:
    """One line over the epochs per history, by colour; steep parts may be cut off."""
    figure = go.Figure(layout=_LAYOUT)
    for colour, history in histories.items():
        line = {"color": colour, "width": 2.5}
        figure.add_scatter(x=history["epoch"], y=history[column], mode="lines", line=line)
    if histories:
        values = np.concatenate([each[column].to_numpy(np.float64) for each in histories.values()])
        low, high = np.percentile(values, [CUT, 100 - CUT])
        room = 0.1 * (high - low)
        figure.update_yaxes(range=[low - room, high + room])
    return figure


def points(data: Data, theme: Theme) -> go.Figure:
    """The training examples with two features, in the colours of their classes."""
    places = data.original(data.train_features)
    figure = go.Figure(layout=_LAYOUT)
    for label in np.unique(data.train_labels):
        x, y = places[data.train_labels == label].T
        marker = {"color": CLASSES[theme][label % len(CLASSES[theme])], "size": 4}
        figure.add_scatter(x=x, y=y, mode="markers", marker=marker)
    figure.update_yaxes(scaleanchor="x")
    return figure
