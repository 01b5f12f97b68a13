"""Which experiments are trained together: seeds too, each run with the results it has alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lossopt_core import LOSSES, OPTIMIZERS, REGULARIZERS, SCHEDULES, Experiment, Run, train
from lossopt_core.experiment.loading import load_data
from lossopt_core.training import grouping
from lossopt_core.training.cohort import Cohort
from lossopt_core.training.grouping import cohorts, group_numbers, pieces, stacked

SMALL = Experiment(dataset="blobs", batch_size=16, epochs=2, evaluations=5)
ANY = st.builds(
    SMALL.replace,
    loss=st.sampled_from(["hinge", "cross_entropy"]),
    optimizer=st.sampled_from(["sgd", "gd", "adam"]),
    learning_rate=st.sampled_from([0.001, 0.01, 0.1]),
    batch_size=st.sampled_from([16, 32]),
    seed=st.integers(0, 3),
    split_seed=st.integers(0, 2),
    dataset=st.sampled_from(["blobs", "iris"]),
)
MANY = st.lists(ANY, max_size=40)


@given(MANY)
def test_cohorts_are_a_partition_and_can_be_stacked(experiments: list[Experiment]) -> None:
    found = cohorts(experiments)
    assert sorted(each.id for cohort in found for each in cohort) == sorted(
        {each.id for each in experiments}
    )
    for cohort in found:
        group_numbers(stacked(cohort))  # raises if it cannot be


@given(MANY, st.integers(1, 9))
def test_pieces_are_a_partition_and_can_be_stacked(
    experiments: list[Experiment], most: int
) -> None:
    for cohort in cohorts(experiments):
        found = pieces(cohort, most)
        assert sorted(each.id for piece in found for each in piece) == sorted(
            each.id for each in cohort
        )
        for piece in found:
            assert len(piece) <= most
            group_numbers(stacked(piece))


def seeds(experiment: Experiment, count: int, *, splits: bool = False) -> list[Experiment]:
    return [
        experiment.replace(seed=number, split_seed=number if splits else experiment.split_seed)
        for number in range(count)
    ]


def assert_same(ours: Run, alone: Run) -> None:
    assert ours.status == alone.status
    np.testing.assert_allclose(ours.weights, alone.weights, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(ours.bias, alone.bias, rtol=1e-12, atol=1e-13)
    np.testing.assert_array_equal(ours.path_updates, alone.path_updates)
    np.testing.assert_allclose(
        ours.numbers("history"), alone.numbers("history"), rtol=1e-11, atol=1e-12
    )
    np.testing.assert_allclose(
        ours.numbers("minibatch"), alone.numbers("minibatch"), rtol=1e-11, atol=1e-12
    )


def check_as_alone(experiments: list[Experiment], cohorts_expected: int = 1) -> None:
    assert len(cohorts(experiments)) == cohorts_expected
    for together, experiment in zip(train(experiments), experiments, strict=True):
        [alone] = train([experiment])
        assert_same(together, alone)


@pytest.mark.parametrize("splits", [False, True], ids=["order", "splits"])
@pytest.mark.parametrize("batch_size", [7, 32])
def test_lanes_with_seeds_are_as_alone(splits: bool, batch_size: int) -> None:
    lanes = [
        SMALL.replace(loss="hinge", learning_rate=0.01, batch_size=batch_size),
        SMALL.replace(loss="cross_entropy", learning_rate=0.1, batch_size=batch_size),
        SMALL.replace(
            loss="cross_entropy", optimizer="adam", averaging=True, batch_size=batch_size
        ),
        SMALL.replace(loss="hinge", learning_rate=0.03, batch_size=batch_size),
    ]
    check_as_alone([each for lane in lanes for each in seeds(lane, 4, splits=splits)])


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_each_optimizer_with_seeds_is_as_alone(optimizer: str) -> None:
    lane = SMALL.replace(optimizer=optimizer, learning_rate=0.01)
    check_as_alone(seeds(lane, 3, splits=True))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("regularizer", REGULARIZERS)
def test_each_loss_and_penalty_with_seeds_is_as_alone(loss: str, regularizer: str) -> None:
    check_as_alone(seeds(SMALL.replace(loss=loss, regularizer=regularizer), 3))


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_each_schedule_with_seeds_is_as_alone(schedule: str) -> None:
    check_as_alone(seeds(SMALL.replace(schedule=schedule, replacement=True), 2, splits=True))


def test_splits_of_full_batch_training_are_as_alone() -> None:
    check_as_alone(seeds(SMALL.replace(optimizer="gd"), 3, splits=True))


def test_starts_of_full_batch_training_share_their_products() -> None:
    experiments = seeds(SMALL.replace(optimizer="gd", init_scale=0.1), 3)
    assert not group_numbers(stacked(experiments)).any()
    check_as_alone(experiments)


def test_a_seed_that_diverges_leaves_the_others_as_they_are() -> None:
    lane = SMALL.replace(loss="squared_hinge", epochs=5)
    check_as_alone(
        [*seeds(lane.replace(learning_rate=1e-3), 2), *seeds(lane.replace(learning_rate=1e4), 2)]
    )


def test_a_seed_that_misses_a_lane_is_trained_apart() -> None:
    one, other = SMALL, SMALL.replace(loss="hinge")
    experiments = [*seeds(one, 3), *seeds(other, 2)]
    check_as_alone(experiments, cohorts_expected=2)


def test_early_stops_of_some_seeds_are_as_alone() -> None:
    lane = SMALL.replace(stopping="no_progress", tolerance=0.02, epochs=10, evaluations=20)
    check_as_alone(seeds(lane, 4, splits=True))


def test_data_too_large_for_one_stack_are_trained_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    splits = seeds(SMALL, 4, splits=True)
    monkeypatch.setattr(grouping, "STACKED_BYTES", 2 * grouping.bytes_of_group(SMALL, True))
    check_as_alone(splits, cohorts_expected=2)
    assert len(cohorts(seeds(SMALL, 4))) == 1, "the data are the same"


def test_minibatches_too_large_for_one_stack_are_trained_apart() -> None:
    large = Experiment(
        dataset="mnist_like",
        dataset_options={"examples": 4_000, "features": 200},
        batch_size=2_000,
    )
    found = cohorts(seeds(large, 64))
    assert len(found) > 10
    for cohort in found:
        assert 8 * len(cohort) * 2_000 * 201 <= grouping.STACKED_BYTES
        group_numbers(stacked(cohort))


def test_optima_of_many_splits_are_certified_apart() -> None:
    near = SMALL.replace(stopping="target", optimizer="gd")
    assert len(cohorts(seeds(near, 3, splits=True))) == 3
    assert len(cohorts(seeds(near, 3))) == 1, "the optimum is the same"


def test_a_cohort_that_is_not_stacked_is_refused() -> None:
    data = load_data(SMALL)
    other = SMALL.replace(loss="hinge")
    with pytest.raises(ValueError, match="sorted by kind and group"):
        Cohort([*seeds(other, 2), *seeds(SMALL, 2)], data)
    with pytest.raises(ValueError, match="different numbers of runs"):
        Cohort([SMALL.replace(loss="hinge"), *seeds(SMALL, 2)], data)
