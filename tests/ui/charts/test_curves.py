"""Labels of levels: readable wherever their lines are."""

import numpy as np
import pandas as pd
import pytest

from lossopt_ui.charts.curves import MAX_POINTS, Curve, Level, curves, thin
from lossopt_ui.charts.scales import Scales


def notes(*levels: Level, highest: float = 2.0, log_y: bool = False) -> list[tuple[str, float]]:
    """Labels of a chart whose one curve falls to 0.1, and their heights."""
    table = pd.DataFrame({"epoch": np.arange(3), "objective": [highest, 0.5, 0.1]})
    chart = curves(
        [Curve("a", table, "objective", "#123456")],
        title="",
        y_title="",
        theme="light",
        levels=levels,
        scales=Scales(log_y=log_y),
    )
    found = [(each.text, each.y) for each in chart.layout.annotations]
    return [(text, float(10**y if log_y else y)) for text, y in found]


def test_labels_of_close_lines_are_stacked_above_the_highest() -> None:
    low, high = Level(0.28, "low", at_left=True), Level(0.33, "high", at_left=True)
    assert notes(low, high) == [("high<br>low", 0.33)]


def test_labels_of_distant_lines_and_of_opposite_sides_are_separate() -> None:
    levels = [Level(1.5, "right"), Level(1.5, "left", at_left=True), Level(0.3, "below")]
    assert sorted(notes(*levels)) == [("below", 0.3), ("left", 1.5), ("right", 1.5)]


def test_closeness_is_measured_on_the_axis_scale() -> None:
    near, far = Level(0.11, "near"), Level(0.33, "far")
    assert len(notes(near, far, highest=20.0)) == 1
    apart = notes(near, far, highest=20.0, log_y=True)
    assert [text for text, _ in apart] == ["far", "near"]
    assert [height for _, height in apart] == pytest.approx([0.33, 0.11])


def test_levels_without_labels_and_charts_without_values_are_drawn() -> None:
    assert notes(Level(0.3, "")) == []
    assert notes() == []


@pytest.mark.parametrize("rows", [1, MAX_POINTS, MAX_POINTS + 1, 200_000])
def test_a_long_curve_is_thinned_evenly_with_both_ends(rows: int) -> None:
    shown = thin(pd.DataFrame({"update": np.arange(rows)}))["update"].to_numpy()
    assert len(shown) == min(rows, MAX_POINTS)
    assert (shown[0], shown[-1]) == (0, rows - 1)
    gaps = np.diff(shown)
    assert len(gaps) == 0 or gaps.max() - gaps.min() <= 1
