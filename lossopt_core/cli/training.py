"""`train`: a grid of experiments, saved portion by portion."""

import argparse
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import closing, nullcontext, suppress
from itertools import chain

from lossopt_core.cli.console import (
    INTERRUPTED,
    ProgressBar,
    counted,
    interruptible,
    print_table,
    say,
)
from lossopt_core.cli.listing import FIGURES, differing
from lossopt_core.experiment.description import Experiment
from lossopt_core.experiment.grid import checked, grid
from lossopt_core.fields import Number
from lossopt_core.store.repository import RunStore
from lossopt_core.training.convergence import ConvergenceWarning, convergence_caveats, is_full_batch
from lossopt_core.training.loop import Progress, cohort_key, train
from lossopt_core.training.parallel import trained_on_processors
from lossopt_core.training.run import DIVERGED

TRAINED_AT_ONCE = 256
"""Runs of a cohort that are trained and saved together: bounds the memory, and the loss."""
JOBS = Number("Jobs", 1, 1, 1024, "Processes that train side by side.", whole=True)


def train_command(chosen: argparse.Namespace) -> int:
    """Train what is missing, save it as it comes, and print the grid."""
    experiments = grid(vars(chosen))
    jobs = checked("jobs", JOBS, chosen.jobs or "1")
    store = RunStore(chosen.store)
    missing = store.missing(experiments)
    if there := len(experiments) - len(missing):
        say(f"{there} of {counted(len(experiments))} in the store already.")
    with interruptible(at_once=jobs > 1) as interrupted:
        with suppress(KeyboardInterrupt) if jobs > 1 else nullcontext():
            train_and_save(missing, store, interrupted, jobs)
        ended = interrupted()
    print_grid(experiments, store)
    if ended:
        done = len(experiments) - len(store.missing(experiments))
        say(f"Stopped with {done} of {counted(len(experiments))} done. The same command goes on.")
        return INTERRUPTED
    return 0


def train_and_save(
    experiments: Sequence[Experiment], store: RunStore, should_stop: Callable[[], bool], jobs: int
) -> None:
    """Train portion by portion, saving each: what is done is kept, whatever comes."""
    if not experiments:
        return
    total = sum(experiment.updates for experiment in experiments)
    bar = ProgressBar(f"Training {counted(len(experiments))}", sys.stderr)
    done = 0

    def report(progress: Progress) -> None:
        bar.show((done + progress.done) / total)

    bar.show(0.0)
    parts = portions(experiments)
    side_by_side = trained_on_processors(parts, jobs)
    one_by_one = (train(portion, report, should_stop) for portion in parts)
    try:
        with (
            warnings.catch_warnings(),
            closing(side_by_side if jobs > 1 else one_by_one) as trained,
        ):
            # They are listed below the table.
            warnings.simplefilter("ignore", ConvergenceWarning)
            for runs in trained:
                store.save(runs)
                done += sum(run.experiment.updates for run in runs)
                bar.show(done / total)
                if should_stop():
                    break
    finally:
        bar.end()


def portions(experiments: Sequence[Experiment]) -> list[list[Experiment]]:
    """Cohorts, the large ones cut."""
    cohorts: dict[tuple[object, ...], list[Experiment]] = {}
    for experiment in experiments:
        cohorts.setdefault(cohort_key(experiment), []).append(experiment)
    return [
        cohort[first : first + TRAINED_AT_ONCE]
        for cohort in cohorts.values()
        for first in range(0, len(cohort), TRAINED_AT_ONCE)
    ]


def print_grid(experiments: Sequence[Experiment], store: RunStore) -> None:
    """A table of these runs: what differs between them, then what came of it."""
    kept = store.list().set_index("id", drop=False)
    table = kept.loc[[each.id for each in experiments if each.id in kept.index]]
    print_table(table[[*differing(table), *FIGURES, "id"]])
    if diverged := int((table["status"] == DIVERGED).sum()):
        say(f"{counted(diverged)} diverged: a smaller --learning-rate may help.")
    caveats = (convergence_caveats(each) for each in experiments if is_full_batch(each))
    for caveat in dict.fromkeys(chain.from_iterable(caveats)):
        say(caveat)
    say(f"Kept in {store.shown}.")
