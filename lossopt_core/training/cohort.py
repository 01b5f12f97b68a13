"""A cohort: runs that are trained together, as one stack of weights.

Its runs share data, batch size, epochs and seed.  They see the same minibatches in the same
order, so that labels have no run axis: that single fact is the pairing of the runs.  Runs of
one kind (loss, regularizer, optimizer, schedule) are consecutive; a block is their slice of
the leading run axis.  A slice is a view, so a block moves its part in place and needs to know
nothing of the others.  One run is a stack of one; there is no second way to train.

Shapes are those of `linear`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lossopt_core.experiment.description import Experiment, parameter_names
from lossopt_core.experiment.loading import Data
from lossopt_core.experiment.precision import PRECISIONS
from lossopt_core.objective import linear
from lossopt_core.objective.linear import Array, Labels
from lossopt_core.objective.losses import LOSSES, Loss, first_places
from lossopt_core.objective.regularizers import REGULARIZERS, Regularizer
from lossopt_core.optim.optimizers import OPTIMIZERS, Memory, Optimizer
from lossopt_core.optim.schedules import SCHEDULES, Schedule
from lossopt_core.training.features import Feed, Piece, cut

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

    `W`, `gradient`, `scratch` and `total` are views of the cohort's arrays; `absolute` is the
    strength of the absolute weights (R, 1, D), None without any; `average` is the running mean of
    the weights, where that is wanted.
    """

    runs: slice
    W: Array
    gradient: Array
    scratch: Array
    total: Array
    loss: Loss
    regularizer: Regularizer
    optimizer: Optimizer
    schedule: Schedule
    absolute: Array | None
    rate: Array
    memory: Memory
    average: Array | None


@dataclass(frozen=True, eq=False)
class ScoreBuffer:
    """Room for the scores of a piece of B examples.

    scores      (R, C, B)
    of_block    views of the scores, one a block
    first       (R, B), where the scores of class 0 are in a row
    ones        (B,): a product with them adds up faster than a sum
    """

    scores: Array
    of_block: list[Array]
    first: Labels
    ones: Array


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
        first = experiments[0]
        minibatch = 0 if first.full_batch else first.batch_size
        self.dtype = PRECISIONS[first.precision].dtype
        self.train = Feed(data.train_features, data.train_labels, minibatch, self.dtype)
        self.test = Feed(data.test_features, data.test_labels, 0, self.dtype)
        classes, features = len(data.class_names), data.train_features.shape[1]
        start = [initial_weights(each, classes, features) for each in experiments]
        self.W = np.stack(start).astype(self.dtype)
        self.gradient = np.empty_like(self.W)
        self.scratch = np.empty_like(self.W)
        self.total = np.empty(len(experiments))
        self.examples_at_once = max(32, SCORES_AT_ONCE // self.W[:, :, 0].size)
        self.scores = np.empty(self.W[:, :, 0].size * self.examples_at_once, self.dtype)
        self.buffers: dict[int, ScoreBuffer] = {}
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
            rule = OPTIMIZERS[optimizer](**self._parameters(OPTIMIZERS[optimizer], members))
            penalty = REGULARIZERS[regularizer](
                **self._penalty_parameters(REGULARIZERS[regularizer], members)
            )
            yield Block(
                runs=runs,
                W=self.W[runs],
                gradient=self.gradient[runs],
                scratch=self.scratch[runs],
                total=self.total[runs],
                loss=LOSSES[loss](**self._parameters(LOSSES[loss], members)),
                regularizer=penalty,
                optimizer=rule,
                schedule=SCHEDULES[schedule],
                absolute=np.asarray(penalty.absolute) if np.any(penalty.absolute) else None,
                rate=self._column(members, "learning_rate"),
                memory=rule.start(self.W[runs]),
                average=self.W[runs].copy() if averaging else None,
            )
            first = end

    def _parameters(self, entry: type[Any], members: Sequence[Experiment]) -> dict[str, Array]:
        """A registry entry's own parameters out of the members' settings of the same names."""
        return {name: self._column(members, name) for name in parameter_names(entry)}

    def _column(self, members: Sequence[Experiment], name: str) -> Array:
        """One number a run, (R, 1, 1): broadcasts against weights and scores."""
        return np.array([getattr(each, name) for each in members], self.dtype)[:, None, None]

    def _penalty_parameters(
        self, entry: type[Regularizer], members: Sequence[Experiment]
    ) -> dict[str, Array]:
        """Parameters with strength (R, 1, D): a bias is a weight of strength 0."""
        values = self._parameters(entry, members)
        if "strength" in values:
            weights_only = np.ones(self.W.shape[2], self.dtype)
            weights_only[-1] = 0.0
            values["strength"] = values["strength"] * weights_only
        return values

    def step(self, batch: Labels | None, update: int, updates: int) -> Array:
        """Make update number `update` (from 0) of all runs on a batch (None: all examples).

        Returns the objective on the batch before the step, (R,): valid until the next one.
        """
        if batch is None:
            self.data_gradient(self.W, self.train.pieces(self.examples_at_once))
        else:
            piece = self.train.batch(batch)
            small = len(batch) <= self.examples_at_once
            self.data_gradient(self.W, (piece,) if small else cut(piece, self.examples_at_once))
        for block in self.blocks:
            W, gradient, scratch = block.W, block.gradient, block.scratch
            total = block.total
            total += block.regularizer.add_gradient(W, gradient, scratch)
            factor = block.schedule.factor(update / updates)
            rate = block.rate if factor == 1.0 else block.rate * factor
            block.optimizer.update(W, gradient, block.memory, rate, update + 1, block.absolute)
            if block.average is not None:
                np.subtract(W, block.average, out=scratch)
                scratch *= (LEANING + 1) / (update + 1 + LEANING)
                np.add(block.average, scratch, out=block.average)
        return self.total

    def classifiers(self) -> Array:
        """The weights that count, (R, C, D): the last ones, or their mean where that is wanted."""
        if all(block.average is None for block in self.blocks):
            return self.W
        classifiers = self.W.copy()
        for block in self.blocks:
            if block.average is not None:
                classifiers[block.runs] = block.average
        return classifiers

    def data_gradient(self, W: Array, pieces: Iterable[Piece], right: Array | None = None) -> None:
        """Put mean data losses at W into `total` (R,) and their gradients into `gradient`.

        The number of right predictions is added to `right` (R,), if given.
        """
        self.total.fill(0.0)
        examples = 0
        out = self.gradient
        for X, labels in pieces:
            buffer, true = self._scored(W, X, labels, right)
            self._loss_gradient_inplace(buffer, true)
            linear.pull_back(buffer.scores, X, out)
            if out is self.scratch:
                self.gradient += out
            out = self.scratch
            examples += len(labels)
        self.gradient *= 1.0 / examples
        self.total *= 1.0 / examples

    def _scored(
        self, W: Array, X: Array, labels: Labels, right: Array | None
    ) -> tuple[ScoreBuffer, Labels]:
        """The board with the scores of a piece, and the places of the true classes' scores."""
        buffer = self.buffers.get(len(labels)) or self._new_buffer(len(labels))
        true = buffer.first + labels * len(labels)
        linear.scores(W, X, buffer.scores)
        if right is not None:
            right += rightly_predicted(buffer.scores, labels, true)
        return buffer, true

    def _new_buffer(self, examples: int) -> ScoreBuffer:
        """All boards share their room: only one is in use at a time."""
        runs, classes, _ = self.W.shape
        scores = self.scores[: runs * classes * examples].reshape(runs, classes, examples)
        of_block = [scores[block.runs] for block in self.blocks]
        self.buffers[examples] = ScoreBuffer(
            scores, of_block, first_places(scores.shape), np.ones(examples)
        )
        return self.buffers[examples]

    def _loss_gradient_inplace(self, buffer: ScoreBuffer, true: Labels) -> None:
        """Overwrite scores with the gradient of each run's loss; add the losses to `total`."""
        for block, scores in zip(self.blocks, buffer.of_block, strict=True):
            # A block's scores are contiguous: its places are those of as many first runs.
            values = block.loss.loss_gradient_inplace(scores, true[: len(scores)])
            total = block.total
            total += values.dot(buffer.ones)

    def evaluate(self) -> Array:
        """All data: (columns, R), the columns of a history from `objective` on."""
        W = self.classifiers()
        right = np.zeros(len(W))
        self.data_gradient(W, self.train.pieces(self.examples_at_once), right)
        data_loss = self.total.copy()
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
                right / len(self.train.labels),
                *self._test(W),
            ]
        )

    def _test(self, W: Array) -> tuple[Array, Array]:
        """Mean loss and accuracy on the test part; NaN where there is none."""
        examples = len(self.test.labels)
        if examples == 0:
            nothing = np.full(len(self.W), np.nan)
            return nothing, nothing
        self.total.fill(0.0)
        right = np.zeros(len(self.W))
        for X, labels in self.test.pieces(self.examples_at_once):
            self._loss_gradient_inplace(*self._scored(W, X, labels, right))
        return self.total / examples, right / examples

    def deactivate(self, run: int) -> None:
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


def predicted(scores: Array) -> Labels:
    """The class with the highest score, the first of equals: (..., C, B) to (..., B)."""
    labels: Labels = scores.argmax(axis=-2)
    return labels


def rightly_predicted(scores: Array, labels: Labels, true: Labels) -> Labels:
    """How many examples have their class predicted: (R, C, B) scores to (R,) counts.

    `true` are the places of the true classes' scores.  Where no two scores are the highest, a
    maximum says the same as `predicted`, and in a third of the time.
    """
    highest = scores.max(axis=-2)
    equal = np.count_nonzero(scores == highest[..., None, :])
    if equal == highest.size and not np.isnan(highest.max()):
        right = scores.reshape(-1)[true] == highest
    else:
        right = predicted(scores) == labels
    counts: Labels = np.count_nonzero(right, axis=-1)
    return counts


def norm(W: Array) -> Array:
    """Euclidean norm of each classifier, (R, C, D) to (R,)."""
    length: Array = np.sqrt(np.einsum("rcd,rcd->r", W, W))
    return length
