"""Charts that compare several runs."""

from collections.abc import Iterable, Sequence

import numpy as np
import plotly.graph_objects as go

from lossopt_core import (
    Experiment,
    Run,
)
from lossopt_core.experiment.measures import MEASURES
from lossopt_core.experiment.settings import flat_settings
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
from lossopt_ui.charts.curves import Dash
from lossopt_ui.charts.frames import Change
from lossopt_ui.charts.texts import plain
from lossopt_ui.charts.weights import Trajectory, trajectories

DASHES: tuple[Dash, ...] = ("solid", "dash", "dot")


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


def incomparable_settings(panels: Iterable[Sequence[Sequence[Experiment]]], column: str) -> str:
    """Differences that make values on one axis incomparable, as text; '' if there are none.

    A panel has groups of experiments, one curve each.  What varies within groups and is the same
    set of values in all of them, such as ten splits, makes no difference between their means.
    """
    if not MEASURES[column].of_a_loss or column == "distance":
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
        for groups in panels
        for name in _unequal_settings(groups)
    ]
    return ", ".join(dict.fromkeys(word for word in found if word))


def _unequal_settings(groups: Sequence[Sequence[Experiment]]) -> list[str]:
    """Names of the settings that do not have the same values in all groups."""
    tables = [[flat_settings(each) for each in members] for members in groups]
    names = dict.fromkeys(name for members in tables for table in members for name in table)
    missing = object()
    return [
        name
        for name in names
        if len({frozenset(t.get(name, missing) for t in members) for members in tables}) > 1
    ]


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
