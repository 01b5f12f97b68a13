"""How long an update takes, beside what else people use: microseconds per update and run.

    pip install -r requirements-bench.txt
    python -m benchmarks.train_speed            # the tables of the README, a few minutes
    python -m benchmarks.train_speed --quick    # a smoke run; peers that are missing are left out

Everybody gets the same work: digits, standardised, with minibatches of 32 in the same order,
plain SGD, an L2 penalty that spares the bias, float64, one thread; every run has a learning
rate of its own.  Before anything is timed, one epoch of everybody must end at the same
objective.  The contenders take turns, an epoch each; what counts is the processor time of the
fastest turn, which the rest of the machine disturbed least.

lossopt also returns the objective of every run at every update; its peers are let off the
penalty's share of it.
"""

import argparse
import platform
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from importlib.metadata import version
from itertools import islice
from typing import ClassVar

import numpy as np
from sklearn.linear_model import SGDClassifier
from threadpoolctl import threadpool_limits

from lossopt_core import LOSSES, Data, Experiment, load_data, train
from lossopt_core.cohort import Cohort, minibatches
from lossopt_core.linear import Array, Labels, scores, with_ones

try:
    import torch
    from torch.nn import functional
except ImportError:
    torch = None

STRENGTH = 1e-3
MARGIN = 1.0
BATCH = 32


def experiments(loss: str, runs: int, epochs: int = 20) -> list[Experiment]:
    """Runs that differ in the learning rate."""
    return [
        Experiment(dataset="digits", loss=loss, margin=MARGIN, strength=STRENGTH,
                   batch_size=BATCH, learning_rate=float(rate), epochs=epochs)
        for rate in np.geomspace(1e-3, 1e-2, runs)
    ]  # fmt: skip


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
    def epoch(self, batches: Sequence[Labels]) -> None:
        """Make one update for every batch."""

    @abstractmethod
    def weights(self) -> Array:
        """(R, C, D) weights with the bias as last column."""


class Lossopt(Contender):
    name = "**lossopt**"

    def __init__(self, runs: Sequence[Experiment], data: Data) -> None:
        self.cohort = Cohort(runs, data)

    def epoch(self, batches: Sequence[Labels]) -> None:
        for update, batch in enumerate(batches):
            self.cohort.step(batch, update, len(batches))

    def weights(self) -> Array:
        return self.cohort.W


class Single(Lossopt):
    name = "lossopt in float32"
    same_objective = False

    def __init__(self, runs: Sequence[Experiment], data: Data) -> None:
        super().__init__([run.but(precision="float32") for run in runs], data)


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
        to_gradient = {
            "cross_entropy": self.to_gradient_of_cross_entropy,
            "hinge": self.to_gradient_of_hinge,
        }[self.loss]
        with torch.no_grad():
            for batch in map(torch.from_numpy, batches):
                X, y = self.X[batch], self.y[batch]
                scores = (self.W @ X.T).view(self.runs, self.classes, len(y))
                values, upstream = to_gradient(scores, y.expand(self.runs, 1, -1))
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
        for parameter in self.model.parameters():
            torch.nn.init.zeros_(parameter)
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

    def epoch(self, batches: Sequence[Labels]) -> None:
        for batch in map(torch.from_numpy, batches):
            self.optimizer.zero_grad()
            loss = self.criterion(self.model(self.X[batch]), self.y[batch])
            loss.backward()
            self.optimizer.step()

    def weights(self) -> Array:
        weight, bias = self.model.weight.detach(), self.model.bias.detach()
        return np.hstack([weight.numpy(), bias.numpy()[:, None]])[None]


class ScikitLearn(Contender):
    """One class against the rest, example by example: 32 examples are counted as an update."""

    name = "scikit-learn SGDClassifier, run after run"
    one_at_a_time = True
    same_objective = False

    def __init__(self, runs: Sequence[Experiment], data: Data) -> None:
        (run,) = runs
        self.X, self.y = data.train_features, data.train_labels
        self.classes = np.arange(len(data.class_names))
        self.model = SGDClassifier(
            loss={"cross_entropy": "log_loss", "hinge": "hinge"}[run.loss],
            alpha=2.0 * STRENGTH,
            learning_rate="constant",
            eta0=run.learning_rate,
        )

    def epoch(self, batches: Sequence[Labels]) -> None:
        self.model.partial_fit(self.X, self.y, classes=self.classes)

    def weights(self) -> Array:
        return np.hstack([self.model.coef_, self.model.intercept_[:, None]])[None]


PEERS: list[type[Contender]] = [Products, ByHand, ScikitLearn]
if torch is not None:
    PEERS[1:1] = [TorchStacked, TorchStackedByHand, TorchLoop]


def objectives(W: Array, loss: str, data: Data) -> Array:
    """The objective over all training examples of each run, (R,)."""
    values = LOSSES[loss]().value(scores(W, with_ones(data.train_features)), data.train_labels)
    total: Array = values.mean(axis=-1) + STRENGTH * (W[..., :-1] ** 2).sum(axis=(-2, -1))
    return total


def check_same_work(loss: str, data: Data, batches: Sequence[Labels]) -> float:
    """One epoch of two runs by everybody; the largest relative difference of objectives."""
    runs = experiments(loss, 2)
    ends = []
    everybody: list[type[Contender]] = [Lossopt, *PEERS]
    for entry in everybody:
        if not entry.same_objective:
            continue
        parts = [[run] for run in runs] if entry.one_at_a_time else [runs]
        W = np.concatenate([trained(entry, part, data, batches) for part in parts])
        ends.append(objectives(W, loss, data))
    [ours, *others] = ends
    worst = max((float(np.abs(each / ours - 1.0).max()) for each in others), default=0.0)
    if worst > 1e-10:
        raise SystemExit(f"{loss}: the objectives differ by {worst:.1e}; no comparison is fair")
    return worst


def trained(
    entry: type[Contender], runs: Sequence[Experiment], data: Data, batches: Sequence[Labels]
) -> Array:
    """Weights after one epoch."""
    contender = entry(runs, data)
    contender.epoch(batches)
    return contender.weights()


def seconds(work: Callable[..., object], *arguments: object) -> float:
    """Processor time of a call: on one thread it leaves out what else the machine does."""
    start = time.process_time()
    work(*arguments)
    return time.process_time() - start


HISTORY = "lossopt with its default history"
EVALUATION = "evaluation"


def measure(
    runs: Sequence[Experiment], data: Data, batches: Sequence[Labels], rounds: int
) -> dict[str, float]:
    """Microseconds per update and run by contender; one evaluation as a share of an epoch."""
    ours = Lossopt(runs, data)
    contenders: list[Contender] = [
        ours,
        *(entry(runs[:1] if entry.one_at_a_time else runs, data) for entry in (Single, *PEERS)),
    ]
    best = {each.name: np.inf for each in contenders} | {HISTORY: np.inf, EVALUATION: np.inf}
    for _ in range(rounds):
        for each in contenders:
            taken = seconds(each.epoch, batches) / (1 if each.one_at_a_time else len(runs))
            best[each.name] = min(best[each.name], taken)
        best[EVALUATION] = min(best[EVALUATION], seconds(ours.cohort.evaluate) / len(runs))
    for _ in range(max(1, rounds // 4)):
        best[HISTORY] = min(best[HISTORY], seconds(train, runs) / len(runs) / runs[0].epochs)
    share = best.pop(EVALUATION) / best[Lossopt.name]
    return {name: 1e6 * taken / len(batches) for name, taken in best.items()} | {EVALUATION: share}


def cost_of_single_precision(loss: str, epochs: int) -> float:
    """The relative difference that float32 makes to the objective at the end."""
    [run] = experiments(loss, 1, epochs)
    double, single = train([run, run.but(precision="float32")])
    return abs(single.final["objective"] / double.final["objective"] - 1.0)


def table(title: str, sizes: Sequence[int], rows: dict[str, list[str]]) -> str:
    """A Markdown table with a column for each number of runs."""
    heads = [f"{size} run{'s' if size > 1 else ''}" for size in sizes]
    lines = [[title, *heads], ["---", *["---:"] * len(sizes)]]
    lines += [[name, *cells] for name, cells in rows.items()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def figure(value: float) -> str:
    """Three digits at most."""
    return f"{value:.0f}" if value >= 99.5 else f"{value:.1f}"


def report(loss: str, sizes: Sequence[int], figures: Sequence[dict[str, float]]) -> str:
    """Two tables: microseconds, and ratios."""
    names = [Lossopt.name, Single.name, HISTORY, *(entry.name for entry in PEERS)]
    times = {name: [figure(each[name]) for each in figures] for name in names}
    ratios = {
        f"{entry.name} / lossopt": [figure(each[entry.name] / each[Lossopt.name]) + " ×"
                                    for each in figures]
        for entry in PEERS
        if entry is not Products
    }  # fmt: skip
    ratios["lossopt / lossopt in float32"] = [
        figure(each[Lossopt.name] / each[Single.name]) + " ×" for each in figures
    ]
    ratios["lossopt / the two matrix products alone"] = [
        figure(each[Lossopt.name] / each[Products.name]) + " ×" for each in figures
    ]
    ratios["one evaluation of all histories / one epoch of updates"] = [
        f"{each[EVALUATION]:.2f} ×" for each in figures
    ]
    label = LOSSES[loss].label
    return "\n\n".join(
        [
            table(f"{label}: µs per update and run", sizes, times),
            table(f"{label}: ratios", sizes, ratios),
        ]
    )


def main() -> None:
    """Check, measure, print."""
    parser = argparse.ArgumentParser(description="Time of an update against other libraries.")
    parser.add_argument("--quick", action="store_true", help="a smoke run of a few seconds")
    quick = parser.parse_args().quick
    sizes, rounds, epochs = ([1, 4], 2, 1) if quick else ([1, 16, 64, 256], 15, 20)

    if torch is not None:
        torch.set_num_threads(1)
    with threadpool_limits(1):
        packages = ["numpy", "scikit-learn", *([] if torch is None else ["torch"])]
        print(", ".join(f"{name} {version(name)}" for name in packages), end="; ")
        print(f"Python {platform.python_version()} on {platform.machine()}; one thread, float64.")
        if torch is None:
            print("\nPyTorch is not installed: its rows are left out.")
        for loss in ("cross_entropy", "hinge"):
            [first] = experiments(loss, 1)
            data = load_data(first)
            updates = -(-first.train_examples // BATCH)
            batches = list(islice(minibatches(first.train_examples, BATCH, seed=0), updates))
            worst = check_same_work(loss, data, batches)
            figures = [
                measure(experiments(loss, size, epochs), data, batches, rounds) for size in sizes
            ]
            print(f"\n{report(loss, sizes, figures)}", flush=True)
            cost = cost_of_single_precision(loss, epochs)
            print(
                f"\nAfter {epochs} epochs float32 ends {cost:.0e} off, relative to the objective."
            )
            if torch is not None:
                print(f"\nAfter an epoch the objectives agree to {max(worst, 1e-15):.0e}.")


if __name__ == "__main__":
    main()
