"""The course of one training."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lossopt_core import (
    LOSSES,
    Certificate,
    Experiment,
    Run,
)
from lossopt_core.experiment.description import loss_of
from lossopt_core.experiment.measures import Y_AXES
from lossopt_ui.charts.colours import (
    GREY,
    Theme,
    of_loss,
    translucent,
)
from lossopt_ui.charts.curves import (
    Band,
    Curve,
    Level,
    curves,
)


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
    optimum: Certificate | None = None,
) -> go.Figure:
    """Objective, its two parts and the test loss; the loss of zero weights is a level.

    The best possible objective is a band: between what is proved and what has been reached.
    """
    colour = of_loss(experiment.loss, theme)
    lines = []
    if run is not None and not experiment.full_batch:
        faint = translucent(GREY[theme], 0.5)
        before = _before_each_step(run.minibatch)
        lines.append(Curve("on each minibatch", before, "objective", faint, width=1.0))
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
        bands=best_possible(optimum),
    )


def _before_each_step(minibatch: pd.DataFrame) -> pd.DataFrame:
    """The objectives on minibatches where they were measured: before the step, not after it.

    The mean over a stretch of steps stands in the stretch's middle.
    """
    ends = np.concatenate([[0], minibatch["update"]])
    middles = (ends[:-1] + ends[1:] - 1) / 2.0
    moved = {
        name: np.interp(middles, ends, np.concatenate([[0], minibatch[name]]))
        for name in ("update", "epoch", "gradient_evaluations")
    }
    return minibatch.assign(**moved)


def best_possible(optimum: Certificate | None) -> list[Band]:
    """Where the best possible objective lies, if it is known."""
    if optimum is None or optimum.lower_bound == 0:
        return []
    text = f"best possible ({optimum.objective:.4g}, certified)"
    return [Band(optimum.lower_bound, optimum.objective, text)]


def distance(
    experiment: Experiment,
    history: pd.DataFrame,
    *,
    theme: Theme,
    floor: float | None,
    gaps: pd.DataFrame | None = None,
    title: str = "Distance to the optimum",
    x: str = "epoch",
) -> go.Figure:
    """How far above the best possible objective the training is, on a logarithmic axis.

    `history` has the columns of `with_distance`, `gaps` those of `free_gaps`; `floor` is where
    the noise of the steps should hold it.
    """
    colour = of_loss(experiment.loss, theme)
    faint = translucent(colour, 0.6)
    lines = [Curve("at most this far", history, "distance", colour, width=3.0)]
    blurred = history["distance_at_least"] < 0.9 * history["distance"]
    if blurred.any():
        lines.append(Curve("at least this far", history, "distance_at_least", faint, dash="dot"))
    if gaps is not None and not gaps.empty:
        name = "at most, by the gradient alone"
        lines.append(Curve(name, gaps, "gap", GREY[theme], dash="dash", width=1.5))
    levels = [] if not floor else [Level(floor, f"predicted noise floor: {floor:.2g}")]
    return curves(
        lines,
        title=title,
        x=x,
        y_title=Y_AXES["distance"] + unit(experiment),
        theme=theme,
        log_y=True,
        levels=levels,
    )


def unit(experiment: Experiment) -> str:
    """The unit of a loss, as the end of an axis's title."""
    named = LOSSES[experiment.loss].unit
    return f" ({named})" if named else ""


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
