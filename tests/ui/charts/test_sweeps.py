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
    assert list(points.error_y.arrayminus) == pytest.approx([2**0.5, 2**0.5])


def test_numeric_values_are_joined_by_a_line_with_a_band() -> None:
    table = results("strength", [0.01, 0.1])
    band, line = sensitivity(table, "test_accuracy", x="strength", line_by="", theme="light").data
    assert band.fill == "toself"
    assert line.mode == "lines+markers"
    assert list(line.x) == [0.01, 0.1]
    assert line.error_y.array is None
    # 90 and 92 %: the mean and the standard deviation of a sample of two.
    assert list(line.y) == pytest.approx([91.0, 91.0])
    assert list(band.x) == [0.01, 0.1, 0.1, 0.01]
    assert list(band.y) == pytest.approx([91 + 2**0.5] * 2 + [91 - 2**0.5] * 2)


def test_objectives_are_not_in_percent() -> None:
    table = results("strength", [0.01, 0.1]).rename(columns={"test_accuracy": "objective"})
    band, line = sensitivity(table, "objective", x="strength", line_by="", theme="light").data
    assert list(line.y) == pytest.approx([0.91, 0.91])
    assert band.y[0] == pytest.approx(0.91 + 0.02 / 2**0.5)


def test_bands_and_error_bars_end_where_values_do() -> None:
    table = results("strength", [0.01, 0.1])
    table["test_accuracy"] = [1.0, 0.9] * 2
    band, _ = sensitivity(table, "test_accuracy", x="strength", line_by="", theme="light").data
    assert list(band.y) == pytest.approx([100.0] * 2 + [95 - 50**0.5] * 2)
    table["loss"] = ["hinge", "hinge", "cross_entropy", "cross_entropy"]
    [points] = sensitivity(table, "test_accuracy", x="loss", line_by="", theme="light").data
    assert list(points.error_y.array) == pytest.approx([5.0, 5.0])
    assert list(points.error_y.arrayminus) == pytest.approx([50**0.5] * 2)
