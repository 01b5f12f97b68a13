"""How long a training takes, beside what else people use: microseconds per update and run.

    pip install -r requirements-bench.txt
    python -m benchmarks.train_speed            # the tables of docs/reference/performance.md
    python -m benchmarks.train_speed --quick    # a smoke run; peers that are missing are left out

Everybody gets the same work: digits, standardised, with minibatches of 32 in the same order,
plain SGD, an L2 penalty that spares the bias, float64, one thread; every run has a learning
rate of its own.  Before anything is timed, one epoch of everybody must end at the same
objective.  The contenders take turns; what counts is the processor time of the fastest turn,
which the rest of the machine disturbed least.

The first table is about whole calls: 20 epochs with an evaluation before and one after them.  A
first call compiles what there is to compile, as one does for every new configuration; a repeated
one does not.  The second table is about the updates alone.

lossopt also returns the objective of every run at every update; its peers are let off the
penalty's share of it.
"""

import argparse
import platform
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import version
from itertools import islice

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.contenders import (
    BATCH,
    MARGIN,
    PEERS,
    STRENGTH,
    Contender,
    Lossopt,
    Products,
    Single,
    TorchStacked,
    jax,
    torch,
)
from lossopt_core import (
    LOSSES,
    Data,
    Experiment,
    load_data,
    train,
)
from lossopt_core.objective.linear import (
    Array,
    Labels,
    scores,
    with_ones,
)
from lossopt_core.training.batches import Minibatches
from lossopt_core.training.cohort import Cohort
from lossopt_core.training.points import evaluation_updates


def experiments(loss: str, runs: int, epochs: int = 20) -> list[Experiment]:
    """Runs that differ in the learning rate."""
    return [
        Experiment(dataset="digits", loss=loss, margin=MARGIN, strength=STRENGTH,
                   batch_size=BATCH, learning_rate=float(rate), epochs=epochs)
        for rate in np.geomspace(1e-3, 1e-2, runs)
    ]  # fmt: skip


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
TRAIN = "**lossopt**, `train`"
TRAIN_HISTORY = "lossopt, `train` with its default history of 60 evaluations"
OWN = "its own updates and evaluations alone"
OWN_HISTORY = "those of the default history"


class Calls:
    """The processor time of whole trainings of some runs: first and repeated calls, the fastest."""

    def __init__(self, runs: Sequence[Experiment], data: Data, batches: Sequence[Labels]) -> None:
        self.runs, self.data, self.batches = runs, data, batches
        self.first: dict[str, float] = {}
        self.repeated: dict[str, float] = {}
        loss = runs[0].loss
        self.evaluate = partial(evaluate, loss=loss, data=data)

    def turn(self) -> None:
        """Everybody trains once with a fresh start, and again if that makes a difference."""
        few = [run.replace(evaluations=2) for run in self.runs]
        for name, runs in ((TRAIN, few), (TRAIN_HISTORY, self.runs)):
            self._note(self.first, name, seconds(train, runs), len(runs))
            self._note(self.repeated, name, seconds(train, runs), len(runs))
        for name, runs in ((OWN, few), (OWN_HISTORY, self.runs)):
            self._note(self.repeated, name, seconds(self.own, runs), len(runs))
        for entry in PEERS:
            self._peer(entry)

    def own(self, runs: Sequence[Experiment]) -> None:
        """The updates and evaluations of a training, without what is kept of them."""
        cohort, first = Cohort(runs, self.data), runs[0]
        points = set(evaluation_updates(first.updates, first.evaluations).tolist())
        batches = Minibatches(first.train_examples, BATCH, seed=0)
        cohort.evaluate()
        for update in range(first.updates):
            cohort.step(next(batches), update, first.updates)
            if update + 1 in points:
                cohort.evaluate()

    def _peer(self, entry: type[Contender]) -> None:
        runs = self.runs[:1] if entry.one_at_a_time else self.runs
        made: list[Contender] = []

        def first() -> None:
            made.append(entry(runs, self.data))
            made[0].train(self.batches, runs[0].epochs, self.evaluate)

        self._note(self.first, entry.name, seconds(first), len(runs))
        made[0].start_again()
        again = seconds(made[0].train, self.batches, runs[0].epochs, self.evaluate)
        self._note(self.repeated, entry.name, again, len(runs))

    def _note(self, of: dict[str, float], name: str, taken: float, runs: int) -> None:
        """Note the microseconds per update and run, if they are the fewest so far."""
        each = 1e6 * taken / runs / self.runs[0].updates
        of[name] = min(of.get(name, np.inf), each)


def evaluate(W: Array, *, loss: str, data: Data) -> tuple[Array, Array]:
    """What a peer measures before and after: objective and test accuracy of each run."""
    predicted = scores(W, with_ones(data.test_features)).argmax(axis=1)
    return objectives(W, loss, data), (predicted == data.test_labels).mean(axis=1)


def calls(runs: Sequence[Experiment], data: Data, batches: Sequence[Labels], rounds: int) -> Calls:
    """Measure whole trainings."""
    found = Calls(runs, data, batches)
    for _ in range(rounds):
        found.turn()
    return found


def report_calls(loss: str, sizes: Sequence[int], found: Sequence[Calls]) -> str:
    """Two tables: microseconds of first and repeated calls, and ratios."""
    rows = {
        name: [
            f"{figure(each.first[name])}, {figure(each.repeated[name])}"
            if name in each.first else figure(each.repeated[name])
            for each in found
        ]
        for name in found[0].repeated
    }  # fmt: skip
    ratios = {}
    for entry in PEERS:
        if entry is not Products:
            ratios[f"{entry.name} / lossopt"] = [
                f"{figure(each.first[entry.name] / each.first[TRAIN])},"
                f" {figure(each.repeated[entry.name] / each.repeated[TRAIN])} ×"
                for each in found
            ]
    pairs = {
        "lossopt / its own updates and evaluations": (TRAIN, OWN),
        "the same with the default history": (TRAIN_HISTORY, OWN_HISTORY),
        "lossopt / the two matrix products of all updates": (TRAIN, Products.name),
    }
    for title, (one, other) in pairs.items():
        ratios[title] = [f"{each.repeated[one] / each.repeated[other]:.2f} ×" for each in found]
    label = LOSSES[loss].label
    return "\n\n".join(
        [
            table(f"{label}: whole trainings, first and repeated call, µs per update and run",
                  sizes, rows),
            table(f"{label}: ratios of first and repeated calls", sizes, ratios),
        ]
    )  # fmt: skip


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
    double, single = train([run, run.replace(precision="float32")])
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
    if torch is not None:
        ratios[f"{TorchStacked.name} / the two matrix products alone"] = [
            figure(each[TorchStacked.name] / each[Products.name]) + " ×" for each in figures
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
        packages = ["numpy", "scikit-learn"]
        packages += [each.__name__ for each in (torch, jax) if each is not None]
        print(", ".join(f"{name} {version(name)}" for name in packages), end="; ")
        print(f"Python {platform.python_version()} on {platform.machine()}; one thread, float64.")
        for name, module in (("PyTorch", torch), ("JAX", jax)):
            if module is None:
                print(f"\n{name} is not installed: its rows are left out.")
        for loss in ("cross_entropy", "hinge"):
            [first] = experiments(loss, 1)
            data = load_data(first)
            updates = -(-first.train_examples // BATCH)
            batches = list(islice(Minibatches(first.train_examples, BATCH, seed=0), updates))
            worst = check_same_work(loss, data, batches)
            whole = [
                calls(experiments(loss, size, epochs), data, batches, 1 if quick else 3)
                for size in sizes
            ]
            print(f"\n{report_calls(loss, sizes, whole)}", flush=True)
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
