"""A common timeline for several runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from lossopt_core.objective.linear import Array, Labels
from lossopt_core.training.path import WeightPath
from lossopt_core.training.run import Run

MAX_TICKS = 60
MAX_FOLLOWED = 3_000_000
"""Maximum number of examples times points."""


@dataclass(frozen=True, eq=False)
class Clock:
    """Ticks in epochs (equal work), and the point of each run at each tick.

    epochs      (t,) increasing, including the start and the end of the longest run
    paths       recorded points of each run: at most `MAX_TICKS`, fewer for large data
    points      (runs, t) index of the last point of each run at or before each tick
    """

    epochs: Array
    paths: Sequence[WeightPath]
    points: Labels

    @classmethod
    def of(cls, runs: Sequence[Run]) -> Self:
        """A timeline for runs on the same data; ValueError if a run has no recorded weights."""
        most = max(2, min(MAX_TICKS, MAX_FOLLOWED // runs[0].experiment.size.examples))
        paths = [WeightPath.of(run).thinned(most) for run in runs]
        epochs = [epochs_of(run, path) for run, path in zip(runs, paths, strict=True)]
        every = np.unique(np.concatenate(epochs).round(9))
        if len(every) > MAX_TICKS:
            every = every[np.linspace(0, len(every) - 1, MAX_TICKS).round().astype(np.int64)]
        points = [np.searchsorted(each.round(9), every, side="right") - 1 for each in epochs]
        return cls(every, paths, np.maximum(0, np.stack(points)))


def epochs_of(run: Run, path: WeightPath) -> Array:
    """The epochs (k,) at the points of a run's path."""
    experiment = run.experiment
    epochs: Array = experiment.gradient_evaluations(path.updates) / experiment.train_examples
    return epochs
