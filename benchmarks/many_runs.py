"""A store full of runs, for tests and benchmarks.

    python -m benchmarks.many_runs sqlite:///many.db --runs 2000 --rows 100

Cheap but real: classifiers of a few clouds of points, each trained, with families of ten seeds.
"""

import argparse
import itertools
import time
from collections.abc import Iterator

import numpy as np

from lossopt_core import (
    LOSSES,
    Experiment,
    RunStore,
    train,
)

OPTIMIZERS = ("sgd", "momentum", "adam", "adagrad")
STRENGTHS = (0.0, 1e-4, 1e-3, 1e-2, 1e-1)
SEEDS = 10
TRAINED_AT_ONCE = 200


def experiments(runs: int, rows: int) -> Iterator[Experiment]:
    """So many that differ by loss, optimizer, strength, learning rate and seed.

    Every update is one epoch and evaluated; its examples are drawn, so that seeds differ.
    """
    blobs = Experiment(dataset="blobs", dataset_options={"examples": 50}, replacement=True)
    blobs = blobs.replace(batch_size=blobs.train_examples, epochs=rows - 1, evaluations=rows)
    kinds = list(itertools.product(LOSSES, OPTIMIZERS, STRENGTHS))
    families = -(-runs // SEEDS)
    rates = np.geomspace(1e-3, 1e-1, -(-families // len(kinds)))
    settings = [(*kind, float(rate)) for rate in rates for kind in kinds][:families]
    grid = itertools.product(range(SEEDS), sorted(settings))
    for seed, (loss, optimizer, strength, rate) in itertools.islice(grid, runs):
        yield blobs.replace(
            loss=loss, optimizer=optimizer, strength=strength, learning_rate=rate, seed=seed
        )


def fill(store: RunStore, runs: int = 2_000, rows: int = 100) -> list[str]:
    """Train and keep so many runs with histories of so many rows; their ids."""
    wanted = list(experiments(runs, rows))
    for first in range(0, runs, TRAINED_AT_ONCE):
        store.save(train(wanted[first : first + TRAINED_AT_ONCE]))
    return [each.id for each in wanted]


def main() -> None:
    """Fill the store at an address."""
    parser = argparse.ArgumentParser(description="Fill a store with runs.")
    parser.add_argument("address")
    parser.add_argument("--runs", type=int, default=2_000)
    parser.add_argument("--rows", type=int, default=100)
    chosen = parser.parse_args()
    store = RunStore(chosen.address)
    start = time.perf_counter()
    fill(store, chosen.runs, chosen.rows)
    print(f"{chosen.runs:,} runs in {store.shown}: {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
