"""Parallel training of cohorts with joblib, on one machine or a cluster."""

import math
import signal
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, nullcontext
from functools import partial

from lossopt_core.experiment.description import Experiment
from lossopt_core.training.grouping import pieces, stacked
from lossopt_core.training.loop import Progress, Training, train
from lossopt_core.training.run import Run

MIN_RUNS = 8
"""Cohorts are not split into smaller parts than this, because each part repeats shared work."""
CONFIGURED = "joblib"


def train_with_joblib(
    cohorts: Sequence[Sequence[Experiment]],
    backend: str,
    on_progress: Callable[[Progress], None] | None,
    should_stop: Callable[[], bool] | None,
) -> dict[Experiment, Run]:
    """Train cohorts with a joblib backend; large cohorts are split into parts.

    "loky" uses the processors of this machine, "joblib" the configuration of
    `joblib.parallel_config`.  Progress is reported and `should_stop` is called after every part.
    Parts that are not finished by then count as not started.

    Raises ValueError for a backend that joblib does not know.
    """
    from joblib import parallel_config

    experiments = [each for members in cohorts for each in members]
    total = sum(each.updates for each in experiments)
    runs: dict[Experiment, Run] = {}
    named = nullcontext() if backend == CONFIGURED else parallel_config(backend, n_jobs=-1)
    with named, closing(_train_parts(cohorts)) as done:
        for part in done:
            runs |= {run.experiment: run for run in part}
            if on_progress is not None:
                histories = {each: run.history for each, run in runs.items()}
                updates = sum(each.updates for each in runs)
                on_progress(Progress(updates, total, partial(dict, histories)))
            if should_stop is not None and should_stop():
                break
    missing = [each for each in experiments if each not in runs]
    not_started = train(missing, should_stop=lambda: True)
    return runs | dict(zip(missing, not_started, strict=True))


def train_in_processes(
    cohorts: Sequence[Sequence[Experiment]], processors: int
) -> Generator[list[Run]]:
    """Yield the cohorts' runs part by part, in the order in which they finish.

    Close the generator to discard unfinished parts.  Worker processes ignore Ctrl-C; this process
    handles it.
    """
    from joblib import parallel_config

    with parallel_config("loky", n_jobs=processors, initializer=_ignore_interrupts):
        yield from _train_parts(cohorts)


def _ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _train_parts(cohorts: Sequence[Sequence[Experiment]]) -> Generator[list[Run]]:
    """Yield the runs of parts trained with the current joblib configuration, as they finish."""
    from joblib import Parallel, delayed, effective_n_jobs

    parts = _split(cohorts, workers=effective_n_jobs(None))
    done = Parallel(return_as="generator_unordered")(delayed(_train_part)(part) for part in parts)
    with closing(done):
        yield from done


def _split(cohorts: Sequence[Sequence[Experiment]], workers: int) -> list[list[Experiment]]:
    """Split cohorts into at least one part per worker, if they are large enough."""
    parts = []
    for members in cohorts:
        wanted = math.ceil(workers / len(cohorts))
        size = max(MIN_RUNS, math.ceil(len(members) / wanted))
        parts += pieces(members, size)
    return parts


def _train_part(members: Sequence[Experiment]) -> list[Run]:
    training = Training(stacked(members))
    return list(training.run(report=lambda made: None, should_stop=lambda: False).values())
