"""A classifier in the plane that is trained interactively, update by update.

It is trained like an experiment, by a cohort of one, but without a fixed end, and its settings may
change on the way.  Equal settings at equal updates give equal weights (`replay`).
"""

import copy
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np
from typing_extensions import override

from lossopt_core.experiment.description import FIELDS, loss_of, regularizer_of
from lossopt_core.experiment.loading import GivenExperiment
from lossopt_core.fields import brief
from lossopt_core.objective import linear
from lossopt_core.objective.linear import Array, Labels
from lossopt_core.playground.classifier import Classifier, Problem, Snapshot
from lossopt_core.playground.feature_maps import FeatureMap
from lossopt_core.playground.points import MAX_CLASSES, read_points
from lossopt_core.training.batches import Minibatches
from lossopt_core.training.cohort import Cohort, CohortState
from lossopt_core.training.loop import DIVERGED_AT

MAX_UPDATES = 10_000
"""Maximum number of updates: retraining up to here takes about 1 s."""
MAX_ROWS = 400
"""Maximum number of recorded snapshots; beyond it, every second one is dropped."""
CHECKPOINT_EVERY = 25
"""Updates between two states from which a model can go on; going back costs fewer updates."""
MAX_CHECKPOINTS = 100
LARGEST_WEIGHT = 1e6
MAX_WEIGHTS = MAX_CLASSES * 51
LONGEST_WEIGHTS = MAX_WEIGHTS * len("-0.123456e-10_")


@dataclass(frozen=True)
class Setup:
    """Everything that determines training, as plain values.

    points, tests   as text; `tests` may be empty
    settings        those of an experiment; the batch size is capped at the number of points
    start           initial weights as text; if empty, random weights from the seed
    """

    points: str
    feature_map: FeatureMap
    settings: tuple[tuple[str, Any], ...] = ()
    start: str = ""
    tests: str = ""

    def setting(self, name: str) -> Any:
        """The value of a setting, by default that of an experiment."""
        return dict(self.settings).get(name, FIELDS[name].default)

    def replace(self, **settings: Any) -> "Setup":
        """The same with other settings."""
        changed = tuple(sorted((dict(self.settings) | settings).items()))
        return Setup(self.points, self.feature_map, changed, self.start, self.tests)

    @property
    def shape(self) -> tuple[int, int]:
        """Classes, and features with the bias."""
        return read_points(self.points).classes, len(self.feature_map.names) + 1


@dataclass(frozen=True, eq=False)
class _Checkpoint:
    made: int
    state: CohortState
    batches: Any


class Model(Classifier):
    """A linear classifier on features of points, after some updates.

    made        number of updates made
    diverged    whether the objective has exploded, which ends training
    snapshots   of recorded updates, always with the first and the last two
    """

    def __init__(self, setup: Setup) -> None:
        self.made = 0
        self.diverged = False
        self.every = 1
        self.cohort, self._problem = _made(setup)
        if setup.start:
            self.cohort.W[0] = _checked_start(read_weights(setup.start), self.cohort.W.shape[1:])
        self._use(setup)
        self.limit = DIVERGED_AT * max(1.0, self._objective())
        self.snapshots = [self._snapshot()]

    def _use(self, setup: Setup) -> None:
        self.setup = setup
        self.batches = _batches(self.cohort)
        self.checkpoints: list[_Checkpoint] = [self._checkpoint()]

    @property
    @override
    def weights(self) -> Array:
        weights: Array = self.cohort.W[0].copy()
        return weights

    @property
    @override
    def problem(self) -> Problem:
        return self._problem

    @property
    def experiment(self) -> GivenExperiment:
        """The settings of training."""
        experiment = self.cohort.experiments[0]
        assert isinstance(experiment, GivenExperiment)
        return experiment

    def change(self, setup: Setup) -> None:
        """Train on with this setup; weights and, if it still fits, what the optimizer remembers.

        ValueError if it has another number of classes or features.
        """
        if setup.shape != self.setup.shape:
            raise ValueError("the setup has another number of classes or features")
        before = self.cohort.state()
        if setup == self.setup.replace(learning_rate=setup.setting("learning_rate")):
            self.setup = setup
            self.cohort.blocks[0].rate[...] = setup.setting("learning_rate")
            self.checkpoints = [self._checkpoint()]
            return
        same_rule = setup.setting("optimizer") == self.setup.setting("optimizer")
        self.cohort, self._problem = _made(setup)
        if same_rule:
            self.cohort.restore(before)
        else:
            self.cohort.W[...] = before.W
        self._use(setup)
        self.diverged = not self._objective() <= self.limit

    def advance(self, updates: int, stride: int = 1) -> list[Snapshot]:
        """Make this many updates; fewer if training diverges or reaches `MAX_UPDATES`.

        Returns the snapshots of every `stride`-th update, and of the last.
        """
        end = min(self.made + updates, MAX_UPDATES)
        seen: list[Snapshot] = []
        with np.errstate(over="ignore", invalid="ignore"):
            while self.made < end and not self.diverged:
                [objective] = self.cohort.step(next(self.batches), self.made, MAX_UPDATES)
                self.made += 1
                self.diverged = not objective <= self.limit
                last = self.made == end or self.diverged
                if self.made % self.every == 0 or self.made >= end - 1 or self.diverged:
                    self._record()
                if self.made % stride == 0 or last:
                    seen.append(self._snapshot())
                if self.made % CHECKPOINT_EVERY == 0:
                    self.checkpoints = [*self.checkpoints[-MAX_CHECKPOINTS:], self._checkpoint()]
            if seen and not self.diverged:
                self.diverged = not self._objective() <= self.limit
        return seen

    def go_back(self, update: int) -> bool:
        """Return to an earlier update, as if the later ones had not been made.

        False, without any change, if no checkpoint of the present setup is early enough.
        """
        found = [each for each in self.checkpoints if each.made <= update]
        if not found:
            return False
        self.checkpoints = found
        self.cohort.restore(copy.deepcopy(found[-1].state))
        self.batches = copy.deepcopy(found[-1].batches)
        self.made, self.diverged = found[-1].made, False
        self.snapshots = [each for each in self.snapshots if each.made <= self.made]
        self.advance(update - self.made)
        return True

    def _objective(self) -> float:
        with np.errstate(over="ignore", invalid="ignore"):
            return float(self.cohort.evaluate()[0, 0])

    def _snapshot(self) -> Snapshot:
        return Snapshot(self.made, self.weights, self._problem)

    def _checkpoint(self) -> _Checkpoint:
        # Batches are copied together with the generator that shuffles them.
        batches = self.batches if self.experiment.full_batch else copy.deepcopy(self.batches)
        return _Checkpoint(self.made, copy.deepcopy(self.cohort.state()), batches)

    def _record(self) -> None:
        self.snapshots.append(self._snapshot())
        # Off-grid snapshots are dropped except the last two, so that one can step back.
        if len(self.snapshots) > 2 and self.snapshots[-3].made % self.every:
            del self.snapshots[-3]
        if len(self.snapshots) > MAX_ROWS:
            self.every *= 2
            some = [each for each in self.snapshots[:-2] if each.made % self.every == 0]
            self.snapshots = [*some, *self.snapshots[-2:]]

    def gradient(self) -> Array:
        """Minimum-norm subgradient (C, D + 1) of the objective over all points."""
        self.cohort.evaluate()
        gradient: Array = self.cohort.gradient[0].copy()
        return gradient


def replay(plan: Sequence[tuple[int, Setup]], updates: int) -> Model:
    """Train a new model; `plan` has each setup with the update from which on it holds."""
    [(_, first), *changes] = plan
    model = Model(first)
    for start, setup in changes:
        if start > updates:
            break
        model.advance(start - model.made)
        model.change(setup)
    model.advance(updates - model.made)
    return model


def _made(setup: Setup) -> tuple[Cohort, Problem]:
    points, tests = read_points(setup.points), read_points(setup.tests) if setup.tests else None
    data = points.data(setup.feature_map.features(points.positions))
    examples, features = data.train_features.shape
    given = {name: value for name, value in setup.settings if name in FIELDS}
    given["batch_size"] = min(examples, given.get("batch_size", examples))
    experiment = GivenExperiment(
        **given, test_fraction=0.0, examples=examples, classes=points.classes, features=features
    )
    cohort = Cohort([experiment], data)
    X = linear.with_ones(data.train_features)
    of_tests = setup.feature_map.features(tests.positions) if tests else np.empty((0, features))
    problem = Problem(
        points, tests, setup.feature_map, loss_of(experiment), regularizer_of(experiment), X,
        linear.with_ones(of_tests),
    )  # fmt: skip
    return cohort, problem


def _batches(cohort: Cohort) -> Any:
    """Endless minibatches; None stands for all examples."""
    experiment = cohort.experiments[0]
    if experiment.full_batch:
        return repeat(None)
    labels: Labels = cohort.train.labels
    return Minibatches(labels.shape[-1], experiment.batch_size, experiment.seed)


def _checked_start(start: Array, shape: tuple[int, ...]) -> Array:
    if start.shape != shape:
        classes, features = shape
        raise ValueError(
            f"weights must have {classes} rows of {features} numbers for these classes and"
            f" features, got {len(start)} of {start.shape[1]}"
        )
    return start


def write_weights(W: Array) -> str:
    """Format weights (C, D + 1) as text with six digits each; `read_weights` parses it."""
    return "__".join("_".join(f"{weight:.6g}" for weight in row) for row in W.tolist())


def read_weights(text: str) -> Array:
    """Parse weights written by `write_weights`; ValueError for any other text."""
    try:
        rows = [[_number(part) for part in row.split("_")] for row in text.split("__")]
    except ValueError:
        raise ValueError(
            "weights must be numbers like 0.5_-1_0.2__1_2_0, with __ between classes,"
            f" got {brief(text)}"
        ) from None
    if len({len(row) for row in rows}) != 1:
        raise ValueError("weights must have rows of equal length")
    W = np.array(rows)
    if W.size > MAX_WEIGHTS:
        raise ValueError(f"weights must have at most {MAX_WEIGHTS} numbers, got {W.size:,}")
    if not np.abs(W).max() <= LARGEST_WEIGHT:
        raise ValueError(f"weights must be from {-LARGEST_WEIGHT:g} to {LARGEST_WEIGHT:g}")
    return W


def _number(text: str) -> float:
    if not re.fullmatch(r"[-+.\de]{1,16}", text, re.ASCII):
        raise ValueError(text)
    return float(text)
