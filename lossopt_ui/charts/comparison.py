"""Charts that compare several runs."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lossopt_core import (
    LOSSES,
    Certificate,
    Experiment,
    Run,
)
from lossopt_core.experiment.measures import Y_AXES
from lossopt_core.experiment.settings import differing_settings
from lossopt_core.inspect.diagnostics import principal_plane
from lossopt_ui.charts import weights
from lossopt_ui.charts.colours import (
    INK,
    LINES,
    Theme,
    of_batch,
    of_loss,
    of_optimizer,
)
from lossopt_ui.charts.curves import Curve, Dash, Level, curves
from lossopt_ui.charts.frames import Change
from lossopt_ui.charts.texts import plain
from lossopt_ui.charts.training import loss_at_start, optimum_band, unit
from lossopt_ui.charts.weights import Trajectory, trajectories

DASHES: tuple[Dash, ...] = ("solid", "dash", "dot")
LOSS_DEPENDENT = ("objective", "data_loss", "test_loss", "gradient_norm", "distance")
"""Columns whose values are not comparable across losses: never on a shared axis."""


def colours(experiments: Sequence[Experiment], theme: Theme) -> list[str]:
    """Colours by loss, optimizer or batch size, whichever is unique; else neutral hues."""
    if len({each.loss for each in experiments}) == len(experiments):
        return [of_loss(each.loss, theme) for each in experiments]
    if len({each.optimizer for each in experiments}) == len(experiments):
        return [of_optimizer(each.optimizer, theme) for each in experiments]
    by_work = work_colours(experiments, theme)
    if len(set(by_work)) == len(experiments) > 1:
        return by_work
    return [LINES[theme][k % len(LINES[theme])] for k in range(len(experiments))]


def work_colours(experiments: Sequence[Experiment], theme: Theme) -> list[str]:
    """Ink for full-batch descent; green or a neighbouring hue for minibatches, by size."""
    return [
        INK[theme] if each.full_batch else of_batch(each.batch_size, theme) for each in experiments
    ]


def incomparable_settings(panels: Iterable[Mapping[str, Experiment]], column: str) -> str:
    """Differences that make values on one axis incomparable, as text; '' if there are none."""
    if column not in LOSS_DEPENDENT or column == "distance":
        return ""  # each distance is to the run's own optimum
    words = {
        "dataset": "data",
        "standardize": "scaling",
        "split_seed": "split",
        "test_fraction": "split",
        "label_noise": "label noise",
        "margin": "margin",
        "regularizer": "penalty",
        "strength": "penalty",
        "l1_ratio": "penalty",
    }
    found = [
        words.get(name, "data" if "." in name else "")
        for members in panels
        for name in differing_settings(list(members.values()))
    ]
    return ", ".join(dict.fromkeys(word for word in found if word))


def overlay(
    histories: Mapping[str, pd.DataFrame],
    colour: Sequence[str],
    *,
    column: str,
    theme: Theme,
    title: str,
    x: str = "epoch",
    log_x: bool = False,
    log_y: bool = False,
    levels: Sequence[Level] = (),
    y_title: str | None = None,
) -> go.Figure:
    """One column of several histories, by name."""
    lines = [
        Curve(name, history, column, colour[k], DASHES[k // len(LINES[theme]) % len(DASHES)])
        for k, (name, history) in enumerate(histories.items())
    ]
    return curves(
        lines,
        title=title,
        x=x,
        y_title=y_title or Y_AXES[column],
        theme=theme,
        log_x=log_x,
        log_y=log_y,
        levels=levels,
    )


def panels(experiments: Mapping[str, Experiment], column: str) -> dict[str, dict[str, Experiment]]:
    """Experiments grouped by shared axis: by loss, or all under the name ''."""
    losses = {each.loss for each in experiments.values()}
    if column not in LOSS_DEPENDENT or len(losses) == 1:
        return {"": dict(experiments)} if experiments else {}
    groups: dict[str, dict[str, Experiment]] = {}
    for label, each in experiments.items():
        groups.setdefault(each.loss, {})[label] = each
    return groups


def one_loss(
    experiment: Experiment,
    history: pd.DataFrame,
    *,
    theme: Theme,
    log_y: bool,
    optimum: Certificate | None = None,
) -> go.Figure:
    """Objective and test loss for one loss, with the optimum."""
    colour, start = of_loss(experiment.loss, theme), loss_at_start(experiment)
    return curves(
        [
            Curve("objective", history, "objective", colour, width=3.0),
            Curve("test loss", history, "test_loss", colour, dash="dash"),
        ],
        title=LOSSES[experiment.loss].label,
        x="epoch",
        y_title="Mean loss per example" + unit(experiment),
        theme=theme,
        log_y=log_y,
        levels=[Level(start, f"zero weights: {start:.4g}")],
        bands=optimum_band(optimum),
    )


def accuracies(
    histories: Mapping[Experiment, pd.DataFrame], *, theme: Theme, x: str = "epoch"
) -> go.Figure:
    """Training and test accuracy of several losses on one axis."""
    lines = []
    for experiment, history in histories.items():
        colour, name = of_loss(experiment.loss, theme), LOSSES[experiment.loss].label
        lines.append(Curve(f"{name}, training", history, "train_accuracy", colour))
        lines.append(Curve(f"{name}, test", history, "test_accuracy", colour, dash="dash"))
    return curves(
        lines,
        title="Accuracy (comparable across losses)",
        x=x,
        y_title="Accuracy (%)",
        theme=theme,
    )


def weight_trajectories(
    runs: Sequence[Run],
    names: Sequence[str],
    colour: Sequence[str],
    feature_names: Sequence[str],
    ticks: Sequence[Sequence[int]] | None = None,
) -> tuple[go.Figure, list[Change]]:
    """The trajectories of several runs in weight space.

    With two features each class's weight vector is a point in the plane; otherwise the plane is
    spanned by the two principal directions of all trajectories.  `ticks` has the update of each
    run at every tick: a diamond for each run then moves along its trajectory.
    """
    if len(feature_names) == 2:
        paths = [list(np.moveaxis(run.path[:, :, :2], 1, 0)) for run in runs]
        title = "Trajectories in weight space, one per class"
        x_title, y_title = (f"Weight of {plain(name)}" for name in feature_names)
    else:
        plane = principal_plane(runs)
        paths = [[each] for each in plane.trajectories]
        title = "Trajectories in weight space"
        explained = f"both explain {plane.explained_variance:.0%} of the movement"
        x_title = f"First principal direction ({explained})"
        y_title = "Second principal direction"
    lines = [
        Trajectory(name, path, run.path_updates, hue, 2.5 if run.experiment.full_batch else 1.2)
        for name, path, run, hue in zip(names, paths, runs, colour, strict=True)
    ]
    figure = trajectories(lines, title=title, x_title=x_title, y_title=y_title)
    if ticks is None:
        return figure, []
    return figure, [
        change
        for line, updates in zip(lines, ticks, strict=True)
        for change in weights.add_position(figure, line, updates)
    ]
