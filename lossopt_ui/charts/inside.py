"""Charts of a single example, and of the gradient check."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lossopt_core import LOSSES, Data
from lossopt_core.inspect.microscope import (
    DOUBTFUL,
    GOOD,
    WRONG,
    Comparison,
)
from lossopt_core.objective.linear import Array
from lossopt_ui.charts import weights
from lossopt_ui.charts.colours import (
    INK,
    SEQUENTIAL,
    Theme,
    of_loss,
)
from lossopt_ui.charts.texts import all_plain

COLUMNS = 6
LEAST_ERROR = 1e-12
"""Smaller relative errors are drawn as this."""


def sheet(table: pd.DataFrame, images: Array, data: Data, *, title: str, theme: Theme) -> go.Figure:
    """Clickable images (k, h, w) of examples; the table has row, true and predicted."""
    names = all_plain(data.class_names)
    captions = [
        names[true] if true == answer else f"{names[true]}→{names[answer]}"
        for true, answer in zip(table["true"], table["predicted"], strict=True)
    ]
    return weights.image_sheet(
        images, captions, title=title, theme=theme, columns=COLUMNS, marks=table["row"].tolist()
    )


def gradient(gradients: Array, data: Data, theme: Theme) -> go.Figure:
    """The gradient (C, D) of one example's loss, as one image per class."""
    assert data.image_shape is not None
    return weights.image_sheet(
        gradients.reshape(-1, *data.image_shape),
        all_plain(data.class_names),
        title="Gradient per class: score gradient × image",
        theme=theme,
        columns=5,
        limit=float(np.abs(gradients).max()) or 1.0,
        unit="gradient",
    )


def losses_of_one(epochs: Array, losses: Mapping[str, Array], own: str, theme: Theme) -> go.Figure:
    """Losses of one example over training; the run's own loss is thick."""
    figure = go.Figure()
    for name, values in losses.items():
        figure.add_scatter(
            x=epochs,
            y=values,
            name=LOSSES[name].label,
            mode="lines",
            line={"color": of_loss(name, theme), "width": 3.0 if name == own else 1.2},
            hovertemplate="%{y:.4g}",
        )
    figure.update_layout(
        title="Loss of this example over training",
        hovermode="x unified",
        showlegend=True,
        legend={"orientation": "h", "yanchor": "top", "y": -0.2, "x": 0.0},
    )
    figure.update_xaxes(title="Epochs")
    figure.update_yaxes(title="Loss", rangemode="tozero")
    return figure


def gradient_check(
    check: Comparison, class_names: Sequence[str], columns: Sequence[str], theme: Theme
) -> go.Figure:
    """The relative error of every entry; crosses mark kinks."""
    class_names, columns = all_plain(class_names), all_plain(columns)
    powers = np.log10(np.maximum(check.relative_error, LEAST_ERROR))
    figure = go.Figure(
        go.Heatmap(
            z=powers.astype(np.float32),
            x=columns,
            y=class_names,
            zmin=np.log10(LEAST_ERROR),
            zmax=0,
            colorscale=SEQUENTIAL[theme],
            customdata=check.verdicts,
            hovertemplate="class %{y}, %{x}: 10^%{z:.1f}, %{customdata}<extra></extra>",
            colorbar={
                "title": {"text": "relative error", "font": {"size": 13}},
                "thickness": 12,
                "tickvals": [np.log10(each) for each in (LEAST_ERROR, GOOD, DOUBTFUL, WRONG, 1)],
                "ticktext": ["1e-12", "1e-7", "1e-4", "1e-2", "1"],
            },
        )
    )
    rows, entries = np.nonzero(check.verdicts == "kink")
    figure.add_scatter(
        x=[columns[entry] for entry in entries],
        y=[class_names[row] for row in rows],
        mode="markers",
        name="kink",
        marker={"symbol": "x-thin", "size": 7, "line": {"width": 2, "color": INK[theme]}},
        hoverinfo="skip",
    )
    figure.update_layout(title="Relative error of each entry (crosses: kinks)", showlegend=False)
    figure.update_xaxes(title="Feature", type="category", nticks=12, showgrid=False)
    figure.update_yaxes(title="Class", type="category", autorange="reversed", showgrid=False)
    return figure
