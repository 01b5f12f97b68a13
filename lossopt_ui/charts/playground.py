"""Curves of the playground's models, and the losses of their points."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from lossopt_core.objective.linear import Array
from lossopt_core.playground.classifier import Classifier
from lossopt_core.playground.model import Model
from lossopt_ui.charts.colours import (
    CLASSES,
    GREY,
    INK,
    Theme,
    of_loss,
)
from lossopt_ui.charts.curves import Curve, curves


def objective(model: Model, *, theme: Theme, log_y: bool, top: float | None) -> go.Figure:
    """Objective, data loss and penalty over updates; linear y-axes end at `top`."""
    table, loss = model.history, model.experiment.loss
    lines = [
        Curve("Objective", table, "objective", INK[theme], width=2.5),
        Curve("Data loss", table, "data_loss", of_loss(loss, theme)),
        Curve("Penalty", table, "penalty", GREY[theme], dash="dash"),
    ]
    figure = curves(
        lines,
        title="Loss over updates",
        x="update",
        y_title="Mean over points",
        theme=theme,
        log_y=log_y,
        y_range=None if log_y or top is None else (0.0, 1.05 * top),
    )
    figure.update_xaxes(rangemode="nonnegative")
    if not log_y:
        figure.update_yaxes(rangemode="tozero")
    return figure


def losses(model: Classifier, history: Sequence[Array], *, theme: Theme) -> go.Figure:
    """The loss of each point as a bar in the colour of its class.

    The y-axis also fits the second half of the losses in `history`; the first half is often much
    larger.
    """
    labels = model.points.labels.tolist()
    names = model.points.class_names
    figure = go.Figure(
        go.Bar(
            x=np.arange(1, len(labels) + 1),
            y=model.losses(),
            marker={"color": [CLASSES[theme][label] for label in labels], "line": {"width": 0}},
            text=[f"class {names[label]}" for label in labels],
            textposition="none",
            hovertemplate="point %{x}, %{text}: %{y:.4g}<extra></extra>",
        )
    )
    figure.update_layout(title="Loss of each point", hovermode="closest", bargap=0.15)
    figure.update_xaxes(title="Point")
    figure.update_yaxes(title="Loss", range=[0.0, _top([model.losses(), *history])])
    return figure


def _top(losses: Sequence[Array]) -> float:
    now, *before = (float(each.max()) for each in losses)
    finite = [each for each in (now, *before[len(before) // 2 :]) if np.isfinite(each)]
    return 1.05 * max(finite, default=0.0) or 1.0
