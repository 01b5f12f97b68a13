"""What a sweep is expected to take, against what it takes.

    python -m benchmarks.sweep_estimate             # a minute
    python -m benchmarks.sweep_estimate --quick     # a second, for the tests

The page says the expected time before a sweep starts; it should be right within a factor of
three.  As on the page, the learning rate of each combination is first tuned, unless the rate itself
is swept; the runs that this takes count.  Training alone, on one processor, without saving.
"""

import argparse
import time

from threadpoolctl import threadpool_limits

from lossopt_core import Experiment, train
from lossopt_core.analysis.axes import parse
from lossopt_core.analysis.sweep import SPLIT, Sweep
from lossopt_core.analysis.tuned_rate import tuned_rates, with_tuned_rates
from lossopt_core.training.time_estimate import expected_seconds
from lossopt_ui.sweep.plan import Plan

BASE = Experiment(epochs=5, evaluations=20)
LARGE = {"dataset": "mnist_like", "dataset_options": {"examples": 10_000, "features": 300}}
SWEEPS = {
    "2 losses × 3 strengths × 10 seeds": (
        BASE, "loss=hinge,cross_entropy;strength=1e-4,1e-3,1e-2", 10, "order",
    ),
    "the same with 60 epochs, 3 seeds": (
        BASE.replace(epochs=60), "loss=hinge,cross_entropy;strength=1e-4,1e-3,1e-2", 3, "order",
    ),
    "4 batch sizes × 5 learning rates": (
        BASE, "batch_size=8,32,128,512;learning_rate=log 1e-3 1 5", 3, "order",
    ),
    "3 optimizers × 7 learning rates": (
        BASE, "optimizer=gd,sgd,adam;learning_rate=log 1e-3 1 7", 3, "order",
    ),
    "GD of 500 updates": (
        BASE.replace(optimizer="gd", epochs=500), "strength=0.001,0.1", 1, "order",
    ),
    "blobs, 10 splits": (BASE.replace(dataset="blobs"), "blobs.spread=1,2,3", 10, SPLIT),
    "10,000 examples of 300 features": (
        BASE.replace(**LARGE), "learning_rate=0.01,0.1", 2, "order",
    ),
}  # fmt: skip


def row(name: str, sweep: Sweep) -> str:
    """One sweep: how long it was expected to take, and how long it took."""
    experiments, _ = sweep.experiments()
    planned = Plan.of(experiments, sweep.axes, tuned=True)
    everything = planned.everything({})
    start = time.perf_counter()
    expected = expected_seconds(everything)
    asked = time.perf_counter()
    if planned.tuned:
        experiments = with_tuned_rates(experiments, tuned_rates(experiments))
    train(experiments)
    taken = time.perf_counter() - asked
    return (
        f"| {name} | {len(everything)} | {expected:.2f} | {taken:.2f} | {expected / taken:.2f} |"
        f" {asked - start:.2f} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="two small sweeps only")
    quick = parser.parse_args().quick
    threadpool_limits(1, user_api="blas")
    train([BASE.replace(epochs=1)])  # imports scikit-learn
    print("| sweep | runs | expected (s) | taken (s) | expected / taken | to find out (s) |")
    print("|---|---:|---:|---:|---:|---:|")
    for name, (base, axes, seeds, vary) in list(SWEEPS.items())[: 2 if quick else None]:
        base = base.replace(epochs=1) if quick else base
        print(row(name, Sweep(base, parse(axes)[0], 1 if quick else seeds, vary)))


if __name__ == "__main__":
    main()
