"""Memory estimates for work on an experiment.

The estimates are upper bounds on the peak, counted in arrays of 8-byte numbers; tests compare
them with measured peaks.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lossopt_core.experiment.description import Experiment, optimizer_of
from lossopt_core.training.features import BUFFER_BYTES
from lossopt_core.training.grouping import bytes_of_group, cohorts, firsts_of_groups
from lossopt_core.training.path import PATH_BYTES, recording_interval
from lossopt_core.training.points import MINIBATCH_POINTS
from lossopt_core.training.run import HISTORY_COLUMNS, MINIBATCH_COLUMNS

NUMBER = 8
"""Bytes of a float64 number."""
COPIES_OF_DATA = 4
"""Copies of the features held while data are loaded, split and scaled (measured: 3)."""
COPIES_OF_SCORES = 8
"""Copies of all scores: a loss with its temporaries, an evaluation, a landscape."""
COPIES_OF_WEIGHTS = 9
"""Copies of a cohort's weights: gradient, scratch, up to three optimizer states, averages."""
OVERHEAD_BYTES = 20_000
"""Overhead of a run: metadata, tables and array objects."""
BUFFERS = 2_000_000
"""Fixed-size score buffers."""


@dataclass(frozen=True)
class Footprint:
    """Peak memory of a training in bytes, by use.

    data       examples and their scores
    weights    the stack of weights with the optimizer states
    curves     evaluations and minibatch objectives
    paths      the recorded weight trajectories
    """

    data: int
    weights: int
    curves: int
    paths: int

    @property
    def total(self) -> int:
        """The sum of all parts."""
        return self.data + self.weights + self.curves + self.paths + BUFFERS

    @property
    def largest(self) -> str:
        """The name of the largest part."""
        return max(("data", "weights", "curves", "paths"), key=lambda name: getattr(self, name))


def numbers_bytes(examples: int, features: int, classes: int) -> int:
    """Memory in bytes for the features and scores of this many examples."""
    copies = COPIES_OF_DATA * (features + 1) + COPIES_OF_SCORES * classes
    return NUMBER * examples * copies


def data_bytes(experiment: Experiment) -> int:
    """Memory in bytes for loading and using an experiment's data."""
    size = experiment.size
    return numbers_bytes(size.examples, size.features, size.classes)


def stored_bytes(experiment: Experiment) -> int:
    """Bytes that a run of the experiment takes in the store."""
    weights = _weights(experiment)
    arrays = NUMBER * weights + _state_bytes(experiment) + _path_bytes(experiment)
    return arrays + _curve_bytes(experiment) + OVERHEAD_BYTES


def of_training(experiments: Sequence[Experiment]) -> Footprint:
    """Peak memory of training these experiments in one call of `train`.

    Cohorts are trained one after another, and all of their runs are in memory at the end.
    """
    stacks = cohorts(experiments)
    weights = max((sum(map(_weights, each)) for each in stacks), default=0)
    groups = max(map(_bytes_of_groups, stacks), default=0)
    # Building a run copies the cohort's arrays, so they count twice.
    ends = NUMBER * sum(map(_weights, experiments)) + 2 * sum(map(_state_bytes, experiments))
    return Footprint(
        data=max(map(_working_bytes, experiments), default=0) + groups,
        weights=COPIES_OF_WEIGHTS * NUMBER * weights + ends,
        curves=sum(2 * _curve_bytes(each) + OVERHEAD_BYTES for each in experiments),
        paths=sum(2 * _path_bytes(each) for each in experiments),
    )


def _bytes_of_groups(cohort: Sequence[Experiment]) -> int:
    """What several groups take beyond the data of one: minibatches, and data with their copies."""
    groups, own_data = len(firsts_of_groups(cohort)), len({each.data_key for each in cohort}) > 1
    return (3 if own_data else 2) * groups * bytes_of_group(cohort[0], own_data)


def _working_bytes(experiment: Experiment) -> int:
    """The data plus the copies with a column of ones that training reads, without minibatches."""
    size = experiment.size
    feeds = 2 * min(BUFFER_BYTES, NUMBER * size.examples * (size.features + 1))
    loaded = NUMBER * size.examples * size.features
    return max(data_bytes(experiment), loaded + feeds)


def _weights(experiment: Experiment) -> int:
    """Number of weights of the classifier, including the bias."""
    size = experiment.size
    return size.classes * (size.features + 1)


def _curve_bytes(experiment: Experiment) -> int:
    rows = min(experiment.updates + 1, experiment.evaluations) + 1
    points = min(experiment.updates, MINIBATCH_POINTS)
    return NUMBER * (rows * len(HISTORY_COLUMNS) + points * len(MINIBATCH_COLUMNS))


def _state_bytes(experiment: Experiment) -> int:
    """Bytes of what a run keeps to be continued."""
    arrays = optimizer_of(experiment).memory_arrays + experiment.averaging
    size = NUMBER * arrays * _weights(experiment)
    return size if size <= PATH_BYTES else 0


def _path_bytes(experiment: Experiment) -> int:
    """Bytes of the weight trajectory, in float32."""
    points, weights = min(experiment.updates + 1, experiment.evaluations), _weights(experiment)
    recorded = math.ceil(points / recording_interval(points, weights)) + 1
    return recorded * (NUMBER // 2 * weights + NUMBER)
