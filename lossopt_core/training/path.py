"""The weight trajectory of a run.

A run records its weights at evaluations in float32 (`Run.path`): at all of them if that takes at
most `PATH_BYTES`, otherwise at every second, third and so on, always including the first and the
last.
"""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from lossopt_core.objective.linear import Array, Labels
from lossopt_core.training.run import Run

PATH_BYTES = 2_000_000
"""Maximum size of a run's path; at least two points are recorded."""


def kept_state(state: Array | None) -> Array | None:
    """The state of a training, if there is any and it takes no more than a path may."""
    return state if state is not None and 0 < state.nbytes <= PATH_BYTES else None


def recording_interval(points: int, numbers: int) -> int:
    """Every how many evaluations the weights (`numbers` of them) are recorded."""
    recorded = max(2, PATH_BYTES // (4 * numbers))
    return max(1, math.ceil((points - 1) / (recorded - 1)))


@dataclass(frozen=True, eq=False)
class WeightPath:
    """The recorded points of a run: a stack of classifiers whose leading axis is time.

    updates     (k,) number of updates made at each point, increasing
    stacked     (k, C, D + 1) weights with the bias as last column
    """

    updates: Labels
    stacked: Array

    @classmethod
    def of(cls, run: Run) -> Self:
        """The finite points of a run; a diverged run may have others at its end.

        The last point has the run's final weights, not rounded to float32.  Raises ValueError for
        a run without recorded points, such as one that was loaded without its path.
        """
        stacked = run.path.astype(np.float64)
        if len(stacked):
            stacked[-1] = run.stacked[0]
        finite = np.isfinite(stacked).all(axis=(1, 2))
        if not finite.any():
            raise ValueError(f"the run {run.id} has no recorded weights")
        return cls(run.path_updates[finite], stacked[finite])

    def __len__(self) -> int:
        return len(self.updates)

    @property
    def weights(self) -> Array:
        """Weights (k, C, D)."""
        return self.stacked[:, :, :-1]

    def last_until(self, update: float) -> int:
        """Index of the last point at or before an update, or 0."""
        return max(0, int(np.searchsorted(self.updates, update, side="right")) - 1)

    def thinned(self, most: int) -> Self:
        """At most `most` (two or more) evenly spaced points, including the first and the last."""
        if len(self) <= most:
            return self
        chosen = np.linspace(0, len(self) - 1, most).round().astype(np.int64)
        return type(self)(self.updates[chosen], self.stacked[chosen])
