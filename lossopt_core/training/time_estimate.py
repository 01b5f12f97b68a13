"""How long a training will take, from a few updates of each kind of cohort."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import median

import numpy as np

from lossopt_core.data.datasets import Size
from lossopt_core.experiment.description import Experiment
from lossopt_core.experiment.loading import Data, given_data
from lossopt_core.training.cohort import Cohort, kind, minibatches
from lossopt_core.training.loop import cohorts, evaluation_updates

MOST_KINDS = 8
"""Kinds of cohort that are tried out; others are judged by the examples that they look at."""
MOST_RUNS = 64
MOST_EXAMPLES = 2_000
"""Bounds on a trial: what takes longer with more is scaled up."""
TRIAL_SECONDS = 0.01
"""For trying out updates of one kind, and as much again for evaluations."""
RUN_SECONDS = 2e-3
"""For beginning and writing down one run."""
NUMBER_SECONDS = 1e-7
"""For making one number of a data set, split and scaled."""


def expected_seconds(experiments: Sequence[Experiment]) -> float:
    """Seconds that the experiments will take on one processor, to within a factor of three.

    A few updates and evaluations of up to eight kinds of cohort are made, on random examples:
    less than a fifth of a second, the first time.  Runs that diverge or stop early take less.
    """
    kinds: dict[tuple[object, ...], list[list[Experiment]]] = {}
    for members in cohorts(experiments):
        kinds.setdefault(_kind(members), []).append(members)
    if not kinds:
        return 0.0
    by_work = sorted(kinds.values(), key=lambda alike: -sum(map(_work, alike)))
    tried = by_work[:MOST_KINDS]
    share = sum(sum(map(_work, alike)) for alike in tried) / sum(
        sum(map(_work, alike)) for alike in by_work
    )
    trained = sum(_seconds(members, _pace_of(alike[0])) for alike in tried for members in alike)
    return trained / share + len(experiments) * RUN_SECONDS + _making(experiments)


def _kind(members: Sequence[Experiment]) -> tuple[object, ...]:
    """Equal for cohorts whose updates take equally long, as those do that differ by seed."""
    return len(members), _bare(members[0]), _bare(members[-1])


def _bare(experiment: Experiment) -> Experiment:
    """Without what has no say in the time of an update; with steps too short to diverge."""
    return experiment.replace(
        epochs=1, evaluations=2, seed=0, split_seed=0, stopping="none", learning_rate=1e-8
    )


def _work(members: Sequence[Experiment]) -> float:
    """Numbers that are looked at, in training and in evaluations."""
    first = members[0]
    looks = first.epochs * first.train_examples + first.evaluations * first.size.examples
    return float(len(members) * looks * first.size.features)


@dataclass(frozen=True)
class Pace:
    """Seconds that a cohort takes for an update, and for an evaluation."""

    update: float
    evaluation: float


def _seconds(members: Sequence[Experiment], pace: Pace) -> float:
    first = members[0]
    points = len(evaluation_updates(first.updates, first.evaluations))
    return first.updates * pace.update + points * pace.evaluation


def _pace_of(members: Sequence[Experiment]) -> Pace:
    some = tuple(sorted(map(_bare, members[:MOST_RUNS]), key=kind))
    pace, scale = _pace(some), len(members) / len(some)
    return Pace(scale * pace.update, scale * pace.evaluation)


@lru_cache(maxsize=256)
def _pace(experiments: tuple[Experiment, ...]) -> Pace:
    """Measured: on random examples, as what they are has no say in the time."""
    first = experiments[0]
    examples = min(first.train_examples, MOST_EXAMPLES)
    batch = min(examples, first.examples_per_update)
    batches = minibatches(examples, batch, seed=0)
    cohort = Cohort(experiments, _stand_in(first.size, examples))
    update = _timed(lambda: cohort.step(None if first.full_batch else next(batches), 0, 1))
    evaluation = _timed(cohort.evaluate)
    evaluated = first.train_examples + first.test_examples
    return Pace(
        update=update * first.examples_per_update / batch,
        evaluation=evaluation * evaluated / examples,
    )


def _stand_in(size: Size, examples: int) -> Data:
    random = np.random.default_rng(0)
    features = random.standard_normal((examples, size.features))
    names = [str(each) for each in range(size.classes)]
    return given_data(features, np.arange(examples) % size.classes, names)


def _timed(action: Callable[[], object]) -> float:
    """Median seconds of an action; its first time, which makes room, aside."""
    action()
    # A mean would count what other programs take of the processor meanwhile: ten times too much.
    times: list[float] = []
    while sum(times) < TRIAL_SECONDS:
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return median(times)


def _making(experiments: Sequence[Experiment]) -> float:
    """Seconds for making all data sets, each once."""
    sizes = {each.data_key: each.size for each in experiments}
    return NUMBER_SECONDS * sum(size.examples * size.features for size in sizes.values())
