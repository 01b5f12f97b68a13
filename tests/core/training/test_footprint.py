"""The estimated memory of a training is never below what it takes, and not far above."""

import tracemalloc
from collections.abc import Callable

import pytest

from lossopt_core import Experiment, load_data, train
from lossopt_core.optim.optimizers import OPTIMIZERS
from lossopt_core.store.arrays import arrays_to_rows
from lossopt_core.store.rows import run_to_row
from lossopt_core.training import footprint

MEGABYTE = 1e6


def peak_of(work: Callable[[], object]) -> float:
    """Bytes that the work takes at most, beside what is there already."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def mnist_like(examples: int, features: int, **settings: object) -> Experiment:
    options = {"examples": examples, "features": features}
    settings = {"epochs": 1, "batch_size": 200, "learning_rate": 1e-3} | settings
    return Experiment(dataset="mnist_like", dataset_options=options, **settings)


TALL = mnist_like(12_000, 20, split_seed=11)
WIDE = mnist_like(300, 784, split_seed=12, optimizer="gd", epochs=30)
CASES = {
    "many examples": [TALL],
    "many features": [WIDE.replace(epochs=1)],
    "full batch": [TALL.replace(optimizer="gd", split_seed=13)],
    "a batch of all": [TALL.replace(batch_size=9_000, split_seed=14)],
    "many evaluations": [WIDE.replace(evaluations=1_000, split_seed=15)],
    "many runs": [WIDE.replace(learning_rate=1e-3 * k, split_seed=16) for k in range(1, 11)],
    "optimizers that remember": [
        WIDE.replace(optimizer="adam", batch_size=200, epochs=2, averaging=True, seed=0,
                 learning_rate=1e-3 * k, split_seed=17)
        for k in range(1, 11)
    ],
    "many seeds with large minibatches": [
        mnist_like(3_000, 50, batch_size=2_000, split_seed=22, seed=k) for k in range(30)
    ],
    "many splits": [mnist_like(2_000, 50, split_seed=30 + k, seed=k) for k in range(10)],
    "one after another": [WIDE.replace(seed=k, epochs=4, split_seed=18) for k in range(6)],
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_no_training_exceeds_the_memory_estimate(name: str) -> None:
    experiments = CASES[name]
    load_data(Experiment(dataset="mnist_like"))  # what is imported is not counted
    said = footprint.of_training(experiments).total
    took = peak_of(lambda: train(experiments))
    assert took <= said
    assert said <= 4 * took + 4 * footprint.BUFFERS, f"{took / MEGABYTE:.1f} MB were taken"


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_state_is_within_the_estimate(optimizer: str) -> None:
    """Of many wide runs, so that nothing else counts."""
    base = mnist_like(200, 784, split_seed=21, optimizer=optimizer, evaluations=2, batch_size=150)
    experiments = [base.replace(learning_rate=1e-4 * k, averaging=True) for k in range(1, 21)]
    load_data(base)
    assert peak_of(lambda: train(experiments)) <= footprint.of_training(experiments).total


@pytest.mark.parametrize("name", CASES)
def test_no_run_exceeds_the_estimate_of_its_stored_size(name: str) -> None:
    first = CASES[name][0]
    [run] = train([first])
    texts = sum(len(each) for each in run_to_row(run).values() if isinstance(each, str))
    took = sum(len(each["data"]) for each in arrays_to_rows(run)) + texts
    assert took <= footprint.stored_bytes(first) <= 2 * took + 2 * footprint.OVERHEAD_BYTES
