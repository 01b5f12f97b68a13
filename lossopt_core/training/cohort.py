"""A cohort: runs trained together as one stack of weights.

The runs of a cohort share batch size and epochs.  Runs of one group also share data and seed: they
see the same minibatches in the same order, so that they are paired.  Runs of one kind (loss,
regularizer, optimizer, schedule) are consecutive; a block is their slice of the leading run
axis.  A slice is a view, so a block updates its runs in place, independently of the others.  In
every block there are equally many runs of each group, group after group.  A single run is a stack
of one; there is no separate code path.

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
from lossopt_core.objective.losses import LOSSES, Loss, flat_starts
from lossopt_core.objective.regularizers import REGULARIZERS, Regularizer
from lossopt_core.optim.optimizers import OPTIMIZERS, Memory, Optimizer
from lossopt_core.optim.schedules import SCHEDULES, Schedule
from lossopt_core.training.features import Chunk, Feed, split
from lossopt_core.training.grouping import as_one, group_numbers, kind

# Allocating memory costs more than the arithmetic on it, so scores of many examples are computed
# in chunks that fit into the processor's cache (0.5 MB).
SCORES_PER_CHUNK = 65_536
AVERAGING_POWER = 3
"""Polynomial-decay averaging (Shamir and Zhang, 2013): larger favours late weights, 0 is uniform.

The weights after update t enter with factor (p + 1) / (t + p), so that the start is forgotten.
"""


@dataclass(frozen=True, eq=False)
class Block:
    """Consecutive runs of one kind, with their parameters and optimizer state.

    `groups` (R,) are the numbers of the runs' groups.  `W`, `gradient`, `scratch` and `total` are
    views of the cohort's arrays; `absolute` is the L1 strength (R, 1, D), or None; `average` is the
    running average of the weights, or None.
    """

    runs: slice
    groups: Labels
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
    """Buffer for the scores of a chunk of B examples.

    scores      (R, C, B)
    of_block    views of the scores, one per block
    first       (R, B), flat indices of the scores of class 0; those within a block's scores are
                the first rows
    ones        (B,): a product with them is faster than a sum
    """

    scores: Array
    of_block: list[Array]
    first: Labels
    ones: Array


def initial_weights(experiment: Experiment, classes: int, features: int) -> Array:
    """Initial weights (C, D + 1): normal, scaled by init_scale; biases are 0.

    They are the same for all runs with one seed.
    """
    W = np.zeros((classes, features + 1))
    random = np.random.default_rng([experiment.seed, 0])
    W[:, :-1] = experiment.init_scale * random.standard_normal((classes, features))
    return W


@dataclass(frozen=True, eq=False)
class CohortState:
    """What training changes: weights (R, C, D), and by block the memory and the average."""

    W: Array
    memories: list[Memory]
    averages: list[Array | None]


class Cohort:
    """Weights, optimizer state and buffers of runs trained together.

    The experiments must be in the order of `grouping.stacked`.
    """

    def __init__(self, experiments: Sequence[Experiment], data: Data | Sequence[Data]) -> None:
        """`data` are those of all runs, or of each group."""
        self.experiments = experiments
        first = experiments[0]
        minibatch = 0 if first.full_batch else first.batch_size
        self.dtype = PRECISIONS[first.precision].dtype
        self.groups = group_numbers(experiments)
        several, shared = int(self.groups.max()) + 1, as_one(data)
        self.train = Feed(
            shared.train_features, shared.train_labels, minibatch, self.dtype, several
        )
        self.test = Feed(shared.test_features, shared.test_labels, 0, self.dtype)
        classes, features = len(shared.class_names), shared.train_features.shape[-1]
        start = [initial_weights(each, classes, features) for each in experiments]
        self.W = np.stack(start).astype(self.dtype)
        self.gradient = np.empty_like(self.W)
        self.scratch = np.empty_like(self.W)
        self.total = np.empty(len(experiments))
        self.examples_at_once = max(32, SCORES_PER_CHUNK // self.W[:, :, 0].size)
        self.scores = np.empty(self.W[:, :, 0].size * self.examples_at_once, self.dtype)
        self.buffers: dict[int, ScoreBuffer] = {}
        self.full_batch = first.full_batch
        self.evaluated: tuple[Array, Array, Array] | None = None
        """The weights of the last evaluation, and the data losses (R,) and gradients at them: the
        next full-batch step needs the same."""
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
                groups=self.groups[runs],
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
        """A registry entry's parameters, from the members' settings of the same names."""
        return {name: self._column(members, name) for name in parameter_names(entry)}

    def _column(self, members: Sequence[Experiment], name: str) -> Array:
        """One number per run, (R, 1, 1), which broadcasts against weights and scores."""
        return np.array([getattr(each, name) for each in members], self.dtype)[:, None, None]

    def _penalty_parameters(
        self, entry: type[Regularizer], members: Sequence[Experiment]
    ) -> dict[str, Array]:
        """Parameters with strength (R, 1, D), which is 0 for the bias."""
        values = self._parameters(entry, members)
        if "strength" in values:
            weights_only = np.ones(self.W.shape[2], self.dtype)
            weights_only[-1] = 0.0
            values["strength"] = values["strength"] * weights_only
        return values

    def step(self, batch: Labels | None, update: int, updates: int) -> Array:
        """Make update number `update` (from 0) of all runs on a batch (None: all examples).

        Returns the objective on the batch before the update, (R,), valid until the next update.
        """
        if batch is None:
            self._full_gradient()
        else:
            chunk = self.train.batch(batch)
            small = batch.shape[-1] <= self.examples_at_once
            self.data_gradient(self.W, (chunk,) if small else split(chunk, self.examples_at_once))
        for block in self.blocks:
            W, gradient, scratch = block.W, block.gradient, block.scratch
            total = block.total
            total += block.regularizer.add_gradient(W, gradient, scratch)
            factor = block.schedule.factor(update / updates)
            rate = block.rate if factor == 1.0 else block.rate * factor
            block.optimizer.update(W, gradient, block.memory, rate, update + 1, block.absolute)
            if block.average is not None:
                np.subtract(W, block.average, out=scratch)
                scratch *= (AVERAGING_POWER + 1) / (update + 1 + AVERAGING_POWER)
                np.add(block.average, scratch, out=block.average)
        return self.total

    def state(self) -> CohortState:
        """The weights and what the optimizers remember, valid until the next update."""
        memories = [block.memory for block in self.blocks]
        return CohortState(self.W, memories, [block.average for block in self.blocks])

    def state_of(self, run: int) -> Array | None:
        """What a run would need to go on, beside its classifier: see `Run.state`.

        None if an optimizer of a plug-in remembers arrays of another shape.
        """
        [block] = [each for each in self.blocks if each.runs.start <= run < each.runs.stop]
        inside = run - block.runs.start
        arrays = [*block.memory, *([] if block.average is None else [block.W])]
        if any(each.shape != block.W.shape for each in arrays):
            return None
        return np.array([each[inside] for each in arrays], np.float64)

    def restore(self, state: CohortState) -> None:
        """Go back to a state of a cohort of the same experiments."""
        self.W[...] = state.W
        for block, memory, average in zip(self.blocks, state.memories, state.averages, strict=True):
            for array, before in zip(block.memory, memory, strict=True):
                array[...] = before
            if block.average is not None:
                block.average[...] = average

    def _full_gradient(self) -> None:
        """The data losses and gradients over all examples, unless the evaluation found them."""
        if self.evaluated is not None and np.array_equal(self.evaluated[0], self.W):
            _, self.total[...], self.gradient[...] = self.evaluated
        else:
            self.data_gradient(self.W, self.train.chunks(self.examples_at_once))
        self.evaluated = None

    def classifiers(self) -> Array:
        """The current classifiers, (R, C, D): the weights, or their average for averaging runs."""
        if all(block.average is None for block in self.blocks):
            return self.W
        classifiers = self.W.copy()
        for block in self.blocks:
            if block.average is not None:
                classifiers[block.runs] = block.average
        return classifiers

    def data_gradient(
        self, W: Array, chunks: Iterable[Chunk], correct: Array | None = None
    ) -> None:
        """Write mean data losses at W to `total` (R,) and their gradients to `gradient`.

        If given, `correct` (R,) is increased by the number of correct predictions.
        """
        self.total.fill(0.0)
        examples = 0
        out = self.gradient
        for X, labels in chunks:
            buffer, true = self._scored(W, X, labels, correct)
            self._loss_gradient_inplace(buffer, true)
            self._pull_back(buffer, X, out)
            if out is self.scratch:
                self.gradient += out
            out = self.scratch
            examples += labels.shape[-1]
        self.gradient *= 1.0 / examples
        self.total *= 1.0 / examples

    def _scored(
        self, W: Array, X: Array, labels: Labels, correct: Array | None
    ) -> tuple[ScoreBuffer, list[Labels]]:
        """A buffer with the scores of a chunk, and by block the indices of the true classes' ones.

        The indices are flat, and those within the block's scores.
        """
        examples = labels.shape[-1]
        buffer = self.buffers.get(examples) or self._new_buffer(examples)
        if X.ndim == 2:
            linear.scores(W, X, buffer.scores)
        else:
            for block, scores in zip(self.blocks, buffer.of_block, strict=True):
                linear.scores(W[block.runs], X, scores)
        true = self._true_classes(buffer, labels)
        if correct is not None:
            for block, scores, own in zip(self.blocks, buffer.of_block, true, strict=True):
                whose = labels if labels.ndim == 1 else labels[block.groups]
                correct[block.runs] += count_correct(scores, whose, own)
        return buffer, true

    def _true_classes(self, buffer: ScoreBuffer, labels: Labels) -> list[Labels]:
        """By block, the flat indices (R, B) of the true classes' scores."""
        classes = labels * labels.shape[-1]
        if labels.ndim == 1:
            indices = buffer.first + classes
            return [indices[: len(scores)] for scores in buffer.of_block]
        return [buffer.first[: len(block.groups)] + classes[block.groups] for block in self.blocks]

    def _pull_back(self, buffer: ScoreBuffer, X: Array, out: Array) -> None:
        """Write the gradients in the weights of all runs, from those in the scores."""
        if X.ndim == 2:
            linear.pull_back(buffer.scores, X, out)
        else:
            for block, scores in zip(self.blocks, buffer.of_block, strict=True):
                linear.pull_back(scores, X, out[block.runs])

    def _new_buffer(self, examples: int) -> ScoreBuffer:
        """All buffers share their memory, because only one is in use at a time."""
        runs, classes, _ = self.W.shape
        scores = self.scores[: runs * classes * examples].reshape(runs, classes, examples)
        of_block = [scores[block.runs] for block in self.blocks]
        self.buffers[examples] = ScoreBuffer(
            scores, of_block, flat_starts(scores.shape), np.ones(examples)
        )
        return self.buffers[examples]

    def _loss_gradient_inplace(self, buffer: ScoreBuffer, true: Sequence[Labels]) -> None:
        """Overwrite scores with the gradient of each run's loss, and add the losses to `total`."""
        for block, scores, own in zip(self.blocks, buffer.of_block, true, strict=True):
            values = block.loss.loss_gradient_inplace(scores, own)
            total = block.total
            total += values.dot(buffer.ones)

    def evaluate(self) -> Array:
        """Evaluate on all data: (columns, R), the history columns from `objective` on."""
        W = self.classifiers()
        correct = np.zeros(len(W))
        self.data_gradient(W, self.train.chunks(self.examples_at_once), correct)
        data_loss = self.total.copy()
        if self.full_batch and W is self.W:
            self.evaluated = W.copy(), data_loss, self.gradient.copy()
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
                correct / self.train.labels.shape[-1],
                *self._test(W),
            ]
        )

    def _test(self, W: Array) -> tuple[Array, Array]:
        """Mean loss and accuracy on the test set; NaN without one."""
        examples = self.test.labels.shape[-1]
        if examples == 0:
            missing = np.full(len(self.W), np.nan)
            return missing, missing
        self.total.fill(0.0)
        correct = np.zeros(len(self.W))
        for X, labels in self.test.chunks(self.examples_at_once):
            self._loss_gradient_inplace(*self._scored(W, X, labels, correct))
        return self.total / examples, correct / examples

    def deactivate(self, run: int) -> None:
        """Freeze a run at zero weights, where it cannot affect the others."""
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
    """The class with the highest score, (..., C, B) to (..., B); ties go to the first class."""
    labels: Labels = scores.argmax(axis=-2)
    return labels


def count_correct(scores: Array, labels: Labels, true: Labels) -> Labels:
    """Number of correct predictions, (R, C, B) scores to (R,) counts.

    `true` are the flat indices of the true classes' scores.  Without ties, a maximum gives the
    same result as `predicted` in a third of the time.
    """
    highest = scores.max(axis=-2)
    equal = np.count_nonzero(scores == highest[..., None, :])
    if equal == highest.size and not np.isnan(highest.max()):
        correct = scores.reshape(-1)[true] == highest
    else:
        correct = predicted(scores) == labels
    counts: Labels = np.count_nonzero(correct, axis=-1)
    return counts


def norm(W: Array) -> Array:
    """Euclidean norm of each classifier, (R, C, D) to (R,)."""
    length: Array = np.sqrt(np.einsum("rcd,rcd->r", W, W))
    return length
