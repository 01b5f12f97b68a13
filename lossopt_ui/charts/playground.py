"""The curve of a model that is trained by hand."""

import plotly.graph_objects as go

from lossopt_core.playground.model import Model
from lossopt_ui.charts.colours import GREY, INK, Theme, of_loss
from lossopt_ui.charts.curves import Curve, curves


def objective(model: Model, *, theme: Theme, log_y: bool, top: float | None) -> go.Figure:
    """Total, data loss and penalty over the updates, from 0 to `top` unless logarithmic."""
    table, loss = model.history, model.experiment.loss
    lines = [
        Curve("Total", table, "objective", INK[theme], width=2.5),
        Curve("Data loss", table, "data_loss", of_loss(loss, theme)),
        Curve("Penalty", table, "penalty", GREY[theme], dash="dash"),
    ]
    figure = curves(
        lines,
        title="Loss over updates",
        x="update",
        y_title="Mean over the points",
        theme=theme,
        log_y=log_y,
        y_range=None if log_y or top is None else (0.0, 1.05 * top),
    )
    figure.update_xaxes(rangemode="nonnegative")
    if not log_y:
        figure.update_yaxes(rangemode="tozero")
    return figure
