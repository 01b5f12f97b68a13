"""What is too much is refused before any work, with what to change."""

import pytest

from lossopt_core import Experiment
from lossopt_core.budget import Budget, BudgetError, products_of
from lossopt_core.store_usage import Usage

NOTHING = Usage(runs=0, bytes=0)
GD = Experiment(optimizer="gd", epochs=10)


def test_a_training_costs_what_its_updates_multiply():
    assert products_of(GD) == 10 * GD.train_examples * 64 * 10
    assert products_of(GD.but(optimizer="sgd", batch_size=GD.train_examples)) == products_of(GD)


def test_without_limits_everything_is_allowed():
    large = Experiment(
        dataset="mnist_like", dataset_options={"examples": 60_000, "features": 784}, epochs=1000
    )
    Budget().check_training([large] * 3, Usage(runs=10**6, bytes=10**12))


@pytest.mark.parametrize(
    ("budget", "experiments", "words"),
    [
        (
            Budget(numbers=100_000),
            [GD],
            r"the data would have 115,008 numbers \(1,797 examples × 64 features\); at most 100,000"
            r" .*Choose fewer examples or features",
        ),
        (Budget(updates=9), [GD], r"would make 10 updates; at most 9 .*fewer epochs, or larger"),
        (
            Budget(updates=19),
            [GD, GD.but(seed=1)],
            r"would make 20 updates; .*fewer epochs or runs, or larger batches",
        ),
        (
            Budget(products=1e6),
            [GD],
            r"would take 8.62 million multiplications \(examples × features × classes × epochs\);"
            r" at most 1 million",
        ),
        (Budget(runs=5), [GD, GD.but(seed=1)], r"5 runs: 4 are kept, and 2 would come. Delete"),
        (Budget(bytes=1e6), [GD], r"may hold 1.0 MB: 2.0 MB are kept. Delete"),
    ],
)
def test_too_much_is_refused_in_words(budget, experiments, words):
    with pytest.raises(BudgetError, match=words):
        budget.check_training(experiments, Usage(runs=4, bytes=2_000_000))


def test_one_less_is_allowed():
    Budget(updates=10, numbers=115_008, products=products_of(GD), runs=1).check_training(
        [GD, GD][:1], NOTHING
    )


def test_of_equal_experiments_one_is_kept():
    Budget(runs=1).check_training([GD, GD.but(margin=2.0)], NOTHING)
