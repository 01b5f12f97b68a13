"""A cohort: runs that are trained together, as one stack of weights.

Its runs share data, batch size, epochs and seed.  They see the same minibatches in the same
order, so that labels have no run axis: that single fact is the pairing of the runs.  Runs of
one kind (loss, regularizer, optimizer, schedule) are consecutive; a block is their slice of
the leading run axis.  A slice is a view, so a block moves its part in place and needs to know
nothing of the others.  One run is a stack of one; there is no second way to train.

Shapes are those of `linear`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from lossopt_core import linear
from lossopt_core.data import Data
from lossopt_core.experiment import Experiment
from lossopt_core.linear import Array, Labels
from lossopt_core.losses import LOSSES, Loss
from lossopt_core.optimizers import OPTIMIZERS, Memory, Optimizer
from lossopt_core.regularizers import REGULARIZERS, Regularizer
from lossopt_core.schedules import SCHEDULES, Schedule

# New memory pages cost more than the arithmetic on them: scores of many examples are made in
# pieces that stay in the processor's cache (half a megabyte).
SCORES_AT_ONCE = 65_536
LEANING = 3
"""How much a mean of weights leans towards the late ones (Shamir and Zhang, 2013); 0: not at all.

Weights after update t enter with the share (LEANING + 1) / (t + LEANING): the start is forgotten.
"""


@dataclass(frozen=True, eq=False)
class Block:
    """Consecutive runs of one kind, with their parameters and memory.

    `W`, `gradient` and `scratch` are views of the cohort's arrays; `average` is the running mean
    of the weights, where that is wanted.
    """

    runs: slice
    W: Array
    gradient: Array
    scratch: Array
    loss: Loss
    regularizer: Regularizer
    optimizer: Optimizer
    schedule: Schedule
    rate: Array
    memory: Memory
    average: Array | None


def kind(experiment: Experiment) -> tuple[str, str, str, str, bool]:
    """What the runs of a block have in common."""
    return (
        experiment.loss,
        experiment.regularizer,
        experiment.optimizer,
        experiment.schedule,
        experiment.averaging,
    )


def initial_weights(experiment: Experiment, classes: int, features: int) -> Array:
    """(C, D + 1) weights at the start: normal, scaled by init_scale; the bias starts at 0.

    They are the same for every run of a seed.
    """
    W = np.zeros((classes, features + 1))
    random = np.random.default_rng([experiment.seed, 0])
    W[:, :-1] = experiment.init_scale * random.standard_normal((classes, features))
    return W


def minibatches(
    examples: int, size: int, seed: int, *, replacement: bool = False
) -> Iterator[Labels]:
    """Endless index arrays: every epoch visits every example once, in an order of its own.

    With `replacement` each is drawn from all examples.  The last minibatch of an epoch may be
    smaller.
    """
    random = np.random.default_rng([seed, 1])
    while True:
        if replacement:
            order = random.integers(0, examples, examples)
        else:
            order = random.permutation(examples)
        for first in range(0, examples, size):
            yield order[first : first + size]


class Cohort:
    """Weights, memory and buffers of runs trained together.

    The experiments must be sorted so that equal kinds are consecutive.
    """

    def __init__(self, experiments: Sequence[Experiment], data: Data) -> None:
        self.experiments = experiments
        self.features = linear.with_ones(data.train_features)
        self.labels = data.train_labels
        self.test_features = linear.with_ones(data.test_features)
        self.test_labels = data.test_labels
        classes, features = len(data.class_names), data.train_features.shape[1]
        self.W = np.stack([initial_weights(each, classes, features) for each in experiments])
        self.gradient = np.empty_like(self.W)
        self.scratch = np.empty_like(self.W)
        self.examples_at_once = max(32, SCORES_AT_ONCE // self.W[:, :, 0].size)
        self.scores = np.empty(self.W[:, :, 0].size * self.examples_at_once)
        self.batch_features = np.empty((experiments[0].examples_per_update, features + 1))
        self.blocks = list(self._blocks())

    def _blocks(self) -> Iterator[Block]:
        kinds = [kind(experiment) for experiment in self.experiments]
        first = 0
        for end in range(1, len(kinds) + 1):
            if end < len(kinds) and kinds[end] == kinds[first]:
                continue
            members = self.experiments[first:end]
            runs = slice(first, end)
            loss, regularizer, optimizer, schedule, averaging = kinds[first]
            rule = OPTIMIZERS[optimizer](**parameters(OPTIMIZERS[optimizer], members))
            yield Block(
                runs=runs,
                W=self.W[runs],
                gradient=self.gradient[runs],
                scratch=self.scratch[runs],
                loss=LOSSES[loss](**parameters(LOSSES[loss], members)),
                regularizer=REGULARIZERS[regularizer](
                    **self._penalty_parameters(REGULARIZERS[regularizer], members)
                ),
                optimizer=rule,
                schedule=SCHEDULES[schedule],
                rate=column([each.learning_rate for each in members]),
                memory=rule.start(self.W[runs]),
                average=self.W[runs].copy() if averaging else None,
            )
            first = end

    def _penalty_parameters(
        self, entry: type[Regularizer], members: Sequence[Experiment]
    ) -> dict[str, Array]:
        """Parameters with strength (R, 1, D): a bias is a weight of strength 0."""
        values = parameters(entry, members)
        if "strength" in values:
            weights_only = np.ones(self.W.shape[2])
            weights_only[-1] = 0.0
            values["strength"] = values["strength"] * weights_only
        return values

    def step(self, batch: Labels | None, update: int, updates: int) -> Array:
        """Make update number `update` (from 0) of all runs on a batch (None: all examples).

        Returns the objective on the batch before the step, (R,).
        """
        if batch is None:
            X, y = self.features, self.labels
        else:
            # With mode="raise", take would fill a buffer of its own before it fills this one.
            X = self.batch_features[: len(batch)]
            self.features.take(batch, axis=0, out=X, mode="clip")
            y = self.labels[batch]
        objective = self.data_gradient(self.W, X, y)
        for block in self.blocks:
            W, gradient, scratch = block.W, block.gradient, block.scratch
            objective[block.runs] += block.regularizer.add_gradient(W, gradient, scratch)
            rate = block.rate * block.schedule.factor(update / updates)
            block.optimizer.update(W, gradient, block.memory, rate, update + 1)
            block.regularizer.prox(W, rate, scratch)
            if block.average is not None:
                np.subtract(W, block.average, out=scratch)
                scratch *= (LEANING + 1) / (update + 1 + LEANING)
                np.add(block.average, scratch, out=block.average)
        return objective

    def classifiers(self) -> Array:
        """The weights that count, (R, C, D): the last ones, or their mean where that is wanted."""
        if all(block.average is None for block in self.blocks):
            return self.W
        classifiers = self.W.copy()
        for block in self.blocks:
            if block.average is not None:
                classifiers[block.runs] = block.average
        return classifiers

    def data_gradient(self, W: Array, X: Array, y: Labels, right: Array | None = None) -> Array:
        """Put the gradient of the mean data loss at W into `gradient`; return that loss, (R,).

        The number of right predictions is added to `right` (R,), if given.
        """
        loss = np.zeros(len(self.W))
        out = self.gradient
        for X_piece, y_piece, scores in self._scored(W, X, y, right):
            loss += self._to_gradient(scores, y_piece)
            linear.pull_back(scores, X_piece, out)
            if out is self.scratch:
                self.gradient += out
            out = self.scratch
        self.gradient *= 1.0 / len(y)
        loss *= 1.0 / len(y)
        return loss

    def _scored(
        self, W: Array, X: Array, y: Labels, right: Array | None
    ) -> Iterator[tuple[Array, Labels, Array]]:
        """Examples in pieces, with their scores (R, C, piece), free to be overwritten."""
        runs, classes, _ = W.shape
        for first in range(0, len(y), self.examples_at_once):
            X_piece = X[first : first + self.examples_at_once]
            y_piece = y[first : first + self.examples_at_once]
            buffer = self.scores[: runs * classes * len(y_piece)].reshape(runs, classes, -1)
            scores = linear.scores(W, X_piece, buffer)
            if right is not None:
                right += np.count_nonzero(predicted(scores) == y_piece, axis=-1)
            yield X_piece, y_piece, scores

    def _to_gradient(self, scores: Array, labels: Labels) -> Array:
        """Overwrite scores with the gradient of each run's loss; return total losses, (R,)."""
        total = np.empty(len(self.W))
        for block in self.blocks:
            values = block.loss.to_gradient(scores[block.runs], labels)
            values.sum(axis=-1, out=total[block.runs])
        return total

    def evaluate(self) -> Array:
        """All data: (columns, R), the columns of a history from `objective` on."""
        W = self.classifiers()
        right = np.zeros(len(W))
        data_loss = self.data_gradient(W, self.features, self.labels, right)
        penalty = np.zeros(len(W))
        for block in self.blocks:
            penalty[block.runs] = block.regularizer.value(W[block.runs])
            block.regularizer.add_least_subgradient(W[block.runs], block.gradient)
        return np.stack(
            [
                data_loss + penalty,
                data_loss,
                penalty,
                norm(self.gradient),
                norm(W[..., :-1]),
                right / len(self.labels),
                *self._test(W),
            ]
        )

    def _test(self, W: Array) -> tuple[Array, Array]:
        """Mean loss and accuracy on the test part; NaN where there is none."""
        examples = len(self.test_labels)
        if examples == 0:
            nothing = np.full(len(self.W), np.nan)
            return nothing, nothing
        loss, right = np.zeros(len(self.W)), np.zeros(len(self.W))
        for _, labels, scores in self._scored(W, self.test_features, self.test_labels, right):
            loss += self._to_gradient(scores, labels)
        return loss / examples, right / examples

    def park(self, run: int) -> None:
        """Put a run to rest at zero weights, where it cannot disturb the others."""
        self.W[run] = 0.0
        for block in self.blocks:
            if block.runs.start <= run < block.runs.stop:
                inside = run - block.runs.start
                block.rate[inside] = 0.0
                for array in block.memory:
                    array[inside] = 0.0
                if block.average is not None:
                    block.average[inside] = 0.0


def column(values: Sequence[float]) -> Array:
    """One number a run, (R, 1, 1): broadcasts against weights and scores."""
    return np.array(values, dtype=np.float64)[:, None, None]


def parameters(entry: type[Any], members: Sequence[Experiment]) -> dict[str, Array]:
    """A registry entry's own parameters out of the members' settings of the same names."""
    return {
        parameter.name: column([getattr(each, parameter.name) for each in members])
        for parameter in fields(entry)
    }


def predicted(scores: Array) -> Labels:
    """The class with the highest score, the first of equals: (..., C, B) to (..., B)."""
    labels: Labels = scores.argmax(axis=-2)
    return labels


def norm(W: Array) -> Array:
    """Euclidean norm of each classifier, (R, C, D) to (R,)."""
    length: Array = np.sqrt(np.einsum("rcd,rcd->r", W, W))
    return length
