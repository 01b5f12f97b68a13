"""`train`: train a grid of experiments and save the runs batch by batch."""

import argparse
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import closing, nullcontext, suppress
from itertools import chain

from lossopt_core.analysis.tuned_rate import RATES, configuration, tuned_rates, with_tuned_rates
from lossopt_core.cli.console import (
    INTERRUPTED,
    ProgressBar,
    interruptible,
    print_table,
    say,
)
from lossopt_core.cli.listing import METRICS, differing_columns
from lossopt_core.experiment.description import Experiment
from lossopt_core.experiment.grid import TUNED, checked, grid
from lossopt_core.fields import Number
from lossopt_core.store.repository import RunStore
from lossopt_core.texts import counted
from lossopt_core.training.convergence import ConvergenceWarning, convergence_caveats, is_full_batch
from lossopt_core.training.grouping import cohorts, pieces
from lossopt_core.training.loop import Progress, train
from lossopt_core.training.parallel import train_in_processes
from lossopt_core.training.run import DIVERGED

RUNS_PER_BATCH = 256
"""Runs trained and saved together: bounds memory use and the work lost on interruption."""
JOBS = Number("Jobs", 1, 1, 1024, "Number of parallel processes.", whole=True)


def train_command(chosen: argparse.Namespace) -> int:
    """Train the missing runs, save them as they finish, and print the grid."""
    tuned = chosen.learning_rate == [TUNED]
    experiments = grid(vars(chosen) | ({"learning_rate": None} if tuned else {}))
    jobs = checked("jobs", JOBS, chosen.jobs or "1")
    store = RunStore(chosen.store)
    if tuned:
        experiments = at_tuned_rates(experiments)
    missing = store.missing(experiments)
    if saved := len(experiments) - len(missing):
        say(f"{saved} of {counted(len(experiments), 'run')} already saved.")
    with interruptible(at_once=jobs > 1) as interrupted:
        with suppress(KeyboardInterrupt) if jobs > 1 else nullcontext():
            train_and_save(missing, store, interrupted, jobs)
        ended = interrupted()
    print_grid(experiments, store, show=("learning_rate",) if tuned else ())
    if ended:
        done = len(experiments) - len(store.missing(experiments))
        say(
            f"Stopped after {done} of {counted(len(experiments), 'run')}."
            " Run the same command again to continue."
        )
        return INTERRUPTED
    return 0


def at_tuned_rates(experiments: Sequence[Experiment]) -> list[Experiment]:
    """The experiments, each at the learning rate that is best for its configuration."""
    configurations = len({configuration(each) for each in experiments})
    say(
        f"Tuning {counted(configurations, 'learning rate')}: the best of {len(RATES)} each, by the"
        " final training objective of one run with another seed."
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        rates = tuned_rates(experiments)
    if on_border := sum(each.on_border for each in rates.values()):
        say(
            f"{on_border} of {configurations} ended at the border of the grid,"
            f" {RATES[0]:g} to {RATES[-1]:g}: others may be better."
        )
    return with_tuned_rates(experiments, rates)


def train_and_save(
    experiments: Sequence[Experiment], store: RunStore, should_stop: Callable[[], bool], jobs: int
) -> None:
    """Train and save batch by batch, so that finished batches survive an interruption."""
    if not experiments:
        return
    total = sum(experiment.updates for experiment in experiments)
    bar = ProgressBar(f"Training {counted(len(experiments), 'run')}", sys.stderr)
    done = 0

    def report(progress: Progress) -> None:
        bar.show((done + progress.done) / total)

    bar.show(0.0)
    parts = batches(experiments)
    parallel = train_in_processes(parts, jobs)
    sequential = (train(batch, report, should_stop) for batch in parts)
    try:
        with (
            warnings.catch_warnings(),
            closing(parallel if jobs > 1 else sequential) as trained,
        ):
            # `print_grid` lists them below the table.
            warnings.simplefilter("ignore", ConvergenceWarning)
            for runs in trained:
                store.save(runs)
                done += sum(run.experiment.updates for run in runs)
                bar.show(done / total)
                if should_stop():
                    break
    finally:
        bar.end()


def batches(experiments: Sequence[Experiment]) -> list[list[Experiment]]:
    """Cohorts, with large ones split."""
    return [each for cohort in cohorts(experiments) for each in pieces(cohort, RUNS_PER_BATCH)]


def print_grid(
    experiments: Sequence[Experiment], store: RunStore, *, show: Sequence[str] = ()
) -> None:
    """Print a table of these runs: settings that differ or are to be shown, and final metrics."""
    saved = store.list().set_index("id", drop=False)
    table = saved.loc[[each.id for each in experiments if each.id in saved.index]]
    print_table(table[[*differing_columns(table, always=show), *METRICS, "id"]])
    if diverged := int((table["status"] == DIVERGED).sum()):
        say(f"{counted(diverged, 'run')} diverged. Try a smaller --learning-rate.")
    caveats = (convergence_caveats(each) for each in experiments if is_full_batch(each))
    for caveat in dict.fromkeys(chain.from_iterable(caveats)):
        say(caveat)
    say(f"Saved in {store.shown}.")
