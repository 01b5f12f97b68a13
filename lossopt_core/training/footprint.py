"""How much memory work on an experiment takes, known before any of it is done.

The figures are upper estimates of the peak, counted in arrays of 8-byte numbers; tests hold them
against measured peaks.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lossopt_core.experiment.description import Experiment
from lossopt_core.training.features import HELD_BYTES
from lossopt_core.training.path import kept_every
from lossopt_core.training.run import HISTORY_COLUMNS, MINIBATCH_COLUMNS

NUMBER = 8
"""Bytes of a number in double precision."""
COPIES_OF_DATA = 4
"""Of the features at once while data are made, split and scaled (three were measured)."""
COPIES_OF_SCORES = 8
"""Of all examples' scores at once: a loss with its temporaries, an evaluation, a landscape."""
COPIES_OF_WEIGHTS = 9
"""Of a cohort's stack: weights, gradient, scratch, up to three of an optimizer, averages."""
MINIBATCH_POINTS = 2_000
"""Most points of a curve of minibatch objectives."""
ENTRY_BYTES = 20_000
"""Of what a run says of itself, of its tables, and of the objects that hold its arrays."""
BUFFERS = 2_000_000
"""Scores of some examples at once, whatever the data."""


@dataclass(frozen=True)
class Footprint:
    """Bytes at the peak of a training, by what takes them.

    data       its examples, and their scores
    weights    the stack of weights with what its optimizers remember
    curves     the evaluations, and the objectives on minibatches
    paths      the weights on the way
    """

    data: int
    weights: int
    curves: int
    paths: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.data + self.weights + self.curves + self.paths + BUFFERS

    @property
    def largest(self) -> str:
        """The name of the part that takes most."""
        return max(("data", "weights", "curves", "paths"), key=lambda name: getattr(self, name))


def numbers_bytes(examples: int, features: int, classes: int) -> int:
    """Memory that work on so many examples takes, features and scores together."""
    copies = COPIES_OF_DATA * (features + 1) + COPIES_OF_SCORES * classes
    return NUMBER * examples * copies


def data_bytes(experiment: Experiment) -> int:
    """Memory that loading an experiment's data, and looking at them, takes."""
    size = experiment.size
    return numbers_bytes(size.examples, size.features, size.classes)


def stored_bytes(experiment: Experiment) -> int:
    """What a run of the experiment takes in the store."""
    weights = _weights(experiment)
    return NUMBER * weights + _curve_bytes(experiment) + _path_bytes(experiment) + ENTRY_BYTES


def of_training(experiments: Sequence[Experiment]) -> Footprint:
    """Memory that training these, in one call of `train`, takes at its peak.

    Cohorts are trained one after another, and the runs of all of them are there at the end.
    """
    stacks: dict[tuple[object, ...], int] = {}
    for each in experiments:
        key = (each.data_key, each.seed, each.examples_per_update, each.epochs, each.evaluations)
        stacks[key] = stacks.get(key, 0) + _weights(each)
    # While a run is made of the cohort's arrays, both are there; so they count twice.
    ends = NUMBER * sum(map(_weights, experiments))
    return Footprint(
        data=max(map(_working_bytes, experiments), default=0),
        weights=COPIES_OF_WEIGHTS * NUMBER * max(stacks.values(), default=0) + ends,
        curves=sum(2 * _curve_bytes(each) + ENTRY_BYTES for each in experiments),
        paths=sum(2 * _path_bytes(each) for each in experiments),
    )


def _working_bytes(experiment: Experiment) -> int:
    """The data, and their copies with a last feature of 1 that a training reads."""
    size = experiment.size
    feeds = 2 * min(HELD_BYTES, NUMBER * size.examples * (size.features + 1))
    batch = 0 if experiment.full_batch else NUMBER * experiment.batch_size * (size.features + 1)
    held = NUMBER * size.examples * size.features
    return max(data_bytes(experiment), held + feeds) + batch


def _weights(experiment: Experiment) -> int:
    """Numbers of its classifier, the bias among them."""
    size = experiment.size
    return size.classes * (size.features + 1)


def _curve_bytes(experiment: Experiment) -> int:
    rows = min(experiment.updates + 1, experiment.evaluations) + 1
    points = min(experiment.updates, MINIBATCH_POINTS)
    return NUMBER * (rows * len(HISTORY_COLUMNS) + points * len(MINIBATCH_COLUMNS))


def _path_bytes(experiment: Experiment) -> int:
    """Of the weights on the way, in single precision."""
    points, weights = min(experiment.updates + 1, experiment.evaluations), _weights(experiment)
    kept = math.ceil(points / kept_every(points, weights)) + 1
    return kept * (NUMBER // 2 * weights + NUMBER)
