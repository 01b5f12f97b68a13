"""Cohorts trained side by side, on all processors of a machine or of a cluster, by joblib."""

import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial

from lossopt_core.cohort import kind
from lossopt_core.experiment import Experiment
from lossopt_core.run import Run
from lossopt_core.training import Progress, Training, train

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
    from joblib import Parallel, delayed, effective_n_jobs, parallel_config

    named = nullcontext() if backend == CONFIGURED else parallel_config(backend, n_jobs=-1)
    with named:
        pieces = _pieces(cohorts, workers=effective_n_jobs(None))
        parallel = Parallel(return_as="generator_unordered")
    total = sum(each.updates for piece in pieces for each in piece)
    runs: dict[Experiment, Run] = {}
    done = parallel(delayed(_train_piece)(piece) for piece in pieces)
    for piece in done:
        runs |= {run.experiment: run for run in piece}
        if on_progress is not None:
            histories = {each: run.history for each, run in runs.items()}
            updates = sum(each.updates for each in runs)
            on_progress(Progress(updates, total, partial(dict, histories)))
        if should_stop is not None and should_stop():
            done.close()
            break
    missing = [each for piece in pieces for each in piece if each not in runs]
    not_begun = train(missing, should_stop=lambda: True)
    return runs | dict(zip(missing, not_begun, strict=True))


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
