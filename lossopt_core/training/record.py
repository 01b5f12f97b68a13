"""What is measured of a cohort while it trains, and the runs that come of it."""

import math
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version

import numpy as np
import pandas as pd

from lossopt_core.experiment.description import Experiment
from lossopt_core.objective.linear import Array, Labels
from lossopt_core.optim.older_rules import EDITION
from lossopt_core.training.path import kept_state, recording_interval
from lossopt_core.training.points import evaluation_updates, minibatch_intervals
from lossopt_core.training.run import HISTORY_COLUMNS, PER_UPDATE, Run, history_table

UPDATE, EPOCH, OBJECTIVE = map(HISTORY_COLUMNS.index, ("update", "epoch", "objective"))
Points = np.ndarray[tuple[int, ...], np.dtype[np.float32]]
"""Weights (R, C, D) of a cohort at one of its evaluations."""


@dataclass(frozen=True, eq=False)
class End:
    """How a run ended, after `made` updates, with the classifier W (C, D).

    last    one more evaluation (columns,) if the run ended between two; otherwise None
    state   see `Run.state`; None for a run that diverged
    rows    number of evaluations of the cohort that are its own
    """

    status: str
    reason: str
    made: int
    W: Array
    last: Array | None
    state: Array | None
    rows: int = 0


@dataclass(frozen=True, eq=False)
class Earlier:
    """What was measured of R runs before their training is continued, after `made` updates.

    rows             (points, columns, R)
    interval_ends    (intervals,), ends of the intervals of minibatch objectives
    minibatch        (intervals, R), sums of minibatch objectives
    path_updates     (k,), updates after which the classifiers `path`, (R, C, D) each, were recorded
    """

    made: int
    rows: Array
    interval_ends: Labels
    minibatch: Array
    path_updates: Labels
    path: list[Points]

    @classmethod
    def of(cls, runs: Sequence[Run]) -> "Earlier":
        """The measurements of runs that were measured after the same updates."""
        minibatch = np.stack([run.numbers("minibatch") for run in runs], axis=-1)
        ends = minibatch[:, 0, 0].astype(np.int64)
        rows = np.stack([run.numbers("history") for run in runs], axis=-1)
        return cls(
            made=int(rows[-1, UPDATE, 0]),
            rows=rows,
            interval_ends=ends,
            minibatch=minibatch[:, -1] * np.diff(ends, prepend=0)[:, None],
            path_updates=runs[0].path_updates,
            path=list(np.stack([run.path for run in runs], axis=1)),
        )


class Record:
    """Measurements of R runs: evaluations, minibatch objectives, weights on the way, ends.

    rows        (points, columns, R), of which `recorded` are final: other threads may read them
    minibatch   (intervals, R), sums of minibatch objectives
    path        the classifiers after the updates `path_updates`, (R, C, D) each
    ends        how runs ended, by their number
    """

    def __init__(
        self, experiments: Sequence[Experiment], weights: int, earlier: Earlier | None = None
    ) -> None:
        """`weights` is the number of weights of a classifier.

        After what was measured `earlier` come the points that are still ahead.
        """
        self.experiments = experiments
        first = experiments[0]
        points = evaluation_updates(first.updates, first.evaluations)
        interval_ends = minibatch_intervals(first.updates)
        if earlier is None:
            earlier = _nothing(len(experiments))
        before, of_path = earlier.rows[:, UPDATE, 0].astype(np.int64), earlier.path_updates
        ahead = points[points > earlier.made]
        self.evaluations = np.concatenate([before, ahead])
        self.interval_ends = np.concatenate(
            [earlier.interval_ends, interval_ends[interval_ends > earlier.made]]
        )
        self.rows = np.empty((len(self.evaluations), *earlier.rows.shape[1:]))
        self.recorded = len(before)
        self.rows[: self.recorded] = earlier.rows
        self.minibatch = np.zeros((len(self.interval_ends), len(experiments)))
        self._interval = max(0, len(earlier.interval_ends) - 1)
        self.minibatch[: len(earlier.interval_ends)] = earlier.minibatch
        candidates = np.concatenate([of_path, ahead])
        self.path_updates = candidates[:: recording_interval(len(candidates), weights)]
        kept = zip(of_path, earlier.path, strict=True)
        self.path: list[Points] = [each for at, each in kept if at in self.path_updates]
        self.ends: dict[int, End] = {}

    @property
    def over(self) -> bool:
        """Whether all runs have ended."""
        return len(self.ends) == len(self.experiments)

    @property
    def running(self) -> list[int]:
        """The numbers of the runs that have not ended."""
        return [run for run in range(len(self.experiments)) if run not in self.ends]

    @property
    def next_evaluation(self) -> int:
        """The number of updates at which the data are evaluated next; -1 after the last."""
        return int(self.evaluations[self.recorded]) if self.recorded < len(self.evaluations) else -1

    def add_evaluation(self, row: Array, classifiers: Array) -> None:
        """Add the measurements (columns, R) of an evaluation, and the classifiers (R, C, D)."""
        self.rows[self.recorded] = row
        if self.evaluations[self.recorded] in self.path_updates:
            self.path.append(classifiers.astype(np.float32))
        self.recorded += 1

    def add_minibatch(self, objective: Array, made: int) -> None:
        """Add the objectives (R,) on the minibatch of the update after `made`."""
        if made == self.interval_ends[self._interval]:
            self._interval += 1
        self.minibatch[self._interval] += objective

    def end(self, run: int, end: End) -> None:
        """End a run, with the evaluations so far."""
        self.ends[run] = replace(end, rows=self.recorded)

    def histories(self) -> dict[Experiment, pd.DataFrame]:
        """The histories so far; may be called from another thread."""
        return {
            each: history_table(self._rows_of(run)) for run, each in enumerate(self.experiments)
        }

    def runs(self, seconds_per_update: float | None = None) -> dict[Experiment, Run]:
        """The runs, all of which must have ended."""
        environment = environment_of(seconds_per_update)
        return {each: self._run(run, environment) for run, each in enumerate(self.experiments)}

    def _run(self, run: int, environment: Mapping[str, str]) -> Run:
        end = self.ends[run]
        recorded = self.path_updates[self.path_updates < end.made]
        points = [each[run] for each in self.path[: len(recorded)]]
        with np.errstate(over="ignore"):  # weights of a diverged run
            last = end.W.astype(np.float32)
        return Run(
            experiment=self.experiments[run],
            history=self._rows_of(run),
            minibatch=self._minibatch_of(run, end.made),
            weights=end.W[:, :-1].astype(np.float64),
            bias=end.W[:, -1].astype(np.float64),
            path=np.stack([*points, last]),
            path_updates=np.append(recorded, end.made),
            status=end.status,
            environment=environment,
            reason=end.reason,
            state=kept_state(end.state),
        )

    def _rows_of(self, run: int) -> Array:
        """The finite evaluations (k, columns) of a run."""
        end = self.ends.get(run)
        rows = self.rows[: self.recorded if end is None else end.rows, :, run]
        if end is not None and end.last is not None:
            rows = np.concatenate([rows, end.last[None]])
        return rows[np.isfinite(rows[:, OBJECTIVE])]

    def _minibatch_of(self, run: int, made: int) -> Array:
        """Means over the intervals; the last one may end early, after `made` updates."""
        count = int(np.searchsorted(self.interval_ends, made)) + (made > 0)
        ends: Labels = np.minimum(self.interval_ends[:count], made)
        lengths = np.diff(ends, prepend=0)
        first = self.experiments[0]
        seen = first.gradient_evaluations(ends)
        means = self.minibatch[:count, run] / lengths
        return np.column_stack([ends, seen / first.train_examples, seen, means])


def _nothing(runs: int) -> Earlier:
    """What was measured of runs that begin: nothing, not even before the first update."""
    none = np.empty(0, np.int64)
    rows = np.empty((0, len(HISTORY_COLUMNS), runs))
    return Earlier(-1, rows, none, np.empty((0, runs)), none, [])


def environment_of(seconds_per_update: float | None) -> dict[str, str]:
    """Versions and machine, and the time of an update where one run was trained alone."""
    if seconds_per_update is None or not math.isfinite(seconds_per_update):
        return dict(environment())
    return environment() | {PER_UPDATE: f"{seconds_per_update:.4g}"}


@cache
def environment() -> dict[str, str]:
    """Versions and machine used for training."""
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "system": platform.system(),
        "rules": EDITION,
        **{name: version(name) for name in ("numpy", "scikit-learn")},
    }
