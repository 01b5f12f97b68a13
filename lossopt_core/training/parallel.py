"""Cohorts trained side by side, on all processors of a machine or of a cluster, by joblib."""

import math
import signal
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, nullcontext
from functools import partial

from lossopt_core.experiment.description import Experiment
from lossopt_core.training.cohort import kind
from lossopt_core.training.loop import Progress, Training, train
from lossopt_core.training.run import Run

FEWEST_RUNS = 8
"""A cohort is not split into pieces of fewer runs: they would do the same work again."""
CONFIGURED = "joblib"


def train_apart(
    cohorts: Sequence[Sequence[Experiment]],
    backend: str,
    on_progress: Callable[[Progress], None] | None,
    should_stop: Callable[[], bool] | None,
) -> dict[Experiment, Run]:
    """Train cohorts in joblib's backend of this name; wide ones in pieces.

    "loky" is the processors of this machine; "joblib" is whatever `joblib.parallel_config` says.
    Progress is told, and `should_stop` asked, whenever a piece is done.  Pieces that are not
    done by then count as not begun.

    Raises ValueError for a backend that joblib does not know.
    """
    from joblib import parallel_config

    experiments = [each for members in cohorts for each in members]
    total = sum(each.updates for each in experiments)
    runs: dict[Experiment, Run] = {}
    named = nullcontext() if backend == CONFIGURED else parallel_config(backend, n_jobs=-1)
    with named, closing(_trained_pieces(cohorts)) as done:
        for piece in done:
            runs |= {run.experiment: run for run in piece}
            if on_progress is not None:
                histories = {each: run.history for each, run in runs.items()}
                updates = sum(each.updates for each in runs)
                on_progress(Progress(updates, total, partial(dict, histories)))
            if should_stop is not None and should_stop():
                break
    missing = [each for each in experiments if each not in runs]
    not_begun = train(missing, should_stop=lambda: True)
    return runs | dict(zip(missing, not_begun, strict=True))


def trained_on_processors(
    cohorts: Sequence[Sequence[Experiment]], processors: int
) -> Generator[list[Run]]:
    """The cohorts' runs in pieces, in the order in which they are done.

    Close the generator to give up what is under way.  Ctrl-C is left to this process: those at
    work do not hear it.
    """
    from joblib import parallel_config

    with parallel_config("loky", n_jobs=processors, initializer=_leave_interrupts_alone):
        yield from _trained_pieces(cohorts)


def _leave_interrupts_alone() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _trained_pieces(cohorts: Sequence[Sequence[Experiment]]) -> Generator[list[Run]]:
    """Side by side, as joblib is configured; in the order in which they are done."""
    from joblib import Parallel, delayed, effective_n_jobs

    pieces = _pieces(cohorts, workers=effective_n_jobs(None))
    done = Parallel(return_as="generator_unordered")(
        delayed(_train_piece)(piece) for piece in pieces
    )
    with closing(done):
        yield from done


def _pieces(cohorts: Sequence[Sequence[Experiment]], workers: int) -> list[list[Experiment]]:
    """At least one piece a worker, where the cohorts are wide enough."""
    pieces = []
    for members in cohorts:
        wanted = math.ceil(workers / len(cohorts))
        size = max(FEWEST_RUNS, math.ceil(len(members) / wanted))
        ordered = sorted(members, key=kind)
        pieces += [ordered[first : first + size] for first in range(0, len(ordered), size)]
    return pieces


def _train_piece(members: Sequence[Experiment]) -> list[Run]:
    training = Training(members)
    return list(training.run(report=lambda made: None, should_stop=lambda: False).values())
