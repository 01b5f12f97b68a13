"""Everybody who trains in `train_speed`: lossopt, and what else people use."""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar

import numpy as np
from sklearn.linear_model import SGDClassifier

from lossopt_core import Data, Experiment
from lossopt_core.objective.linear import Array, Labels, with_ones
from lossopt_core.training.cohort import Cohort

try:
    import torch
    from torch.nn import functional
except ImportError:
    torch = None

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
try:
    import jax
except ImportError:
    jax = None
else:
    jax.config.update("jax_enable_x64", True)

STRENGTH = 1e-3
MARGIN = 1.0
BATCH = 32


class Contender(ABC):
    """Somebody who trains runs that differ in the learning rate, an epoch at a time."""

    name: ClassVar[str]
    one_at_a_time: ClassVar[bool] = False
    """Whether it trains run after run, so that one run tells the time of all."""
    same_objective: ClassVar[bool] = True
    """Whether its objective is the one that the others minimise."""

    @abstractmethod
    def __init__(self, runs: Sequence[Experiment], data: Data) -> None:
        """Start at zero weights."""

    @abstractmethod
    def start_again(self) -> None:
        """Set the weights to zero; what was compiled stays."""

    @abstractmethod
    def epoch(self, batches: Sequence[Labels]) -> None:
        """Make one update for every batch."""

    @abstractmethod
    def weights(self) -> Array:
        """(R, C, D) weights with the bias as last column."""

    def train(self, batches: Sequence[Labels], epochs: int, evaluate: "Evaluate") -> None:
        """A whole training; with the same objective, evaluated before and after."""
        if self.same_objective:
            evaluate(self.weights())
        for _ in range(epochs):
            self.epoch(batches)
        if self.same_objective:
            evaluate(self.weights())


Evaluate = Callable[[Array], object]


class Lossopt(Contender):
    name = "**lossopt**"

    def __init__(self, runs: Sequence[Experiment], data: Data) -> None:
        self.cohort = Cohort(runs, data)

    def start_again(self) -> None:
        self.cohort.W.fill(0.0)

    def epoch(self, batches: Sequence[Labels]) -> None:
        for update, batch in enumerate(batches):
            self.cohort.step(batch, update, len(batches))

    def weights(self) -> Array:
        return self.cohort.W


class Single(Lossopt):
    name = "lossopt in float32"
    same_objective = False

    def __init__(self, runs: Sequence[Experiment], data: Data) -> None:
        super().__init__([run.replace(precision="float32") for run in runs], data)


class ByHand(Contender):
    """The fastest loop in NumPy that I could write for one run of this loss and this penalty.

    All buffers are made before, and nothing is checked.
    """

    name = "NumPy loop by hand, run after run"
    one_at_a_time = True

    def __init__(self, runs: Sequence[Experiment], data: Data) -> None:
        (run,) = runs
        self.hinge, self.rate = run.loss == "hinge", run.learning_rate
        self.X, self.y = with_ones(data.train_features), data.train_labels
        self.W = np.zeros((len(data.class_names), self.X.shape[1]))
        self.gradient, self.penalty = np.empty_like(self.W), np.empty_like(self.W)
        self.decay = np.full(self.X.shape[1], 2.0 * STRENGTH)
        self.decay[-1] = 0.0
        self.ones = np.ones(len(self.W))
        rest = len(self.y) % BATCH or BATCH
        self.room = {
            n: (np.empty((n, self.X.shape[1])), np.empty((len(self.W), n)), np.arange(n))
            for n in (BATCH, rest)
        }

    def start_again(self) -> None:
        self.W.fill(0.0)

    def epoch(self, batches: Sequence[Labels]) -> None:
        W, gradient, penalty, ones = self.W, self.gradient, self.penalty, self.ones
        for batch in batches:
            n = len(batch)
            X, scores, row = self.room[n]
            self.X.take(batch, axis=0, out=X, mode="clip")
            true, flat = self.y[batch] * n + row, scores.reshape(-1)
            np.dot(W, X.T, out=scores)
            if self.hinge:
                scores -= flat[true] - MARGIN
                flat[true] = 0.0
                np.maximum(scores, 0.0, out=scores)
                loss = scores.sum()
                np.greater(scores, 0.0, out=scores)
                flat[true] = -ones.dot(scores)
            else:
                scores -= scores.max(axis=0)
                loss = -flat[true].sum()
                np.exp(scores, out=scores)
                total = ones.dot(scores)
                loss += np.log(total).sum()
                scores /= total
                flat[true] -= 1.0
            np.dot(scores, X, out=gradient)
            gradient /= n
            np.multiply(W, self.decay, out=penalty)
            gradient += penalty
            self.objective = loss / n + 0.5 * np.vdot(W, penalty)
            gradient *= self.rate
            W -= gradient

    def weights(self) -> Array:
        return self.W[None]


class Products(Contender):
    """The two matrix products of an update, and nothing else: no update can be faster."""

    name = "the two matrix products alone (NumPy)"
    same_objective = False

    def __init__(self, runs: Sequence[Experiment], data: Data) -> None:
        classes, features = len(data.class_names), data.train_features.shape[1] + 1
        self.X = with_ones(data.train_features)[:BATCH]
        self.W = np.ones((len(runs) * classes, features))
        self.scores = np.empty((len(self.W), BATCH))
        self.gradient = np.empty_like(self.W)

    def start_again(self) -> None:
        """Nothing changes."""

    def epoch(self, batches: Sequence[Labels]) -> None:
        for _ in batches:
            np.matmul(self.W, self.X.T, out=self.scores)
            np.matmul(self.scores, self.X, out=self.gradient)

    def weights(self) -> Array:
        return self.W


class TorchStacked(Contender):
    """One product for the scores of all runs, autograd, updates in place."""

    name = "PyTorch, weights stacked"

    def __init__(self, runs: Sequence[Experiment], data: Data) -> None:
        self.loss, self.runs, self.classes = runs[0].loss, len(runs), len(data.class_names)
        self.X = torch.from_numpy(with_ones(data.train_features))
        self.y = torch.from_numpy(data.train_labels.copy())
        rows, features = self.runs * self.classes, self.X.shape[1]
        self.W = torch.zeros(rows, features, dtype=torch.float64, requires_grad=True)
        rates = [run.learning_rate for run in runs]
        self.rate = torch.from_numpy(np.repeat(rates, self.classes)[:, None])
        self.decay = torch.full((features,), 2.0 * STRENGTH, dtype=torch.float64)
        self.decay[-1] = 0.0

    def start_again(self) -> None:
        with torch.no_grad():
            self.W.zero_()

    def epoch(self, batches: Sequence[Labels]) -> None:
        for batch in map(torch.from_numpy, batches):
            X, y = self.X[batch], self.y[batch]
            losses = self.losses(X, y)
            (gradient,) = torch.autograd.grad(losses.sum(), self.W)
            with torch.no_grad():
                gradient.addcmul_(self.W, self.decay)
                self.W.addcmul_(gradient, self.rate, value=-1.0)

    def losses(self, X: "torch.Tensor", y: "torch.Tensor") -> "torch.Tensor":
        """Mean loss of each run on a batch, in the order of axes that is fastest for each."""
        if self.loss == "cross_entropy":
            scores = (self.W @ X.T).view(self.runs, self.classes, len(y))
            values = functional.cross_entropy(scores, y.expand(self.runs, -1), reduction="none")
            return values.mean(dim=1)
        scores = (X @ self.W.T).view(len(y) * self.runs, self.classes)
        labels = y.repeat_interleave(self.runs)
        values = functional.multi_margin_loss(scores, labels, margin=MARGIN, reduction="none")
        # PyTorch divides by the number of classes.
        return values.view(len(y), self.runs).mean(dim=0) * self.classes

    def weights(self) -> Array:
        W: Array = self.W.detach().numpy().reshape(self.runs, self.classes, -1)
        return W


class TorchStackedByHand(TorchStacked):
    """The same without autograd: the gradient written out, as lossopt does."""

    name = "PyTorch, weights stacked, gradient by hand"

    @staticmethod
    def to_gradient_of_cross_entropy(
        scores: "torch.Tensor", labels: "torch.Tensor"
    ) -> tuple["torch.Tensor", "torch.Tensor"]:
        log_shares = torch.log_softmax(scores, dim=1)
        values = -log_shares.gather(1, labels)[:, 0]
        gradient = log_shares.exp_()
        gradient.scatter_add_(1, labels, torch.full_like(values, -1.0)[:, None])
        return values, gradient

    @staticmethod
    def to_gradient_of_hinge(
        scores: "torch.Tensor", labels: "torch.Tensor"
    ) -> tuple["torch.Tensor", "torch.Tensor"]:
        violations = scores.sub_(scores.gather(1, labels) - MARGIN).clamp_min_(0.0)
        violations.scatter_(1, labels, 0.0)
        values = violations.sum(dim=1)
        gradient = violations.sign_()
        gradient.scatter_(1, labels, -gradient.sum(dim=1, keepdim=True))
        return values, gradient

    def epoch(self, batches: Sequence[Labels]) -> None:
        loss_gradient_inplace = {
            "cross_entropy": self.to_gradient_of_cross_entropy,
            "hinge": self.to_gradient_of_hinge,
        }[self.loss]
        with torch.no_grad():
            for batch in map(torch.from_numpy, batches):
                X, y = self.X[batch], self.y[batch]
                scores = (self.W @ X.T).view(self.runs, self.classes, len(y))
                values, upstream = loss_gradient_inplace(scores, y.expand(self.runs, 1, -1))
                values.mean(dim=1)
                gradient = upstream.view(len(self.W), len(y)) @ X
                gradient.div_(len(y)).addcmul_(self.W, self.decay)
                self.W.addcmul_(gradient, self.rate, value=-1.0)


class TorchLoop(Contender):
    """The loop of every tutorial, batches by index (a DataLoader would take longer)."""

    name = "PyTorch loop, run after run"
    one_at_a_time = True

    def __init__(self, runs: Sequence[Experiment], data: Data) -> None:
        (run,) = runs
        self.X = torch.from_numpy(data.train_features.copy())
        self.y = torch.from_numpy(data.train_labels.copy())
        classes = len(data.class_names)
        self.model = torch.nn.Linear(self.X.shape[1], classes, dtype=torch.float64)
        self.start_again()
        if run.loss == "cross_entropy":
            self.criterion, scale = torch.nn.CrossEntropyLoss(), 1
        else:
            # PyTorch divides this loss by the number of classes; a step longer by as much and
            # a decay less by as much make the same update, at no cost.
            self.criterion, scale = torch.nn.MultiMarginLoss(margin=MARGIN), classes
        groups = [
            {"params": [self.model.weight], "weight_decay": 2.0 * STRENGTH / scale},
            {"params": [self.model.bias], "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.SGD(groups, lr=run.learning_rate * scale)

    def start_again(self) -> None:
        for parameter in self.model.parameters():
            torch.nn.init.zeros_(parameter)

    def epoch(self, batches: Sequence[Labels]) -> None:
        for batch in map(torch.from_numpy, batches):
            self.optimizer.zero_grad()
            loss = self.criterion(self.model(self.X[batch]), self.y[batch])
            loss.backward()
            self.optimizer.step()

    def weights(self) -> Array:
        weight, bias = self.model.weight.detach(), self.model.bias.detach()
        return np.hstack([weight.numpy(), bias.numpy()[:, None]])[None]


class JaxStacked(Contender):
    """A scan over the minibatches of an epoch, with `vmap` of `grad`, as one writes it."""

    name = "JAX, jit(scan(vmap(grad)))"

    def __init__(self, runs: Sequence[Experiment], data: Data) -> None:
        self.loss = runs[0].loss
        self.X = jax.numpy.asarray(with_ones(data.train_features))
        self.y = jax.numpy.asarray(data.train_labels)
        self.shape = (len(runs), len(data.class_names), self.X.shape[1])
        self.rates = jax.numpy.asarray([run.learning_rate for run in runs])[:, None, None]
        self.decay = jax.numpy.full(self.shape[2], STRENGTH).at[-1].set(0.0)
        self.scan = jax.jit(lambda W, rows: jax.lax.scan(self.step, W, rows))
        self.start_again()

    def start_again(self) -> None:
        self.W = jax.numpy.zeros(self.shape)

    def step(self, W: "jax.Array", rows: "jax.Array") -> tuple["jax.Array", "jax.Array"]:
        """The weights after a minibatch, and the objectives before."""
        X, y = self.X[rows], self.y[rows]
        values, gradients = jax.vmap(jax.value_and_grad(self.objective), (0, None, None))(W, X, y)
        return W - self.rates * gradients, values

    def objective(self, W: "jax.Array", X: "jax.Array", y: "jax.Array") -> "jax.Array":
        """The objective (a number) of one run with weights (C, D) on a minibatch."""
        scores = X @ W.T
        true = scores[jax.numpy.arange(len(y)), y]
        if self.loss == "cross_entropy":
            values = jax.nn.logsumexp(scores, axis=1) - true
        else:
            violations = jax.numpy.maximum(0.0, scores - true[:, None] + MARGIN)
            values = violations.sum(axis=1) - MARGIN  # the true class's own
        return values.mean() + (self.decay * W**2).sum()

    def epoch(self, batches: Sequence[Labels]) -> None:
        *whole, last = batches
        for rows in ([np.stack(whole)] if whole else []) + [last[None]]:
            self.W, _ = self.scan(self.W, rows)
        self.W.block_until_ready()

    def weights(self) -> Array:
        return np.asarray(self.W)


class JaxByHand(JaxStacked):
    """The same with the gradient written out, as lossopt does."""

    name = "JAX, gradient by hand"

    def step(self, W: "jax.Array", rows: "jax.Array") -> tuple["jax.Array", "jax.Array"]:
        X, y = self.X[rows], self.y[rows]
        runs, classes, width = self.shape
        scores = (W.reshape(-1, width) @ X.T).reshape(runs, classes, len(y))
        true = jax.nn.one_hot(y, classes, axis=0, dtype=bool)
        of_true = jax.numpy.where(true, scores, 0.0).sum(axis=1, keepdims=True)
        if self.loss == "cross_entropy":
            highest = scores.max(axis=1, keepdims=True)
            powers = jax.numpy.exp(scores - highest)
            total = powers.sum(axis=1, keepdims=True)
            values = jax.numpy.log(total) + highest - of_true
            upstream = powers / total - true
        else:
            violations = jax.numpy.where(true, 0.0, scores - of_true + MARGIN)
            values = jax.numpy.maximum(0.0, violations).sum(axis=1, keepdims=True)
            above = (violations > 0.0).astype(float)
            upstream = jax.numpy.where(true, -above.sum(axis=1, keepdims=True), above)
        gradient = (upstream.reshape(-1, len(y)) @ X).reshape(self.shape) / len(y)
        penalty = self.decay * W
        objective = values.mean(axis=(1, 2)) + (penalty * W).sum(axis=(1, 2))
        return W - self.rates * (gradient + 2.0 * penalty), objective


class ScikitLearn(Contender):
    """One class against the rest, example by example: 32 examples are counted as an update."""

    name = "scikit-learn SGDClassifier, run after run"
    one_at_a_time = True
    same_objective = False

    def __init__(self, runs: Sequence[Experiment], data: Data) -> None:
        (run,) = runs
        self.X, self.y = data.train_features, data.train_labels
        self.classes = np.arange(len(data.class_names))
        self.loss = {"cross_entropy": "log_loss", "hinge": "hinge"}[run.loss]
        self.rate = run.learning_rate
        self.start_again()

    def start_again(self) -> None:
        self.model = SGDClassifier(
            loss=self.loss, alpha=2.0 * STRENGTH, learning_rate="constant", eta0=self.rate
        )

    def epoch(self, batches: Sequence[Labels]) -> None:
        self.model.partial_fit(self.X, self.y, classes=self.classes)

    def weights(self) -> Array:
        return np.hstack([self.model.coef_, self.model.intercept_[:, None]])[None]


PEERS: list[type[Contender]] = [Products, ByHand, ScikitLearn]
if torch is not None:
    PEERS[1:1] = [TorchStacked, TorchStackedByHand, TorchLoop]
if jax is not None:
    PEERS[1:1] = [JaxStacked, JaxByHand]
