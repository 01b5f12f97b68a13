"""Charts of one training run."""

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
    EPOCHS,
    Band,
    Curve,
    Level,
    curves,
)
from lossopt_ui.charts.scales import Scales


def loss_at_start(experiment: Experiment) -> float:
    """The data loss when all weights are zero."""
    return loss_of(experiment).at_equal_scores(experiment.size.classes)


def loss_at_start_in_words(experiment: Experiment) -> str:
    """Why the loss of zero weights is what it is, for Markdown."""
    formula, value = LOSSES[experiment.loss].start_formula, f"{loss_at_start(experiment):.4g}"
    return (
        "With zero weights all scores are equal, so the initial loss must be"
        f" ${f'{formula} = {value}' if formula else value}$."
    )


def objective(
    experiment: Experiment,
    history: pd.DataFrame,
    run: Run | None,
    *,
    theme: Theme,
    optimum: Certificate | None = None,
    scales: Scales = EPOCHS,
) -> go.Figure:
    """Objective, its two parts and the test loss, with the loss of zero weights as a level.

    The optimum is a band between the proven lower bound and the best objective reached.
    """
    colour = of_loss(experiment.loss, theme)
    lines = []
    if run is not None and not experiment.full_batch:
        faint = translucent(GREY[theme], 0.5)
        before = _before_each_step(run.minibatch)
        lines.append(Curve("minibatch objective", before, "objective", faint, width=1.0))
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
        y_title="Mean loss per example" + unit(experiment),
        theme=theme,
        scales=scales,
        levels=[Level(start, f"zero weights: {start:.4g}")],
        bands=optimum_band(optimum),
    )


def _before_each_step(minibatch: pd.DataFrame) -> pd.DataFrame:
    """Move minibatch objectives to where they were measured: before each step, not after it.

    The mean over several steps is placed in the middle of them.
    """
    ends = np.concatenate([[0], minibatch["update"]])
    middles = (ends[:-1] + ends[1:] - 1) / 2.0
    moved = {
        name: np.interp(middles, ends, np.concatenate([[0], minibatch[name]]))
        for name in ("update", "epoch", "gradient_evaluations")
    }
    return minibatch.assign(**moved)


def optimum_band(optimum: Certificate | None, of: str = "") -> list[Band]:
    """The band that contains the optimum, if it is known; `of` says of what, unless of all."""
    if optimum is None or optimum.lower_bound == 0:
        return []
    text = f"optimum{of and f' of {of}'} ({optimum.objective:.4g}, certified)"
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
    """Distance of the objective to the optimum, on a logarithmic axis.

    `history` has the columns of `with_distance`, `gaps` those of `free_gaps`; `floor` is the
    predicted noise floor.
    """
    colour = of_loss(experiment.loss, theme)
    faint = translucent(colour, 0.6)
    lines = [Curve("upper bound", history, "distance", colour, width=3.0)]
    uncertain = history["distance_at_least"] < 0.9 * history["distance"]
    if uncertain.any():
        lines.append(Curve("lower bound", history, "distance_at_least", faint, dash="dot"))
    if gaps is not None and not gaps.empty:
        name = "upper bound from the gradient alone"
        lines.append(Curve(name, gaps, "gap", GREY[theme], dash="dash", width=1.5))
    levels = [] if not floor else [Level(floor, f"predicted noise floor: {floor:.2g}")]
    return curves(
        lines,
        title=title,
        y_title=Y_AXES["distance"] + unit(experiment),
        theme=theme,
        scales=Scales(x, log_y=True),
        levels=levels,
    )


def unit(experiment: Experiment) -> str:
    """The unit of a loss, as a suffix of an axis title."""
    named = LOSSES[experiment.loss].unit
    return f" ({named})" if named else ""


def accuracy(
    experiment: Experiment, history: pd.DataFrame, *, theme: Theme, scales: Scales = EPOCHS
) -> go.Figure:
    """Training and test accuracy, with chance as a level."""
    colour = of_loss(experiment.loss, theme)
    chance = 100.0 / experiment.size.classes
    return curves(
        [
            Curve("training", history, "train_accuracy", colour),
            Curve("test", history, "test_accuracy", colour, dash="dash"),
        ],
        title="Accuracy",
        y_title="Accuracy (%)",
        theme=theme,
        scales=scales,
        levels=[Level(chance, f"chance: {chance:.3g} %")],
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
        title="Gradient norm and weight norm",
        y_title="Euclidean norm",
        theme=theme,
        scales=Scales(x, log_y=True),
    )
