"""Estimates of training time, measured on a few updates of each kind of cohort."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import median

import numpy as np

from lossopt_core.data.datasets import Size
from lossopt_core.experiment.description import Experiment
from lossopt_core.experiment.loading import Data, given_data
from lossopt_core.training.batches import Minibatches
from lossopt_core.training.cohort import Cohort
from lossopt_core.training.grouping import cohorts, firsts_of_groups, group, pieces, stacked
from lossopt_core.training.loop import next_batch
from lossopt_core.training.points import evaluation_updates

MAX_KINDS = 8
"""Kinds of cohort that are measured; others are extrapolated by the amount of work."""
MAX_RUNS = 64
MAX_EXAMPLES = 2_000
"""Limits on a trial; its time is scaled up linearly."""
TRIAL_SECONDS = 0.01
"""Time for measuring updates of one kind, and the same again for evaluations."""
MIN_TIMES = 3
"""Fewest times of which the median is taken."""
RUN_SECONDS = 2e-3
"""Fixed cost per run."""
NUMBER_SECONDS = 1e-7
"""Cost per number for generating, splitting and scaling a data set."""


def expected_seconds(experiments: Sequence[Experiment]) -> float:
    """Estimate the training time in seconds on one processor, to within a factor of three.

    Times a few updates and evaluations of up to eight kinds of cohort on random examples, which
    takes less than 0.2 s the first time.  Runs that diverge or stop early take less.
    """
    kinds: dict[tuple[object, ...], list[list[Experiment]]] = {}
    for members in cohorts(experiments):
        kinds.setdefault(_kind(members), []).append(members)
    if not kinds:
        return 0.0
    by_work = sorted(kinds.values(), key=lambda alike: -sum(map(_work, alike)))
    measured = by_work[:MAX_KINDS]
    share = sum(sum(map(_work, alike)) for alike in measured) / sum(
        sum(map(_work, alike)) for alike in by_work
    )
    trained = sum(
        _seconds(members, _cohort_timing(alike[0])) for alike in measured for members in alike
    )
    return trained / share + len(experiments) * RUN_SECONDS + _data_seconds(experiments)


def _kind(members: Sequence[Experiment]) -> tuple[object, ...]:
    """Equal for cohorts whose updates take equally long, such as those that differ by seed only."""
    groups = len(firsts_of_groups(members))
    return len(members), groups, _timing_key(members[0]), _timing_key(members[-1])


def _timing_key(experiment: Experiment, seed: int = 0) -> Experiment:
    """Reset settings that do not affect the time of an update; a tiny rate avoids divergence."""
    return experiment.replace(
        epochs=1, evaluations=2, seed=seed, split_seed=0, stopping="none", learning_rate=1e-8
    )


def _work(members: Sequence[Experiment]) -> float:
    """Number of feature values processed in training and in evaluations."""
    first = members[0]
    processed = first.epochs * first.train_examples + first.evaluations * first.size.examples
    return float(len(members) * processed * first.size.features)


@dataclass(frozen=True)
class Timing:
    """Seconds per update and per evaluation of a cohort."""

    update: float
    evaluation: float


def _seconds(members: Sequence[Experiment], timing: Timing) -> float:
    first = members[0]
    points = len(evaluation_updates(first.updates, first.evaluations))
    return first.updates * timing.update + points * timing.evaluation


def _cohort_timing(members: Sequence[Experiment]) -> Timing:
    some = pieces(members, MAX_RUNS)[0]
    numbers = {group(each): number for number, each in enumerate(firsts_of_groups(some))}
    keys = (_timing_key(each, seed=numbers[group(each)]) for each in some)
    timing, scale = _measured_timing(tuple(stacked(keys))), len(members) / len(some)
    return Timing(scale * timing.update, scale * timing.evaluation)


@lru_cache(maxsize=256)
def _measured_timing(experiments: tuple[Experiment, ...]) -> Timing:
    """Measure on random examples, since their values do not affect the time."""
    first = experiments[0]
    examples = min(first.train_examples, MAX_EXAMPLES)
    batch = min(examples, first.examples_per_update)
    cohort = Cohort(experiments, _random_data(first.size, examples))
    batches = [
        Minibatches(examples, batch, seed)
        for seed in range(0 if first.full_batch else cohort.groups.max() + 1)
    ]
    update = _timed(lambda: cohort.step(next_batch(batches), 0, 1))
    evaluation = _timed(cohort.evaluate)
    evaluated = first.train_examples + first.test_examples
    return Timing(
        update=update * first.examples_per_update / batch,
        evaluation=evaluation * evaluated / examples,
    )


def _random_data(size: Size, examples: int) -> Data:
    random = np.random.default_rng(0)
    features = random.standard_normal((examples, size.features))
    names = [str(each) for each in range(size.classes)]
    return given_data(features, np.arange(examples) % size.classes, names)


def _timed(action: Callable[[], object]) -> float:
    """Median seconds of an action, without the first call, which allocates memory."""
    action()
    # A mean would include preemption by other programs: ten times too much. So would a single
    # time that is longer than the whole trial for that reason, and it would be kept.
    times: list[float] = []
    while sum(times) < TRIAL_SECONDS or len(times) < MIN_TIMES:
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return median(times)


def _data_seconds(experiments: Sequence[Experiment]) -> float:
    """Seconds for generating every data set once."""
    sizes = {each.data_key: each.size for each in experiments}
    return NUMBER_SECONDS * sum(size.examples * size.features for size in sizes.values())
