"""The weights that a run has passed through on its way.

A run keeps its weights at evaluations, in single precision (`Run.path`): at all of them where
that takes at most `PATH_BYTES`, otherwise at every second, third, and so on, the first and the
last always among them.
"""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from lossopt_core.objective.linear import Array, Labels
from lossopt_core.training.run import Run

PATH_BYTES = 2_000_000
"""What the path of a run takes at most; two points are kept in any case."""


def kept_every(points: int, numbers: int) -> int:
    """Of `points` evaluations with so many weights each, the distance between those kept."""
    kept = max(2, PATH_BYTES // (4 * numbers))
    return max(1, math.ceil((points - 1) / (kept - 1)))


@dataclass(frozen=True, eq=False)
class WeightPath:
    """Points of a run's way: a stack of classifiers whose leading axis is time.

    updates     (k,) updates made before each point, increasing
    stacked     (k, C, D + 1) weights with the bias as last column
    """

    updates: Labels
    stacked: Array

    @classmethod
    def of(cls, run: Run) -> Self:
        """The points of a run that are numbers: one that diverged may end beyond all of them.

        The last point is the run's own weights, not rounded.  ValueError where the run keeps no
        point, as one that was read without its path.
        """
        stacked = run.path.astype(np.float64)
        if len(stacked):
            stacked[-1] = run.stacked[0]
        finite = np.isfinite(stacked).all(axis=(1, 2))
        if not finite.any():
            raise ValueError(f"the run {run.id} keeps no weights of its way")
        return cls(run.path_updates[finite], stacked[finite])

    def __len__(self) -> int:
        return len(self.updates)

    @property
    def weights(self) -> Array:
        """(k, C, D)."""
        return self.stacked[:, :, :-1]

    def last_until(self, update: float) -> int:
        """The number of the last point at or before an update; the first where there is none."""
        return max(0, int(np.searchsorted(self.updates, update, side="right")) - 1)

    def thinned(self, most: int) -> Self:
        """At most so many points (two or more), evenly, the first and the last among them."""
        if len(self) <= most:
            return self
        chosen = np.linspace(0, len(self) - 1, most).round().astype(np.int64)
        return type(self)(self.updates[chosen], self.stacked[chosen])
