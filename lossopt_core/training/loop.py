"""The training loop: from experiments to runs."""

import math
import platform
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from itertools import chain, repeat

import numpy as np
import pandas as pd

from lossopt_core.certify.certificates import certify, problem_id
from lossopt_core.experiment.description import Experiment
from lossopt_core.experiment.loading import Data, load_data
from lossopt_core.objective.linear import Array, Labels
from lossopt_core.optim.older_rules import EDITION
from lossopt_core.optim.stopping import STOPPING, Never
from lossopt_core.training.cohort import Cohort, kind, minibatches
from lossopt_core.training.convergence import ConvergenceWarning, convergence_caveats, is_full_batch
from lossopt_core.training.path import recording_interval
from lossopt_core.training.run import (
    DIVERGED,
    FINISHED,
    HISTORY_COLUMNS,
    PER_UPDATE,
    STOPPED,
    Run,
    history_table,
)

DIVERGED_AT = 1e5
"""A run counts as diverged when its objective exceeds the initial one by this factor."""
UPDATE, EPOCH, OBJECTIVE = map(HISTORY_COLUMNS.index, ("update", "epoch", "objective"))
REPORT_EVERY = 64
"""Updates between progress reports, because evaluations may be far apart."""
MIN_POWER = 2.0
"""Evaluation k of n takes place at update T (k / n)^p of T; p is at least this."""
MINIBATCH_POINTS = 2_000
"""Maximum number of points on the minibatch curve of a run."""


@dataclass(frozen=True)
class Progress:
    """Progress of a training: updates done and in total, counted over all runs."""

    done: int
    total: int
    histories: Callable[[], dict[Experiment, pd.DataFrame]]
    """Returns the histories so far of all runs that have started."""

    @property
    def share(self) -> float:
        """Fraction done, between 0 and 1."""
        return self.done / self.total


def train(
    experiments: Sequence[Experiment],
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    *,
    backend: str | None = None,
) -> list[Run]:
    """Train experiments and return one run for each, in the same order.

    Experiments with equal data, batch size, epochs and seed are trained together as a cohort, each
    with the results that it would have alone.

    Args:
        experiments: What to train.
        on_progress: Called at every evaluation and every 64 updates.
        should_stop: Once it returns true, training ends at the next update. Runs that have not
            finished keep what they have and get the status "stopped".
        backend: A joblib backend that trains cohorts in parallel, wide ones in pieces, with the
            same results: "loky" uses all processors of this machine, "joblib" whatever
            `joblib.parallel_config` says. Progress and stopping then work by whole pieces.

    Warns:
        ConvergenceWarning: A full-batch training will not end at the optimum; the message says why.
    """
    groups = cohorts(experiments)
    _warn(experiments)
    if backend is not None:
        from lossopt_core.training.parallel import train_with_joblib

        apart = train_with_joblib(groups, backend, on_progress, should_stop)
        return [apart[experiment] for experiment in experiments]
    total = sum(experiment.updates for members in groups for experiment in members)
    done = 0
    runs: dict[Experiment, Run] = {}
    for members in groups:
        training = Training(sorted(members, key=kind))
        runs |= training.run(
            report=_reporter(on_progress, training, dict(runs), done, total),
            should_stop=should_stop or (lambda: False),
        )
        done += sum(experiment.updates for experiment in members)
    return [runs[experiment] for experiment in experiments]


def _warn(experiments: Sequence[Experiment]) -> None:
    """Warn once per reason, for full-batch training only: minibatch noise is expected."""
    full = (each for each in experiments if is_full_batch(each))
    for text in dict.fromkeys(chain.from_iterable(map(convergence_caveats, full))):
        warnings.warn(text, ConvergenceWarning, stacklevel=3)


def _reporter(
    on_progress: Callable[[Progress], None] | None,
    training: "Training",
    ended: Mapping[Experiment, Run],
    before: int,
    total: int,
) -> Callable[[int], None]:
    """A callback that turns a cohort's update count into progress of the whole training."""

    def histories() -> dict[Experiment, pd.DataFrame]:
        return {each: run.history for each, run in ended.items()} | training.histories()

    def report(updates: int) -> None:
        if on_progress is not None:
            done = before + updates * len(training.experiments)
            on_progress(Progress(done, total, histories))

    return report


def cohorts(experiments: Sequence[Experiment]) -> list[list[Experiment]]:
    """Group distinct experiments into the cohorts that are trained together."""
    groups: dict[tuple[object, ...], list[Experiment]] = {}
    for experiment in dict.fromkeys(experiments):
        groups.setdefault(cohort_key(experiment), []).append(experiment)
    return list(groups.values())


def cohort_key(experiment: Experiment) -> tuple[object, ...]:
    """Experiments with equal keys can be trained as one stack."""
    return (
        experiment.data_key,
        experiment.examples_per_update,
        experiment.epochs,
        experiment.seed,
        experiment.evaluations,
        experiment.replacement and not experiment.full_batch,
        experiment.precision,
    )


def evaluation_updates(updates: int, points: int) -> Labels:
    """The updates at which all data are evaluated: about `points`, denser at the start.

    They include 0 and `updates`, and all updates if there are few.  The first updates are always
    among them, so that an interrupted training shows how it started.
    """
    if updates + 1 <= points:
        return np.arange(updates + 1)
    return _denser_at_the_start(updates, points - 1, MIN_POWER, first=0)


def minibatch_intervals(updates: int) -> Labels:
    """Ends of the intervals over which minibatch objectives are averaged; all updates if few."""
    points = min(updates, MINIBATCH_POINTS)
    return _denser_at_the_start(updates, points, least_power=1.0, first=1)


def _denser_at_the_start(updates: int, points: int, least_power: float, first: int) -> Labels:
    """Power-spaced updates, so that the first one is early."""
    power = spacing_power(updates, points, least_power)
    shares = np.arange(first, points + 1) / points
    return np.unique(np.round(updates * shares**power)).astype(np.int64)


def spacing_power(updates: int, points: int, least_power: float) -> float:
    """The exponent of the spacing, chosen so that the first of `points` is early."""
    return max(least_power, math.log(updates) / math.log(points)) if points > 1 else 1.0


def lower_bounds(experiments: Sequence[Experiment]) -> list[float]:
    """Certified lower bounds on the optima, if the stopping rules need them; otherwise 0."""
    bounds = {"": 0.0}
    problems = []
    for each in experiments:
        problem = problem_id(each) if STOPPING[each.stopping].needs_optimum else ""
        if problem not in bounds:
            bounds[problem] = certify(each).lower_bound
        problems.append(problem)
    return [bounds[problem] for problem in problems]


class Training:
    """Trains one cohort and records its history."""

    def __init__(self, experiments: Sequence[Experiment], data: Data | None = None) -> None:
        """The experiments share their cohort key and are sorted by kind.

        Without `data`, the experiments' own data are loaded.
        """
        self.experiments = experiments
        first = experiments[0]
        self.cohort = Cohort(experiments, load_data(first) if data is None else data)
        self.updates = first.updates
        self.checkpoints = evaluation_updates(self.updates, first.evaluations)
        self.interval_ends = minibatch_intervals(self.updates)
        self.ended: dict[int, Run] = {}
        self.rules = [STOPPING[each.stopping]() for each in experiments]
        self.lower_bounds = lower_bounds(experiments)

        points, runs = len(self.checkpoints), len(experiments)
        self.started = self.evaluating = 0.0  # seconds
        self.recorded = 0  # number of final rows in `rows`, which other threads may read
        self.rows = np.empty((points, len(HISTORY_COLUMNS), runs))
        self.minibatch = np.zeros((len(self.interval_ends), runs))
        self.path_every = recording_interval(points, self.cohort.W[0].size)
        self.path = np.empty((math.ceil(points / self.path_every), *self.cohort.W.shape), "f4")

    def run(
        self, report: Callable[[int], None], should_stop: Callable[[], bool]
    ) -> dict[Experiment, Run]:
        """Train to the end or until stopped."""
        with np.errstate(over="ignore", invalid="ignore"):  # a run may diverge
            made = self._descend(report, should_stop)
            complete = made == self.updates
            reason = Never.reason if complete else ""
            self._end(self._running(), FINISHED if complete else STOPPED, made, reason)
        return {each: self.ended[index] for index, each in enumerate(self.experiments)}

    def _descend(self, report: Callable[[int], None], should_stop: Callable[[], bool]) -> int:
        """Make the updates; return their number."""
        self.started = time.perf_counter()
        self._record(made=0)
        limits = DIVERGED_AT * self.rows[0, OBJECTIVE]
        interval = 0
        for made, batch in enumerate(self._batches()):
            if made == self.updates or should_stop():
                return made
            if len(self.ended) == len(self.experiments):
                report(self.updates)  # all runs have ended
                return made
            objective = self.cohort.step(batch, made, self.updates)
            interval += made == self.interval_ends[interval]
            self.minibatch[interval] += objective
            self._end_diverged(limits, objective, made + 1)
            if made + 1 == self.checkpoints[self.recorded]:
                self._record(made + 1)
                # No minibatch follows the last update to reveal that it diverged.
                self._end_diverged(limits, self.rows[self.recorded - 1, OBJECTIVE], made + 1)
                self._end_early(made + 1)
                limits[list(self.ended)] = np.inf
                report(made + 1)
            elif made % REPORT_EVERY == 0:
                report(made + 1)
        raise AssertionError("minibatches are endless")

    def _end_diverged(self, limits: Array, objective: Array, made: int) -> None:
        """End the runs whose objective is above its limit or not finite."""
        if not (objective <= limits).all():
            self._end(np.flatnonzero(~(objective <= limits)).tolist(), DIVERGED, made)
            limits[list(self.ended)] = np.inf

    def _end_early(self, made: int) -> None:
        """End the runs whose stopping rule applies, at an evaluation before the last."""
        if made == self.updates:
            return
        objectives = self.rows[: self.recorded, OBJECTIVE]
        epochs = self.rows[: self.recorded, EPOCH, 0]
        for run in self._running():
            rule, experiment = self.rules[run], self.experiments[run]
            bound = self.lower_bounds[run]
            if rule.ends(
                objectives[:, run], epochs, experiment.epochs, experiment.tolerance, bound
            ):
                self._end([run], FINISHED, made, rule.reason)

    def _batches(self) -> Iterator[Labels | None]:
        first = self.experiments[0]
        if first.full_batch:
            return repeat(None)
        return minibatches(
            first.train_examples, first.batch_size, first.seed, replacement=first.replacement
        )

    def _running(self) -> list[int]:
        return [run for run in range(len(self.experiments)) if run not in self.ended]

    def _record(self, made: int) -> None:
        started = time.perf_counter()
        self.rows[self.recorded] = self._row(made)
        if self.recorded % self.path_every == 0:
            self.path[self.recorded // self.path_every] = self.cohort.classifiers()
        self.recorded += 1
        self.evaluating += time.perf_counter() - started

    def _timing(self, made: int) -> dict[str, str]:
        """Seconds per update, for a run that is trained alone."""
        if len(self.experiments) > 1 or made == 0:
            return {}
        seconds = time.perf_counter() - self.started - self.evaluating
        return {PER_UPDATE: f"{seconds / made:.4g}"}

    def _row(self, made: int) -> Array:
        """One row of all histories, (columns, R)."""
        first = self.experiments[0]
        seen = first.gradient_evaluations(made)
        work = np.array([made, seen / first.train_examples, seen])
        return np.vstack([np.tile(work[:, None], len(self.experiments)), self.cohort.evaluate()])

    def _end(self, runs: Sequence[int], status: str, made: int, reason: str = "") -> None:
        """Record the end of some runs after `made` updates, and freeze them."""
        rows = self.rows[: self.recorded]
        if rows[-1, UPDATE, 0] != made:
            rows = np.concatenate([rows, self._row(made)[None]])
        for run in runs:
            self.ended[run] = self._as_run(run, rows[:, :, run], status, made, reason)
        if made < self.updates:
            for run in runs:
                self.cohort.deactivate(run)

    def _as_run(self, run: int, rows: Array, status: str, made: int, reason: str) -> Run:
        recorded = self.checkpoints[: self.recorded : self.path_every]
        recorded = recorded[recorded < made]
        path = self.path[: len(recorded), run]
        W = self.cohort.classifiers()[run]
        return Run(
            experiment=self.experiments[run],
            history=history_table(rows[np.isfinite(rows[:, OBJECTIVE])]),
            minibatch=self._minibatch_table(run, made),
            weights=W[:, :-1].astype(np.float64),
            bias=W[:, -1].astype(np.float64),
            path=np.concatenate([path, W[None].astype("f4")]),
            path_updates=np.append(recorded, made),
            status=status,
            environment=environment() | self._timing(made),
            reason=reason,
        )

    def _minibatch_table(self, run: int, made: int) -> pd.DataFrame:
        """Means over the intervals; the last one may end early, after `made` updates."""
        count = int(np.searchsorted(self.interval_ends, made)) + (made > 0)
        ends = np.minimum(self.interval_ends[:count], made)
        lengths = np.diff(ends, prepend=0)
        first = self.experiments[0]
        seen = np.array([first.gradient_evaluations(int(end)) for end in ends], dtype=np.int64)
        return pd.DataFrame(
            {
                "update": ends,
                "epoch": seen / first.train_examples,
                "gradient_evaluations": seen,
                "objective": self.minibatch[:count, run] / lengths,
            }
        )

    def histories(self) -> dict[Experiment, pd.DataFrame]:
        """The histories so far; may be called from another thread."""
        rows, ended = self.rows[: self.recorded], dict(self.ended)
        return {
            each: ended[run].history if run in ended else history_table(rows[:, :, run])
            for run, each in enumerate(self.experiments)
        }


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
