"""The training loop: from experiments to runs."""

import math
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from itertools import chain

import numpy as np
import pandas as pd

from lossopt_core.certify.certificates import certify, problem_id
from lossopt_core.experiment.description import Experiment
from lossopt_core.experiment.loading import Data
from lossopt_core.objective.linear import Array, Labels
from lossopt_core.optim.stopping import STOPPING, Never
from lossopt_core.training.batches import Minibatches
from lossopt_core.training.cohort import Cohort, CohortState
from lossopt_core.training.convergence import ConvergenceWarning, convergence_caveats, is_full_batch
from lossopt_core.training.grouping import cohorts, firsts_of_groups, load_all, stacked
from lossopt_core.training.record import EPOCH, OBJECTIVE, UPDATE, End, Record
from lossopt_core.training.run import DIVERGED, FINISHED, STOPPED, Run

DIVERGED_AT = 1e5
"""A run counts as diverged when its objective exceeds the initial one by this factor."""
REPORT_EVERY = 64
"""Updates between progress reports, because evaluations may be far apart."""


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

    Experiments with equal data, batch size and epochs are trained together as a cohort, even if
    their seeds or splits differ. Each has the results that it would have alone, to rounding.

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
    parts = [(members, partial(Training, stacked(members))) for members in groups]
    runs = train_parts(parts, on_progress, should_stop)
    return [runs[experiment] for experiment in experiments]


def train_parts(
    parts: Sequence[tuple[Sequence[Experiment], Callable[[], "Training"]]],
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> dict[Experiment, Run]:
    """Train one cohort after the other; each comes with what makes its training."""
    total = sum(experiment.updates for members, _ in parts for experiment in members)
    done = 0
    runs: dict[Experiment, Run] = {}
    for members, begin in parts:
        training = begin()
        runs |= training.run(
            report=_reporter(on_progress, training, dict(runs), done, total),
            should_stop=should_stop or (lambda: False),
        )
        done += sum(experiment.updates for experiment in members)
    return runs


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
        return {each: run.history for each, run in ended.items()} | training.record.histories()

    def report(updates: int) -> None:
        if on_progress is not None:
            done = before + updates * len(training.experiments)
            on_progress(Progress(done, total, histories))

    return report


def lower_bounds(experiments: Sequence[Experiment], data: Sequence[Data]) -> list[float]:
    """Certified lower bounds on the optima, if the stopping rules need them; otherwise 0.

    `data` are those of each experiment.
    """
    bounds = {"": 0.0}
    problems = []
    for each, own in zip(experiments, data, strict=True):
        problem = problem_id(each) if STOPPING[each.stopping].needs_optimum else ""
        if problem not in bounds:
            bounds[problem] = certify(each, data=own).lower_bound
        problems.append(problem)
    return [bounds[problem] for problem in problems]


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A training between two updates, to be continued here or elsewhere; pickles well.

    made            number of updates made
    cohort          weights and optimizers
    batches         the minibatches to come, by group; empty where every update sees all examples
    record          what was measured so far
    lower_bounds    certified lower bounds on the optima, for the stopping rules
    seconds         time that the updates took
    """

    made: int
    cohort: CohortState
    batches: Sequence[Minibatches]
    record: Record
    lower_bounds: Sequence[float]
    seconds: float

    def runs(self) -> dict[Experiment, Run]:
        """The runs, once all have ended; with seconds per update where there is one run alone."""
        timed = len(self.record.experiments) == 1 and self.made > 0
        return self.record.runs(self.seconds / self.made if timed else None)


class Training:
    """Trains one cohort and records it.

    A training can be cut into pieces: `advance` stops after some seconds, and a new object goes on
    from the `checkpoint`, to the same results as without a stop.
    """

    def __init__(
        self,
        experiments: Sequence[Experiment],
        data: Data | Sequence[Data] | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        """The experiments are those of a cohort, in the order of `grouping.stacked`.

        Without `data` (of all, or of each group), the experiments' own data are loaded.
        """
        self.experiments = experiments
        first = experiments[0]
        self.updates = first.updates
        loaded = [data] if isinstance(data, Data) else data or load_all(experiments)
        self.cohort = Cohort(experiments, loaded)
        self.rules = [STOPPING[each.stopping]() for each in experiments]
        if checkpoint is None:
            self._begin([loaded[group % len(loaded)] for group in self.cohort.groups])
        else:
            self._go_on(checkpoint)
        self.limits = DIVERGED_AT * self.record.rows[0, OBJECTIVE]
        self.limits[list(self.record.ends)] = np.inf

    def _begin(self, data: Sequence[Data]) -> None:
        self.made, self.seconds = 0, 0.0
        self.lower_bounds: Sequence[float] = lower_bounds(self.experiments, data)
        self.batches: Sequence[Minibatches] = batches_of(self.experiments)
        self.record = Record(self.experiments, self.cohort.W[0].size)
        with _may_diverge():
            self._evaluate()

    def _go_on(self, checkpoint: Checkpoint) -> None:
        self.made, self.seconds = checkpoint.made, checkpoint.seconds
        self.lower_bounds = checkpoint.lower_bounds
        self.batches, self.record = checkpoint.batches, checkpoint.record
        self.cohort.restore(checkpoint.cohort)
        for run in self.record.ends:
            self.cohort.deactivate(run)

    @property
    def checkpoint(self) -> Checkpoint:
        """The training as it is now; valid until it goes on."""
        return Checkpoint(
            self.made, self.cohort.state(), self.batches, self.record, self.lower_bounds,
            self.seconds,
        )  # fmt: skip

    def run(
        self, report: Callable[[int], None], should_stop: Callable[[], bool]
    ) -> dict[Experiment, Run]:
        """Train to the end or until stopped."""
        self.advance(report=report, should_stop=should_stop)
        return self.checkpoint.runs()

    def advance(
        self,
        seconds: float = math.inf,
        *,
        report: Callable[[int], None] = lambda made: None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> bool:
        """Make updates for some seconds, at least one; returns whether all runs have ended.

        `report` is called with the number of updates at every evaluation and now and then.  Runs
        that are unfinished when it `should_stop` end there.
        """
        began = time.perf_counter()
        with _may_diverge():
            while not self.record.over:
                if self.made == self.updates:
                    self._end(self.record.running, FINISHED, Never.reason)
                elif should_stop():
                    self._end(self.record.running, STOPPED)
                    return True
                else:
                    self._update(report)
                    if time.perf_counter() - began >= seconds:
                        break
        if self.record.over and self.made < self.updates:
            report(self.updates)
        return self.record.over

    def _update(self, report: Callable[[int], None]) -> None:
        """Make one update, measure it, and end the runs that it ends."""
        began = time.perf_counter()
        batch = next_batch(self.batches)
        objective = self.cohort.step(batch, self.made, self.updates)
        self.seconds += time.perf_counter() - began
        self.record.add_minibatch(objective, self.made)
        self.made += 1
        self._end_diverged(objective)
        if self.made == self.record.next_evaluation:
            self._evaluate()
            # No minibatch follows the last update to reveal that it diverged.
            self._end_diverged(self.record.rows[self.record.recorded - 1, OBJECTIVE])
            self._end_early()
            report(self.made)
        elif self.made % REPORT_EVERY == 1:
            report(self.made)

    def _end_diverged(self, objective: Array) -> None:
        """End the runs whose objective is above its limit or not finite."""
        if not (objective <= self.limits).all():
            self._end(np.flatnonzero(~(objective <= self.limits)).tolist(), DIVERGED)

    def _end_early(self) -> None:
        """End the runs whose stopping rule applies, at an evaluation before the last."""
        if self.made == self.updates or all(isinstance(rule, Never) for rule in self.rules):
            return
        rows = self.record.rows[: self.record.recorded]
        for run in self.record.running:
            rule, experiment = self.rules[run], self.experiments[run]
            if rule.ends(
                rows[:, OBJECTIVE, run], rows[:, EPOCH, 0], experiment.epochs,
                experiment.tolerance, self.lower_bounds[run],
            ):  # fmt: skip
                self._end([run], FINISHED, rule.reason)

    def _evaluate(self) -> None:
        self.record.add_evaluation(self._row(), self.cohort.classifiers())

    def _row(self) -> Array:
        """One row of all histories, (columns, R)."""
        first = self.experiments[0]
        seen = first.gradient_evaluations(self.made)
        work = np.array([self.made, seen / first.train_examples, seen])
        return np.vstack([np.tile(work[:, None], len(self.experiments)), self.cohort.evaluate()])

    def _end(self, runs: Sequence[int], status: str, reason: str = "") -> None:
        """Record the end of some runs at the current update, and freeze them."""
        evaluated = self.record.rows[self.record.recorded - 1, UPDATE, 0] == self.made
        row = None if evaluated else self._row()
        classifiers = self.cohort.classifiers()
        for run in runs:
            last = None if row is None else row[:, run]
            state = None if status == DIVERGED else self.cohort.state_of(run)
            self.record.end(
                run, End(status, reason, self.made, classifiers[run].copy(), last, state)
            )
        if self.made < self.updates:
            for run in runs:
                self.cohort.deactivate(run)
        self.limits[list(runs)] = np.inf


def batches_of(cohort: Sequence[Experiment]) -> list[Minibatches]:
    """The minibatches of each group, in their order; none where updates see all examples."""
    return [
        Minibatches(each.train_examples, each.batch_size, each.seed, replacement=each.replacement)
        for each in firsts_of_groups(cohort)
        if not each.full_batch
    ]


def next_batch(batches: Sequence[Minibatches]) -> Labels | None:
    """The row numbers (B,) of the next minibatch, or (G, B) of G groups; None for all rows."""
    rows = [next(each) for each in batches]
    if not rows:
        return None
    return rows[0] if len(rows) == 1 else np.stack(rows)


def _may_diverge() -> AbstractContextManager[None]:
    """Numbers may overflow: the run is then said to have diverged."""
    return np.errstate(over="ignore", invalid="ignore")
