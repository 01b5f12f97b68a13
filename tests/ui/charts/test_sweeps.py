"""Charts of a sweep other than its heatmap."""

import pandas as pd
import pytest

from lossopt_ui.charts.sweeps import sensitivity


def results(setting: str, values: list[object]) -> pd.DataFrame:
    """Two runs for each value of a setting, 2 points apart."""
    return pd.DataFrame(
        {setting: value, "family": f"{value}", "status": "finished", "id": f"{value}-{k}",
         "test_accuracy": 0.9 + 0.02 * k}
        for value in values
        for k in range(2)
    )  # fmt: skip


def test_categorical_values_are_points_with_error_bars() -> None:
    table = results("loss", ["hinge", "cross_entropy"])
    [points] = sensitivity(table, "test_accuracy", x="loss", line_by="", theme="light").data
    assert points.mode == "markers"
    assert set(points.x) == {"Hinge", "Cross-entropy"}
    assert list(points.error_y.array) == pytest.approx([2**0.5, 2**0.5])


def test_numeric_values_are_joined_by_a_line_with_a_band() -> None:
    table = results("strength", [0.01, 0.1])
    band, line = sensitivity(table, "test_accuracy", x="strength", line_by="", theme="light").data
    assert band.fill == "toself"
    assert line.mode == "lines+markers"
    assert list(line.x) == [0.01, 0.1]
    assert line.error_y.array is None
