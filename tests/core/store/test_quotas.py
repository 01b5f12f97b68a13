"""What is too much is refused before any work, with what to change."""

import pytest

from lossopt_core import Experiment
from lossopt_core.store.quotas import Budget, BudgetError, products_of
from lossopt_core.store.usage import Usage
from lossopt_core.training.footprint import of_training

NOTHING = Usage(runs=0, bytes=0)
GD = Experiment(optimizer="gd", epochs=10)


def test_a_training_costs_what_its_updates_multiply():
    assert products_of(GD) == 10 * GD.train_examples * 64 * 10
    assert products_of(GD.replace(optimizer="sgd", batch_size=GD.train_examples)) == products_of(GD)


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
            r"the data have 115,008 numbers \(1,797 examples × 64 features\); the limit is 100,000"
            r"\. Choose fewer examples or features",
        ),
        (Budget(updates=9), [GD], r"needs 10 updates; the limit is 9\. .*fewer epochs, or larger"),
        (
            Budget(updates=19),
            [GD, GD.replace(seed=1)],
            r"needs 20 updates; .*fewer epochs or runs, or larger batches",
        ),
        (
            Budget(products=1e6),
            [GD],
            r"needs 8.62 million multiplications \(examples × features × classes × epochs\);"
            r" the limit is 1 million",
        ),
        (
            Budget(runs=5),
            [GD, GD.replace(seed=1)],
            r"5 runs: it has 4, and 2 would be added. Delete",
        ),
        (Budget(bytes=1e6), [GD], r"store 1.0 MB: it has 2.0 MB, and 0.1 MB would be added. Del"),
        (Budget(memory=4e6), [GD], r"the data need 4.9 MB .*fewer examples, feat"),
    ],
)
def test_exceeded_limits_are_rejected_with_a_message(budget, experiments, words):
    with pytest.raises(BudgetError, match=words):
        budget.check_training(experiments, Usage(runs=4, bytes=2_000_000))


LONG = Experiment(dataset="iris", optimizer="gd", epochs=2_000, evaluations=1_000)
WIDE = Experiment(
    dataset="mnist_like", dataset_options={"features": 784, "examples": 200}, optimizer="adam",
    evaluations=2, epochs=1,
)  # fmt: skip
OF_MEMORY = {
    "fewer examples, features or classes": [GD],
    "fewer evaluations": [LONG],
    "fewer runs at once or fewer evaluations": [LONG, LONG.replace(seed=1)],
    "fewer runs at once or fewer features": [
        WIDE.replace(learning_rate=k / 99) for k in range(1, 99)
    ],
}


@pytest.mark.parametrize("advice", OF_MEMORY)
def test_a_training_may_use_the_memory_limit_but_not_a_byte_more(advice):
    experiments = OF_MEMORY[advice]
    needed = of_training(experiments).total
    Budget(memory=needed).check_training(experiments, NOTHING)
    with pytest.raises(BudgetError, match=rf"of memory, .*; the limit is .* MB. Choose {advice}"):
        Budget(memory=needed - 1).check_training(experiments, NOTHING)


def test_training_in_parts_needs_the_memory_of_one_part():
    experiments = [GD.replace(seed=k) for k in range(10)]
    most = Budget(memory=of_training(experiments[:1]).total)
    most.check_training(experiments, NOTHING, parts=[[each] for each in experiments])
    with pytest.raises(BudgetError, match="fewer"):
        most.check_training(experiments, NOTHING)


def test_a_sweep_may_have_as_many_runs_as_a_workspace_holds():
    Budget(runs=50).check_grid(50)
    with pytest.raises(BudgetError, match=r"has 51 runs; the limit is 50. Choose fewer seeds"):
        Budget(runs=50).check_grid(51)


def test_a_workspace_above_its_limits_may_shrink_but_not_grow():
    most = Budget(runs=5, bytes=1_000)
    most.check_change(Usage(9, 9_000), Usage(8, 8_000))
    for grown in (Usage(10, 9_000), Usage(9, 9_001)):
        with pytest.raises(BudgetError, match="your workspace can store"):
            most.check_change(Usage(9, 9_000), grown)


def test_values_at_the_limit_are_allowed():
    Budget(updates=10, numbers=115_008, products=products_of(GD), runs=1).check_training(
        [GD, GD][:1], NOTHING
    )


def test_equal_experiments_count_once():
    Budget(runs=1).check_training([GD, GD.replace(margin=2.0)], NOTHING)
