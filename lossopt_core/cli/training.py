"""`train`: train a grid of experiments and save the runs batch by batch."""

import argparse
import sys
import warnings
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, nullcontext, suppress
from itertools import chain

from lossopt_core.analysis.tuned_rate import (
    RATES,
    TunedRate,
    ending,
    plan,
    rates_of,
    with_tuned_rates,
)
from lossopt_core.cli.console import (
    INTERRUPTED,
    ProgressBar,
    interruptible,
    print_table,
    say,
)
from lossopt_core.cli.listing import METRICS, differing_columns
from lossopt_core.experiment.description import Experiment
from lossopt_core.experiment.grid import TUNED, grid
from lossopt_core.experiment.typed import checked
from lossopt_core.fields import Number
from lossopt_core.store.repository import RunStore
from lossopt_core.texts import counted
from lossopt_core.training.convergence import ConvergenceWarning, convergence_caveats, is_full_batch
from lossopt_core.training.grouping import cohorts, pieces
from lossopt_core.training.loop import Progress, train
from lossopt_core.training.parallel import train_in_processes
from lossopt_core.training.run import DIVERGED, Run

RUNS_PER_BATCH = 256
"""Runs trained and saved together: bounds memory use and the work lost on interruption."""
JOBS = Number("Jobs", 1, 1, 1024, "Number of parallel processes.", whole=True)


def train_command(chosen: argparse.Namespace) -> int:
    """Train the missing runs, save them as they finish, and print the grid."""
    given = chosen.learning_rate or [TUNED]
    tuned = given == [TUNED]
    if TUNED in given and not tuned:
        raise ValueError(f"learning_rate must be numbers or {TUNED}, got {' '.join(given)}")
    experiments = grid(vars(chosen) | ({"learning_rate": None} if tuned else {}))
    jobs = checked("jobs", JOBS, chosen.jobs or "1")
    store = RunStore(chosen.store)
    with interruptible(at_once=jobs > 1) as interrupted:
        if tuned:
            experiments = at_tuned_rates(experiments, interrupted, jobs)
        missing = store.missing(experiments)
        if saved := len(experiments) - len(missing):
            say(f"{saved} of {counted(len(experiments), 'run')} already saved.")
        with suppress(KeyboardInterrupt) if jobs > 1 else nullcontext():
            train_and_save(missing, store, interrupted, jobs)
        ended = interrupted()
    print_grid(experiments, store)
    if ended:
        done = len(experiments) - len(store.missing(experiments))
        say(
            f"Stopped after {done} of {counted(len(experiments), 'run')}."
            " Run the same command again to continue."
        )
        return INTERRUPTED
    return 0


def at_tuned_rates(
    experiments: Sequence[Experiment], should_stop: Callable[[], bool], jobs: int
) -> list[Experiment]:
    """The experiments, each at the learning rate that is best for its configuration.

    KeyboardInterrupt if it is to stop.
    """
    planned = plan(experiments)
    rates = counted(len(planned), "learning rate")
    say(
        f"Tuning {rates}: the best of {len(RATES)} each, by the final training objective of one"
        " run with another seed."
    )
    ends: dict[Experiment, float] = {}
    trials = [each for members in planned.values() for each in members]
    for runs in trained(trials, f"Tuning {rates}", should_stop, jobs):
        ends |= {run.experiment: ending(run) for run in runs}
    if should_stop():
        raise KeyboardInterrupt
    found = rates_of(planned, ends)
    _say_doubts(list(found.values()))
    return with_tuned_rates(experiments, found)


def _say_doubts(rates: Sequence[TunedRate]) -> None:
    grid = f"the grid, {RATES[0]:g} to {RATES[-1]:g}"
    if on_border := sum(each.on_border for each in rates):
        say(f"{on_border} of {len(rates)} ended at the border of {grid}: others may be better.")
    if not_found := sum(not each.found for each in rates):
        say(
            f"{not_found} of {len(rates)} diverged at every rate of {grid}, and used one within the"
            " stability limits instead."
        )


def train_and_save(
    experiments: Sequence[Experiment], store: RunStore, should_stop: Callable[[], bool], jobs: int
) -> None:
    """Train and save batch by batch, so that finished batches survive an interruption."""
    title = f"Training {counted(len(experiments), 'run')}"
    with closing(trained(experiments, title, should_stop, jobs)) as done:
        for runs in done:
            store.save(runs)


def trained(
    experiments: Sequence[Experiment], title: str, should_stop: Callable[[], bool], jobs: int
) -> Generator[list[Run]]:
    """Yield the runs batch by batch, with a progress bar, until they are all trained or it stops.

    The last ones may have the status "stopped".
    """
    if not experiments:
        return
    total = sum(experiment.updates for experiment in experiments)
    bar = ProgressBar(title, sys.stderr)
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
            closing(parallel if jobs > 1 else sequential) as found,
        ):
            # `print_grid` lists them below the table.
            warnings.simplefilter("ignore", ConvergenceWarning)
            for runs in found:
                yield runs
                done += sum(run.experiment.updates for run in runs)
                bar.show(done / total)
                if should_stop():
                    break
    finally:
        bar.end()


def batches(experiments: Sequence[Experiment]) -> list[list[Experiment]]:
    """Cohorts, with large ones split."""
    return [each for cohort in cohorts(experiments) for each in pieces(cohort, RUNS_PER_BATCH)]


def print_grid(experiments: Sequence[Experiment], store: RunStore) -> None:
    """Print a table of these runs: learning rate, settings that differ, and final metrics."""
    saved = store.list().set_index("id", drop=False)
    table = saved.loc[[each.id for each in experiments if each.id in saved.index]]
    print_table(table[[*differing_columns(table, always=("learning_rate",)), *METRICS, "id"]])
    if diverged := int((table["status"] == DIVERGED).sum()):
        say(f"{counted(diverged, 'run')} diverged. Try a smaller --learning-rate.")
    caveats = (convergence_caveats(each) for each in experiments if is_full_batch(each))
    for caveat in dict.fromkeys(chain.from_iterable(caveats)):
        say(caveat)
    say(f"Saved in {store.shown}.")
