"""Trajectories of runs on a plane through the landscape of their objective."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from lossopt_core.experiment.description import Experiment
from lossopt_core.objective.linear import Array
from lossopt_core.theory.landscape import (
    Landscape,
    Plane,
    landscape,
    objective_at,
    objectives,
)
from lossopt_core.training.path import WeightPath

FAR = 2.0
"""Points whose objective is more than this many times the initial one may lie off the grid."""


@dataclass(frozen=True, eq=False)
class Trajectories:
    """A landscape with the saved points of runs.

    best          the best known weights (C, D + 1)
    values        objective of each run at its saved points, (k,) each
    below         objective at the projections of these points onto the plane
    best_value    objective of the best known weights; `best_below` of their projection
    """

    plane: Plane
    land: Landscape
    best: Array
    values: Sequence[Array]
    below: Sequence[Array]
    best_value: float
    best_below: float


def on_a_plane(
    experiments: Sequence[Experiment],
    paths: Sequence[WeightPath],
    best: Array | None,
    through: int,
    kind: Literal["optimum", "principal"],
) -> Trajectories:
    """The paths of runs with the same objective, and the landscape around them.

    Args:
        experiments: Of the runs.
        paths: Their saved points, as many as runs.
        best: The best known weights (C, D + 1); by default the best of the saved points.
        through: Index of the run whose start and end span the plane with the best weights.
        kind: Whether they do, or the first two principal directions of all saved points.

    Raises:
        MissingDataError: The runs are on uploaded data that are not here.
    """
    experiment, path = experiments[through], paths[through]
    values = [objectives(experiment, each.stacked) for each in paths]
    if best is None:
        points = np.concatenate([each.stacked for each in paths])
        best = points[int(np.nanargmin(np.concatenate(values)))]
    if kind == "principal":
        plane = Plane.principal(paths)
    else:
        plane = Plane.through(path.stacked[0], best, path.stacked[-1], path)
    places = [plane.coordinates(each.stacked) for each in paths]
    own = values[through]
    near = [seen[value <= FAR * own[0]] for seen, value in zip(places, values, strict=True)]
    star = plane.coordinates(best[None])
    return Trajectories(
        plane=plane,
        land=landscape(experiment, plane, np.concatenate([*near, star])),
        best=best,
        values=values,
        below=[objective_at(experiment, plane, each) for each in places],
        best_value=float(objectives(experiment, best[None])[0]),
        best_below=float(objective_at(experiment, plane, star)[0]),
    )
