"""Training: experiments in, runs out."""

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
from lossopt_core.training.path import kept_every
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
"""A run has diverged when its objective is this many times what it was at the start."""
UPDATE, EPOCH, OBJECTIVE = map(HISTORY_COLUMNS.index, ("update", "epoch", "objective"))
REPORT_EVERY = 64
"""Updates between reports of progress; evaluations may be far apart."""
LEAST_CROWDING = 2.0
"""The power of its number that an evaluation's update grows with at least."""
MINIBATCH_POINTS = 2_000
"""Of the curve of objectives on minibatches that a run keeps."""


@dataclass(frozen=True)
class Progress:
    """How far a training has come: done of total updates, counted over all its runs."""

    done: int
    total: int
    histories: Callable[[], dict[Experiment, pd.DataFrame]]
    """The histories so far, of all runs that have been begun."""

    @property
    def share(self) -> float:
        """Between 0 and 1."""
        return self.done / self.total


def train(
    experiments: Sequence[Experiment],
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    *,
    backend: str | None = None,
) -> list[Run]:
    """Train the experiments; one Run for each, in their order.

    Experiments with equal data, batch size, epochs and seed are trained together as a cohort,
    each with the numbers that it would have alone.  `on_progress` is called at every
    evaluation, and every 64 updates.  Once `should_stop` returns true, the training ends at the
    next update: every run that has not finished keeps what it has and is marked "stopped".

    With a `backend` of joblib cohorts are trained side by side, wide ones in pieces, with the
    same results: "loky" uses all processors of this machine, "joblib" what
    `joblib.parallel_config` says, which may be a cluster.  Progress and stopping are then by
    whole pieces.

    A ConvergenceWarning says where and why a full-batch training will not end at the optimum.
    """
    groups = cohorts(experiments)
    _warn(experiments)
    if backend is not None:
        from lossopt_core.training.parallel import train_apart

        apart = train_apart(groups, backend, on_progress, should_stop)
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
    """Warn of each reason once.  Minibatches are noisy by nature: nobody needs to be told."""
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
    """A function from the cohort's number of updates to a report of the whole training."""

    def histories() -> dict[Experiment, pd.DataFrame]:
        return {each: run.history for each, run in ended.items()} | training.histories()

    def report(updates: int) -> None:
        if on_progress is not None:
            done = before + updates * len(training.experiments)
            on_progress(Progress(done, total, histories))

    return report


def cohorts(experiments: Sequence[Experiment]) -> list[list[Experiment]]:
    """The experiments, each once, in the groups in which they are trained together."""
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
    """After which updates the whole data is evaluated: about `points`, denser at the start.

    The first is 0 and the last `updates`; all of them where there are few.  However long the
    training, its first updates are among them: a stopped one shows how it began.
    """
    if updates + 1 <= points:
        return np.arange(updates + 1)
    return _denser_at_the_start(updates, points - 1, LEAST_CROWDING, first=0)


def stretches(updates: int) -> Labels:
    """Ends of the stretches over which minibatch objectives are averaged; all updates if few."""
    points = min(updates, MINIBATCH_POINTS)
    return _denser_at_the_start(updates, points, least_power=1.0, first=1)


def _denser_at_the_start(updates: int, points: int, least_power: float, first: int) -> Labels:
    """Updates that grow like a power of their number, so that the first is an early one."""
    power = crowding(updates, points, least_power)
    shares = np.arange(first, points + 1) / points
    return np.unique(np.round(updates * shares**power)).astype(np.int64)


def crowding(updates: int, points: int, least_power: float) -> float:
    """The power of its number that a point grows with: the first of so many is an early one."""
    return max(least_power, math.log(updates) / math.log(points)) if points > 1 else 1.0


def lower_bounds(experiments: Sequence[Experiment]) -> list[float]:
    """Of each best possible objective, where its stopping rule needs that; 0 elsewhere."""
    proved = {"": 0.0}
    problems = []
    for each in experiments:
        problem = problem_id(each) if STOPPING[each.stopping].needs_optimum else ""
        if problem not in proved:
            proved[problem] = certify(each).lower_bound
        problems.append(problem)
    return [proved[problem] for problem in problems]


class Training:
    """The training of one cohort: the loop, and what it writes down on the way."""

    def __init__(self, experiments: Sequence[Experiment], data: Data | None = None) -> None:
        """The experiments share their cohort key and are sorted by kind.

        Without `data` they are trained on the data that they name.
        """
        self.experiments = experiments
        first = experiments[0]
        self.cohort = Cohort(experiments, load_data(first) if data is None else data)
        self.updates = first.updates
        self.checkpoints = evaluation_updates(self.updates, first.evaluations)
        self.stretch_ends = stretches(self.updates)
        self.ended: dict[int, Run] = {}
        self.rules = [STOPPING[each.stopping]() for each in experiments]
        self.lower_bounds = lower_bounds(experiments)

        points, runs = len(self.checkpoints), len(experiments)
        self.started = self.evaluating = 0.0  # seconds
        self.recorded = 0  # rows of `rows` that are final: another thread may read those
        self.rows = np.empty((points, len(HISTORY_COLUMNS), runs))
        self.minibatch = np.zeros((len(self.stretch_ends), runs))
        self.path_every = kept_every(points, self.cohort.W[0].size)
        self.path = np.empty((math.ceil(points / self.path_every), *self.cohort.W.shape), "f4")

    def run(
        self, report: Callable[[int], None], should_stop: Callable[[], bool]
    ) -> dict[Experiment, Run]:
        """Train to the end, or until stopped."""
        with np.errstate(over="ignore", invalid="ignore"):  # a run may diverge
            made = self._descend(report, should_stop)
            complete = made == self.updates
            reason = Never.reason if complete else ""
            self._end(self._running(), FINISHED if complete else STOPPED, made, reason)
        return {each: self.ended[index] for index, each in enumerate(self.experiments)}

    def _descend(self, report: Callable[[int], None], should_stop: Callable[[], bool]) -> int:
        """Make the updates; return how many were made."""
        self.started = time.perf_counter()
        self._record(made=0)
        limits = DIVERGED_AT * self.rows[0, OBJECTIVE]
        stretch = 0
        for made, batch in enumerate(self._batches()):
            if made == self.updates or should_stop():
                return made
            if len(self.ended) == len(self.experiments):
                report(self.updates)  # nothing is left to do
                return made
            objective = self.cohort.step(batch, made, self.updates)
            stretch += made == self.stretch_ends[stretch]
            self.minibatch[stretch] += objective
            self._end_beyond(limits, objective, made + 1)
            if made + 1 == self.checkpoints[self.recorded]:
                self._record(made + 1)
                # The last step has no minibatch after it that could show what it did.
                self._end_beyond(limits, self.rows[self.recorded - 1, OBJECTIVE], made + 1)
                self._end_early(made + 1)
                limits[list(self.ended)] = np.inf
                report(made + 1)
            elif made % REPORT_EVERY == 0:
                report(made + 1)
        raise AssertionError("minibatches do not end")

    def _end_beyond(self, limits: Array, objective: Array, made: int) -> None:
        """End the runs whose objective is beyond its limit or no number."""
        if not (objective <= limits).all():
            self._end(np.flatnonzero(~(objective <= limits)).tolist(), DIVERGED, made)
            limits[list(self.ended)] = np.inf

    def _end_early(self, made: int) -> None:
        """End the runs whose stopping rule says so, at an evaluation before the last."""
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
        begun = time.perf_counter()
        self.rows[self.recorded] = self._row(made)
        if self.recorded % self.path_every == 0:
            self.path[self.recorded // self.path_every] = self.cohort.classifiers()
        self.recorded += 1
        self.evaluating += time.perf_counter() - begun

    def _timing(self, made: int) -> dict[str, str]:
        """The seconds of an update, of a run that shares them with no other."""
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
        """Write down the end of some runs after `made` updates, and put them to rest."""
        rows = self.rows[: self.recorded]
        if rows[-1, UPDATE, 0] != made:
            rows = np.concatenate([rows, self._row(made)[None]])
        for run in runs:
            self.ended[run] = self._as_run(run, rows[:, :, run], status, made, reason)
        if made < self.updates:
            for run in runs:
                self.cohort.deactivate(run)

    def _as_run(self, run: int, rows: Array, status: str, made: int, reason: str) -> Run:
        on_the_way = self.checkpoints[: self.recorded : self.path_every]
        on_the_way = on_the_way[on_the_way < made]
        kept = self.path[: len(on_the_way), run]
        W = self.cohort.classifiers()[run]
        return Run(
            experiment=self.experiments[run],
            history=history_table(rows[np.isfinite(rows[:, OBJECTIVE])]),
            minibatch=self._minibatch_table(run, made),
            weights=W[:, :-1].astype(np.float64),
            bias=W[:, -1].astype(np.float64),
            path=np.concatenate([kept, W[None].astype("f4")]),
            path_updates=np.append(on_the_way, made),
            status=status,
            environment=environment() | self._timing(made),
            reason=reason,
        )

    def _minibatch_table(self, run: int, made: int) -> pd.DataFrame:
        """Means over the stretches; the last may have been cut short after `made` updates."""
        begun = int(np.searchsorted(self.stretch_ends, made)) + (made > 0)
        ends = np.minimum(self.stretch_ends[:begun], made)
        lengths = np.diff(ends, prepend=0)
        first = self.experiments[0]
        seen = np.array([first.gradient_evaluations(int(end)) for end in ends], dtype=np.int64)
        return pd.DataFrame(
            {
                "update": ends,
                "epoch": seen / first.train_examples,
                "gradient_evaluations": seen,
                "objective": self.minibatch[:begun, run] / lengths,
            }
        )

    def histories(self) -> dict[Experiment, pd.DataFrame]:
        """Histories so far; may be called from another thread."""
        rows, ended = self.rows[: self.recorded], dict(self.ended)
        return {
            each: ended[run].history if run in ended else history_table(rows[:, :, run])
            for run, each in enumerate(self.experiments)
        }


@cache
def environment() -> dict[str, str]:
    """What a run was computed with."""
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "system": platform.system(),
        "rules": EDITION,
        **{name: version(name) for name in ("numpy", "scikit-learn")},
    }
