"""Training in slices: pieces of a fraction of a second, each in whatever process is free.

A slice takes a checkpoint and gives a later one back.  So progress, a stop, turns between trainings
and a process that is killed need no other mechanism: a lost slice is made again, with the same
result.
"""

from collections.abc import Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass

import pandas as pd

from lossopt_core.experiment.description import Experiment
from lossopt_core.experiment.loading import Data
from lossopt_core.training.grouping import stacked
from lossopt_core.training.loop import Checkpoint, Training
from lossopt_core.training.record import Points
from lossopt_core.training.run import Run

SECONDS = 0.25
"""How long a slice takes."""


@dataclass(frozen=True, eq=False)
class Slice:
    """What came of a slice.

    checkpoint   where to go on, without the path
    path         the classifiers that were recorded within the slice
    over         whether all runs have ended
    """

    checkpoint: Checkpoint
    path: Sequence[Points]
    over: bool


def make_slice(
    experiments: Sequence[Experiment],
    checkpoint: Checkpoint | None,
    seconds: float,
    *,
    stop: bool = False,
    data: Sequence[Data] | None = None,
) -> Slice:
    """Begin or continue the training of a cohort for some seconds, or end it where it is.

    Without `data` the experiments' own are loaded.
    """
    training = Training(experiments, data, checkpoint)
    over = training.advance(seconds, should_stop=lambda: stop)
    path, training.record.path = training.record.path, []
    return Slice(training.checkpoint, path, over)


class SlicedTraining:
    """The training of a cohort by an executor, which may be in other processes or on a cluster."""

    def __init__(
        self,
        experiments: Sequence[Experiment],
        data: Sequence[Data] | None = None,
        start: Checkpoint | None = None,
    ) -> None:
        """The experiments are a cohort.  `data`, as `grouping.load_all` gives them, are sent along
        with every slice, for data that the executor's processes cannot load themselves.  `start`
        is where it goes on, if it does not begin; then the experiments are in their order."""
        self.experiments = stacked(experiments) if start is None else list(experiments)
        self._data = data
        self._last = start
        self._path: list[Points] = []
        if start is not None:
            self._path, start.record.path = start.record.path, []
        self.over = False

    def submit(self, executor: Executor, *, stop: bool = False) -> Future[Slice]:
        """Begin the next slice; with `stop` it is the last one, and makes no update."""
        return executor.submit(
            make_slice, self.experiments, self._last, SECONDS, stop=stop, data=self._data
        )

    def take(self, made: Slice) -> None:
        """Keep what came of a slice."""
        self._path += made.path
        self._last, self.over = made.checkpoint, made.over
        if self.over:
            self._data = None  # it may be large, and wait for others that are saved with it

    @property
    def updates(self) -> int:
        """Number of updates made, counted over all runs."""
        if self._last is None:
            return 0
        ends = self._last.record.ends
        return sum(
            each.updates if run in ends else self._last.made
            for run, each in enumerate(self.experiments)
        )

    def histories(self) -> dict[Experiment, pd.DataFrame]:
        """The histories so far."""
        return {} if self._last is None else self._last.record.histories()

    def runs(self) -> list[Run]:
        """The runs, once all have ended."""
        if self._last is None or not self.over:
            raise ValueError("the training is not over")
        self._last.record.path = self._path
        return list(self._last.runs().values())
