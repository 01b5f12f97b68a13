"""Bands of groups of runs: their outlines, also on logarithmic axes, computed by hand."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.testing import assert_allclose, assert_array_equal

from lossopt_ui.charts.groups import GroupCurve, group_curve, group_curves
from lossopt_ui.charts.scales import Scales
from lossopt_ui.charts.smoothing import Smoothing


def seeds(*curves: list[float], column: str = "objective") -> list[pd.DataFrame]:
    return [pd.DataFrame({"epoch": np.arange(float(len(y))), column: y}) for y in curves]


def drawn(*lines: GroupCurve, column: str = "objective", **more: Any) -> dict[str, go.Scatter]:
    looks = {"title": "", "y_title": "", "theme": "light"}
    figure = group_curves(lines, column=column, **looks, **more)
    return {trace.name: trace for trace in figure.data}


def curve(*curves: list[float], column: str = "objective", band: str = "range") -> GroupCurve:
    looks = {"x": "epoch", "centre": "mean", "colour": "#123456"}
    return group_curve("g", seeds(*curves, column=column), column=column, band=band, **looks)


def test_a_band_goes_along_its_upper_end_and_back_along_its_lower() -> None:
    found = drawn(curve([4.0, 2.0, 1.0], [2.0, 1.0, 0.0]))
    assert_allclose(found["g"].y, [3.0, 1.5, 0.5])
    assert_allclose(found["g: band"].x, [0, 1, 2, 2, 1, 0])
    assert_allclose(found["g: band"].y, [4, 2, 1, 0, 1, 2])
    assert found["g: band"].fillcolor == "rgba(18,52,86,0.18)"


def test_on_a_logarithmic_axis_a_band_ends_a_decade_below_the_smallest_mean() -> None:
    # The mean is at least 0.5; the lower end is -0.5, 0 and 0.3.
    found = drawn(curve([4.0, 1.0, 0.3], [-0.5, 0.0, 0.7]), scales=Scales(log_y=True))
    assert_allclose(found["g: band"].y, [4.0, 1.0, 0.7, 0.3, 0.05, 0.05])
    assert_array_equal(found["g"].y, [1.75, 0.5, 0.5])


def test_on_a_logarithmic_axis_the_start_at_zero_is_left_out() -> None:
    found = drawn(curve([4.0, 2.0, 1.0], [2.0, 1.0, 0.5]), scales=Scales(log_x=True))
    assert_array_equal(found["g"].x, [np.nan, 1, 2])
    assert_allclose(found["g: band"].x, [1, 2, 2, 1])


def test_a_band_of_accuracies_is_in_percent() -> None:
    found = drawn(curve([0.5, 1.0], [0.7, 0.8], column="test_accuracy"), column="test_accuracy")
    assert_allclose(found["g"].y, [60.0, 90.0])
    assert_allclose(found["g: band"].y, [70.0, 100.0, 80.0, 50.0])


def test_members_are_thin_lines_with_gaps_between_them() -> None:
    runs = curve([4.0, 3.0, 2.0], [2.0, 1.0, 0.0])
    found = drawn(runs, show_members=True, scales=Scales(log_y=True))
    assert_array_equal(found["g: each run"].x, [0, 1, 2, np.nan, 0, 1, 2, np.nan])
    assert_array_equal(found["g: each run"].y, [4, 3, 2, np.nan, 2, 1, np.nan, np.nan])


def test_a_band_and_the_single_runs_are_not_smoothed() -> None:
    runs = [4.0, 2.0, 1.0], [2.0, 1.0, 0.0]
    found = drawn(curve(*runs), scales=Scales(smoothing=Smoothing("ema", 0.9)), show_members=True)
    raw = drawn(curve(*runs), show_members=True)
    for name in ("g: band", "g: each run"):
        assert_array_equal(found[name].x, raw[name].x)
        assert_array_equal(found[name].y, raw[name].y)
    assert_array_equal(found["g: raw"].y, raw["g"].y)
    assert (found["g"].y[1:] > raw["g"].y[1:]).all()
    # Hover: the mean and the ends of its band are raw.
    assert_allclose(found["g"].customdata, [[3, 2, 4], [1.5, 1, 2], [0.5, 0, 1]])
