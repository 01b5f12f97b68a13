"""How the cost of an epoch grows with examples, features, classes and runs; and the memory.

    pip install -r requirements.txt
    python -m benchmarks.scaling              # a few minutes and 2 gigabytes
    python -m benchmarks.scaling --quick      # a smoke run

Cross-entropy with an L2 penalty by SGD on random numbers, minibatches of 32, float64, one
thread.  An epoch is all its updates and one evaluation on all examples.  The exponent k says
that the cost grows like size^k from one row to the next.  Beside it, scikit-learn's
SGDClassifier for the same examples, which trains one class against the rest, and one run only.

The memory is what a process grows by while it trains one epoch, beyond the data that it holds.
"""

import argparse
import math
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
from sklearn.linear_model import SGDClassifier
from threadpoolctl import threadpool_limits

from lossopt_core import Experiment, LinearClassifier
from lossopt_core.experiment.loading import given_data
from lossopt_core.objective.linear import Array, Labels
from lossopt_core.training.batches import Minibatches
from lossopt_core.training.cohort import Cohort

EXAMPLES, FEATURES, CLASSES, RUNS = 10_000, 100, 10, 1


def examples(count: int, features: int, classes: int) -> tuple[Array, Labels]:
    """Normal features, and labels that they tell apart in part."""
    random = np.random.default_rng(0)
    X = random.standard_normal((count, features))
    W = random.standard_normal((features, classes))
    y = np.empty(count, dtype=np.int64)
    for first in range(0, count, 10_000):
        part = slice(first, first + 10_000)
        y[part] = (X[part] @ W).argmax(axis=1)
    return X, y


def seconds_of_epoch(cohort: Cohort, count: int) -> float:
    """All updates of an epoch, and one evaluation."""
    updates = math.ceil(count / 32)
    start = time.perf_counter()
    for update, batch in zip(range(updates), Minibatches(count, 32, seed=0), strict=False):
        cohort.step(batch, update, updates)
    cohort.evaluate()
    return time.perf_counter() - start


def seconds_of_scikit_learn(X: Array, y: Labels) -> float:
    """One epoch of SGDClassifier."""
    model = SGDClassifier(loss="log_loss", alpha=2e-3, learning_rate="constant", eta0=1e-3)
    start = time.perf_counter()
    model.partial_fit(X, y, classes=np.unique(y))
    return time.perf_counter() - start


def row(count: int, features: int, classes: int, runs: int, rounds: int) -> tuple[float, float]:
    """Seconds of the fastest epoch: of all our runs, and of one of scikit-learn."""
    X, y = examples(count, features, classes)
    rates = np.geomspace(1e-4, 1e-3, runs)
    cohort = Cohort(
        [Experiment(learning_rate=float(r)) for r in rates],
        given_data(X, y, [str(k) for k in range(classes)]),
    )
    ours = min(seconds_of_epoch(cohort, count) for _ in range(rounds))
    theirs = min(seconds_of_scikit_learn(X, y) for _ in range(rounds))
    return ours, theirs


def table(what: str, sizes: Sequence[int], measure: Callable[[int], tuple[float, float]]) -> str:
    """A Markdown table with a row for each size."""
    lines = [
        f"| {what} | seconds an epoch | exponent | scikit-learn, one run / lossopt, one run |",
        "| ---: | ---: | ---: | ---: |",
    ]
    before = None
    for size in sizes:
        ours, theirs = measure(size)
        exponent = ""
        if before is not None:
            exponent = f"{math.log(ours / before[1]) / math.log(size / before[0]):.2f}"
        before = size, ours
        ratio = theirs / (ours / size if what == "runs" else ours)
        lines.append(f"| {size:,} | {ours:.3g} | {exponent} | {ratio:.1f} × |")
        print(".", end="", file=sys.stderr, flush=True)
    return "\n".join(lines)


def resident_bytes() -> int:
    """What this process holds of the memory now (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def print_growth(count: int, features: int, estimator: str) -> None:
    """Train one epoch in this process; print by how much it grew, beside its data."""
    X, y = examples(count, features, CLASSES)
    model = {
        "lossopt": LinearClassifier(epochs=1, random_state=0),
        "lossopt in float32": LinearClassifier(epochs=1, random_state=0, precision="float32"),
        "scikit-learn": SGDClassifier(loss="log_loss", max_iter=1, tol=None),
    }[estimator]
    before = resident_bytes()
    start = time.perf_counter()
    model.fit(X, y)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(
        f"| {estimator} | {X.nbytes / 1e6:.0f} MB | {(peak - before) / 1e6:.0f} MB"
        f" | {before / 1e6:.0f} MB | {peak / 1e6:.0f} MB | {seconds:.1f} s |"
    )


def memory_table(count: int, features: int) -> str:
    """Each estimator in a process of its own."""
    lines = [
        f"| {count:,} × {features} | data | growth | before | at most | fit |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for estimator in ("lossopt", "lossopt in float32", "scikit-learn"):
        size = [str(count), str(features)]
        program = [sys.executable, "-m", "benchmarks.scaling", "--growth", estimator, *size]
        done = subprocess.run(program, capture_output=True, text=True, check=True)
        lines.append(done.stdout.strip())
    return "\n".join(lines)


def main() -> None:
    """Print a table for each size, and that of the memory."""
    parser = argparse.ArgumentParser(description="How the cost of an epoch grows.")
    parser.add_argument("--quick", action="store_true", help="a smoke run of a few seconds")
    parser.add_argument("--growth", nargs=3, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    with threadpool_limits(1):
        if chosen.growth:
            print_growth(int(chosen.growth[1]), int(chosen.growth[2]), chosen.growth[0])
            return
        few, rounds = (2, 1) if chosen.quick else (10, 3)
        print(f"NumPy {version('numpy')}, scikit-learn {version('scikit-learn')};", end=" ")
        print(f"Python {platform.python_version()} on {platform.machine()}; one thread, float64.")
        print(f"\nUnless noted otherwise: {EXAMPLES:,} examples of {FEATURES} features and")
        print(f"{CLASSES} classes, {RUNS} run.")
        tables = {
            "examples": (
                [1_000, 10_000, 100_000, 1_000_000],
                lambda n: row(n, FEATURES, CLASSES, RUNS, 1 if n == 1_000_000 else rounds),
            ),
            "features": (
                [10, 30, 100, 300, 1_000],
                lambda d: row(EXAMPLES, d, CLASSES, RUNS, rounds),
            ),
            "classes": (
                [2, 5, 10, 30, 100],
                lambda c: row(EXAMPLES, FEATURES, c, RUNS, rounds),
            ),
            "runs": (
                [1, 4, 16, 64, 256, 1_024],
                lambda r: row(EXAMPLES, FEATURES, CLASSES, r, rounds),
            ),
        }
        for what, (sizes, measure) in tables.items():
            print(f"\n{table(what, sizes[:few], measure)}", flush=True)
    print(f"\n{memory_table(*((20_000, 100) if chosen.quick else (1_000_000, 100)))}")


if __name__ == "__main__":
    main()
