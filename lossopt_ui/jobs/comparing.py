"""Lanes on a page: their rates, their runs over the seeds, and the training that is missing."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd
import streamlit as st

from lossopt_core import Experiment, Run, RunStore
from lossopt_core.analysis import tuned_rate
from lossopt_core.analysis.sweep import SPLIT
from lossopt_core.analysis.tuned_rate import TunedRate
from lossopt_core.training.run import STOPPED
from lossopt_ui.identity import workspace
from lossopt_ui.jobs import duration, optimum, planned_together, polling, rates, watching
from lossopt_ui.jobs.defaults import adopt, defaults
from lossopt_ui.jobs.job import Job
from lossopt_ui.jobs.optimum import Optima
from lossopt_ui.jobs.plan import Plan
from lossopt_ui.state.session import SessionKey

_PREDICTED = SessionKey("comparing.predicted", str)
"""The training whose end was predicted: if that was wrong, polls have their usual intervals."""
LIVE_SECONDS = 2.0
"""First curves that are expected to take longer are trained only when asked for."""


@dataclass(frozen=True)
class Entry:
    """A lane as an experiment.

    experiment   its first seed; at a learning rate of no meaning if that is tuned
    tuned        whether its learning rate is the tuned one
    """

    experiment: Experiment
    tuned: bool

    @property
    def rate(self) -> TunedRate | str | None:
        """Its tuned rate, or why there is none; None if it is not known yet, or not tuned."""
        return rates.known(self.experiment) if self.tuned else None

    def rated(self) -> Experiment | None:
        """The experiment at its learning rate; None while that is not known."""
        if not self.tuned:
            return self.experiment
        found = self.rate
        if isinstance(found, TunedRate):
            return self.experiment.replace(learning_rate=found.rate)
        return None


@dataclass(frozen=True)
class Comparison:
    """Lanes over several seeds.

    entries   the lanes
    seeds     how many runs each lane has
    varying   what differs from seed to seed, see `analysis.sweep.VARIED`
    """

    entries: tuple[Entry, ...]
    seeds: int
    varying: str

    def seeds_of(self, experiment: Experiment) -> tuple[Experiment, ...]:
        """A lane's experiments, its first seed first."""
        split = self.varying == SPLIT
        return tuple(
            experiment.replace(
                seed=experiment.seed + k, split_seed=experiment.split_seed + k * split
            )
            for k in range(self.seeds)
        )

    @property
    def varies_data(self) -> bool:
        """Whether its seeds have different data, and so different optima."""
        return self.seeds > 1 and self.varying == SPLIT

    @property
    def first(self) -> str:
        """What a result of the first seed alone is of, in words."""
        return "the first split" if self.varying == SPLIT else "the first seed"

    def to_tune(self) -> list[Experiment]:
        """The experiments whose learning rates are not known yet."""
        return rates.unknown(each.experiment for each in self.entries if each.tuned)

    def batches(self) -> tuple[list[Experiment], list[Experiment]]:
        """The first seeds of all lanes whose rates are known, and the other seeds."""
        rated = [each for each in map(Entry.rated, self.entries) if each is not None]
        rest = [one for each in rated for one in self.seeds_of(each)[1:]]
        return list(dict.fromkeys(rated)), list(dict.fromkeys(rest))

    def plan(self) -> Plan:
        """How to train it."""
        unknown = self.to_tune()

        def after(runs: Sequence[Run]) -> Sequence[Sequence[Experiment]]:
            rates.learn(unknown, runs)
            return self.batches()

        likely = [one for each in self.entries for one in self.seeds_of(each.experiment)]
        return Plan(
            [one for each in unknown for one in tuned_rate.tuning(each)],
            after,
            list(dict.fromkeys(likely)),
        )

    def first_part(self) -> list[Experiment]:
        """What is trained until there are first curves, if nothing is saved."""
        firsts = [each.rated() or each.experiment for each in self.entries]
        return [*self.plan().tuning, *dict.fromkeys(firsts)]


@dataclass(frozen=True, eq=False)
class Trained:
    """One lane so far.

    experiment   its first seed at its learning rate; None while that is not known
    histories    curves by experiment, in the order of the seeds; some may be missing
    tuned        its tuned rate, if that is what it uses; text if every rate diverged
    """

    experiment: Experiment | None
    histories: dict[Experiment, pd.DataFrame]
    tuned: TunedRate | str | None

    @property
    def first(self) -> pd.DataFrame | None:
        """The curves of its first seed."""
        return None if self.experiment is None else self.histories.get(self.experiment)


@dataclass(frozen=True, eq=False)
class Outcome:
    """The results of a comparison so far.

    lanes      in the order of its entries
    saved      the complete runs, without their paths
    firsts     the runs of first seeds, in the order of the lanes; None while some are missing
    running    whether more are being trained
    waiting    whether that is still waiting for a worker
    optima     certified optima of the first seeds
    """

    comparison: Comparison
    lanes: Sequence[Trained]
    firsts: list[Run] | None
    running: bool
    waiting: bool
    optima: Optima
    saved: dict[Experiment, Run] = field(default_factory=dict)

    @cached_property
    def complete(self) -> bool:
        """Whether every seed of every lane is there, to its end."""
        whole = [
            [one for one in each.histories if one in self.saved and not self.is_partial(one)]
            for each in self.lanes
        ]
        return all(len(each) == self.comparison.seeds for each in whole)

    def is_partial(self, experiment: Experiment) -> bool:
        """Whether its run was stopped, or is still growing."""
        run = self.saved.get(experiment)
        return run is None or run.status == STOPPED


def seconds_to_first_curves(comparison: Comparison) -> float:
    """Expected seconds until there are first curves."""
    return duration.expected_seconds(comparison.first_part())


def seconds(comparison: Comparison) -> float:
    """Expected seconds until everything is trained."""
    plan = comparison.plan()
    return duration.expected_seconds([*plan.tuning, *plan.likely])


def missing(comparison: Comparison) -> list[Experiment]:
    """What has to be trained: experiments to tune with, or else runs that are not saved."""
    if unknown := comparison.to_tune():
        return [one for each in unknown for one in tuned_rate.tuning(each)]
    return workspace.store().missing([each for batch in comparison.batches() for each in batch])


def left_to_train(comparison: Comparison) -> bool:
    """Whether something is missing that is not trained for everybody either.

    The visitor gets what is.
    """
    found = _missing_from_all(comparison)
    return bool(found) and not defaults().expect(found)


def watch(
    comparison: Comparison,
    *,
    wanted: bool,
    live: bool,
    draw: Callable[[Outcome, Callable[[], None]], None],
) -> None:
    """Show a comparison; `draw` is called with the results so far, and what draws the status.

    What is missing is trained if `wanted`, or if `live` and not yet tried.
    """
    with workspace.store_errors_shown():
        job = _job_for(comparison, wanted=wanted, live=live)
        if wanted and not missing(comparison):
            st.rerun()  # training is already over; redraw what stands above
        mine = job is not None and _concerns(job, comparison)

        def status(outcome: Outcome) -> Callable[[], None]:
            return lambda: watching.show_status(job, mine=mine, running=outcome.running)

        polling.watch(
            lambda: look_up(comparison, job if mine else None),
            lambda outcome: (
                outcome.running or (job is not None and job.running) or outcome.optima.pending
            ),
            lambda outcome: draw(outcome, status(outcome)),
            due=_due(job) if mine else math.inf,
            linger=lambda: watching.await_end(job) if mine else None,
        )


def _due(job: Job | None) -> float:
    """In how many seconds a training is expected to be over; told once for each training."""
    if job is None or not job.running or _PREDICTED.get() == job.noted:
        return math.inf
    _PREDICTED.set(job.noted)
    return watching.workers().expected(job)


def _job_for(comparison: Comparison, *, wanted: bool, live: bool) -> Job | None:
    found = _missing_from_all(comparison)
    if defaults().expect(found):
        live = False
    if not found:
        planned_together.note([each for batch in comparison.batches() for each in batch])
    return watching.job_for(
        found,
        lambda _, store, before: watching.workers().begin(
            (), store, plan=comparison.plan(), replacing=before
        ),
        wanted=wanted,
        live=live,
        to_first=lambda: seconds_to_first_curves(comparison),
    )


def _missing_from_all(comparison: Comparison) -> list[Experiment]:
    """What is still missing once the visitor has what was trained for everybody."""
    found = missing(comparison)
    return missing(comparison) if adopt(found) else found


def _concerns(job: Job, comparison: Comparison) -> bool:
    """Whether a training is that of this comparison, or of a part of it."""
    own = [one for each in comparison.to_tune() for one in tuned_rate.tuning(each)]
    own += [each for batch in comparison.batches() for each in batch]
    return not set(own).isdisjoint(job.experiments)


def look_up(comparison: Comparison, job: Job | None = None) -> Outcome:
    """The results so far, from the store and from a training in progress."""
    # Read before the store: a job that has ended by now has saved its runs.
    running = job is not None and job.running
    waiting = job is not None and job.waiting
    growing = job.histories() if job is not None and running else {}
    if job is None and defaults().underway:
        running = defaults().expect(_missing_from_all(comparison))
    rated = [each.rated() for each in comparison.entries]
    store = workspace.store()
    wanted = [() if each is None else comparison.seeds_of(each) for each in rated]
    saved = _saved(store, [one for seeds in wanted for one in seeds])
    known = {each: run.history for each, run in saved.items()} | growing
    lanes = [
        Trained(each, {one: known[one] for one in seeds if one in known}, entry.rate)
        for entry, each, seeds in zip(comparison.entries, rated, wanted, strict=True)
    ]
    firsts = [each for each in rated if each is not None]
    runs = store.find([each.id for each in firsts])
    whole = bool(firsts) and len(firsts) == len(rated) and all(each.id in runs for each in firsts)
    optima = optimum.look_up([each for each in firsts if each in known], ask=not running)
    return Outcome(
        comparison,
        lanes,
        [runs[each.id] for each in firsts] if whole else None,
        running,
        waiting,
        optima,
        saved,
    )


def _saved(store: RunStore, experiments: Sequence[Experiment]) -> dict[Experiment, Run]:
    """The saved runs among these, without paths."""
    found = store.find([each.id for each in experiments], with_path=False, with_minibatch=False)
    return {each: found[each.id] for each in experiments if each.id in found}
