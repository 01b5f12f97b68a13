"""Charts of uploaded data: class counts and sample images."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lossopt_core.data.datasets import Examples
from lossopt_ui.charts.colours import GREY, Theme
from lossopt_ui.charts.texts import all_plain

MAX_IMAGES = 8


def balance(counts: pd.Series, *, theme: Theme) -> go.Figure:
    """Number of examples per class as horizontal bars."""
    figure = go.Figure(
        go.Bar(
            x=counts.to_numpy(),
            y=all_plain(counts.index),
            orientation="h",
            marker={"color": GREY[theme]},
            hovertemplate="%{y}: %{x:,} examples<extra></extra>",
        )
    )
    figure.update_layout(title="Examples per class", showlegend=False)
    figure.update_yaxes(type="category", autorange="reversed")
    figure.update_xaxes(title="Examples", rangemode="tozero")
    return figure


def some_images(examples: Examples) -> go.Figure:
    """The first example of each of the first classes, side by side."""
    assert examples.image_shape is not None
    firsts = [
        int(np.argmax(examples.labels == label))
        for label in range(min(MAX_IMAGES, len(examples.class_names)))
    ]
    rows, columns = examples.image_shape
    gap = np.full((rows, 1), np.nan)
    strip = np.hstack(
        [np.hstack([examples.features[each].reshape(rows, columns), gap]) for each in firsts]
    )
    figure = go.Figure(go.Heatmap(z=strip, colorscale="gray", showscale=False, hoverinfo="skip"))
    figure.update_yaxes(autorange="reversed", visible=False, scaleanchor="x")
    figure.update_xaxes(visible=False)
    figure.update_layout(margin={"l": 0, "r": 0, "t": 0, "b": 0})
    return figure
