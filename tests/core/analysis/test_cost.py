"""What it costs to reach a target."""

import numpy as np
import pandas as pd
import pytest

from lossopt_core.analysis.cost import cost_table, cost_to_target
from lossopt_core.analysis.readings import reading

HISTORY = pd.DataFrame(
    {
        "update": [0, 10, 20, 30],
        "epoch": [0.0, 1.0, 2.0, 3.0],
        "gradient_evaluations": [0, 320, 640, 960],
        "objective": [4.0, 2.0, 3.0, 1.0],
        "test_accuracy": [0.1, 0.9, 0.8, np.nan],
    }
)


def test_the_cost_is_that_of_the_first_evaluation_that_reaches_the_target() -> None:
    cost = cost_to_target(HISTORY, "objective", 2.5)
    assert cost is not None
    assert (cost.update, cost.epoch, cost.gradient_evaluations) == (10, 1.0, 320)
    higher = cost_to_target(HISTORY, "test_accuracy", 0.85)
    assert higher is not None
    assert higher.update == 10
    assert cost_to_target(HISTORY, "test_accuracy", 0.95) is None


def test_a_cost_table_has_missing_values_for_runs_that_miss_the_target() -> None:
    table = cost_table({"a": HISTORY, "b": HISTORY.iloc[:1]}, "objective", 2.5)
    assert table.loc["a", "update"] == 10
    assert table.loc["b"].isna().all()


@pytest.mark.parametrize("column", ["weight_norm", "nonsense", "train_accuracy"])
def test_columns_without_a_better_direction_or_missing_ones_are_rejected(column: str) -> None:
    with pytest.raises(ValueError, match="column must be a metric"):
        cost_to_target(HISTORY, column, 1.0)


def test_a_reading_is_at_the_end_at_its_best_or_at_an_epoch() -> None:
    assert reading(HISTORY, "objective") == 1.0
    assert reading(HISTORY, "objective", "best") == 1.0
    assert reading(HISTORY, "test_accuracy", "best") == 0.9
    assert reading(HISTORY, "objective", "epoch", 2.5) == 3.0
    assert np.isnan(reading(HISTORY, "test_accuracy"))
    assert np.isnan(reading(HISTORY, "nonsense"))
    assert np.isnan(reading(HISTORY, "objective", "epoch", -1.0))


def test_seconds_are_known_of_a_history_that_has_them() -> None:
    cost = cost_to_target(HISTORY.assign(seconds=HISTORY["update"] * 0.5), "objective", 2.5)
    assert cost is not None
    assert cost.seconds == 5.0
    untimed = cost_to_target(HISTORY, "objective", 2.5)
    assert untimed is not None
    assert np.isnan(untimed.seconds)
