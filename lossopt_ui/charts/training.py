"""The course of one training."""

import pandas as pd
import plotly.graph_objects as go

from lossopt_core import LOSSES, Experiment, Run
from lossopt_core.diagnostics import loss_of
from lossopt_ui.charts.colours import GREY, Theme, of_loss, translucent
from lossopt_ui.charts.curves import Curve, Level, curves


def loss_at_start(experiment: Experiment) -> float:
    """What the data loss must be when all weights are zero."""
    return loss_of(experiment).at_equal_scores(experiment.size.classes)


def objective(
    experiment: Experiment,
    history: pd.DataFrame,
    run: Run | None,
    *,
    theme: Theme,
    x: str = "epoch",
    log_y: bool = False,
) -> go.Figure:
    """Objective, its two parts and the test loss; the loss of zero weights is a level."""
    colour = of_loss(experiment.loss, theme)
    lines = []
    if run is not None:
        faint = translucent(GREY[theme], 0.5)
        lines.append(Curve("on each minibatch", run.minibatch, "objective", faint, width=1.0))
    lines += [
        Curve("objective", history, "objective", colour, width=3.0),
        Curve("data loss", history, "data_loss", colour, dash="dot"),
        Curve("penalty", history, "penalty", GREY[theme]),
        Curve("test loss", history, "test_loss", colour, dash="dash"),
    ]
    start = loss_at_start(experiment)
    return curves(
        lines,
        title=f"Objective and its parts: {LOSSES[experiment.loss].label}",
        x=x,
        y_title="Mean loss an example" + unit(experiment),
        theme=theme,
        log_y=log_y,
        levels=[Level(start, f"zero weights: {start:.4g}")],
    )


def unit(experiment: Experiment) -> str:
    """The unit of a loss, as the end of an axis's title."""
    return " (nats)" if experiment.loss == "cross_entropy" else ""


def accuracy(
    experiment: Experiment, history: pd.DataFrame, *, theme: Theme, x: str = "epoch"
) -> go.Figure:
    """Accuracy on both parts; guessing is a level."""
    colour = of_loss(experiment.loss, theme)
    chance = 100.0 / experiment.size.classes
    return curves(
        [
            Curve("training", history, "train_accuracy", colour),
            Curve("test", history, "test_accuracy", colour, dash="dash"),
        ],
        title="Accuracy",
        x=x,
        y_title="Examples classified rightly (%)",
        theme=theme,
        levels=[Level(chance, f"guessing: {chance:.3g} %")],
    )


def gradient(
    experiment: Experiment, history: pd.DataFrame, *, theme: Theme, x: str = "epoch"
) -> go.Figure:
    """Norms of the gradient and of the weights, on a logarithmic axis."""
    return curves(
        [
            Curve("gradient", history, "gradient_norm", of_loss(experiment.loss, theme)),
            Curve("weights", history, "weight_norm", GREY[theme], dash="dot"),
        ],
        title="Norm of the gradient, and of the weights",
        x=x,
        y_title="Euclidean norm",
        theme=theme,
        log_y=True,
    )
