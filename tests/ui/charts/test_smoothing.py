"""Smoothed curves, and y-axes that leave out outliers, at heights computed by hand."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from lossopt_ui.charts.curves import Curve, Level, curves
from lossopt_ui.charts.scales import NO_LIMITS, Limits, Scales, without_outliers
from lossopt_ui.charts.smoothing import Smoothing
from tests.ui.charts.test_lanes import BLUE, RED

EMA = Smoothing("ema", 0.5)


def table(y: list[float], column: str = "objective") -> pd.DataFrame:
    return pd.DataFrame({"epoch": np.arange(float(len(y))), column: y})


def chart(*lines: Curve, levels: Sequence[Level] = (), **scales: Any) -> go.Figure:
    return curves(
        lines, title="Title", y_title="", theme="light", scales=Scales(**scales), levels=levels
    )


def named(figure: go.Figure) -> dict[str, Any]:
    return {trace.name: trace for trace in figure.data}


def top(figure: go.Figure) -> float | None:
    """The upper end of the y-axis, if it is not automatic."""
    ends = figure.layout.yaxis.range
    return None if ends is None else float(ends[1])


def test_the_raw_curve_is_faint_behind_the_smoothed_one() -> None:
    smoothing = Smoothing("ema", math.exp(-1), span=59.0)  # a length of 1
    figure = chart(Curve("a", table([4.0, 2.0]), "objective", RED), smoothing=smoothing)
    # s' = y - s along the line 4 - 2t, from 4: s = 6 - 2t - 2 exp(-t).
    assert_allclose(named(figure)["a"].y, [4.0, 4.0 - 2.0 * math.exp(-1)])
    raw = named(figure)["a: raw"]
    assert_array_equal(raw.y, [4.0, 2.0])
    assert (raw.line.color, raw.opacity, raw.showlegend) == (RED, 0.4, False)
    assert [trace.name for trace in figure.data] == ["a: raw", "a"]
    assert "Smoothed (EMA 0.368), raw faint" in figure.layout.title.text


def test_hover_shows_the_raw_value_first() -> None:
    line = Curve("a", table([0.5, 1.0], "test_accuracy"), "test_accuracy", RED)
    found = named(chart(line, smoothing=EMA))["a"]
    assert_allclose(found.customdata[:, 0], [50.0, 100.0])
    assert found.hovertemplate == "%{customdata[0]:.4g}, smoothed %{y:.4g}"


def test_a_diverging_curve_is_not_smoothed() -> None:
    calm, lost = table([4.0, 2.0, 1.0]), table([4.0, 90.0, 1e9])
    lines = Curve("calm", calm, "objective", RED), Curve("lost", lost, "objective", BLUE)
    smooth, plain = named(chart(*lines, smoothing=EMA)), named(chart(*lines))
    assert_array_equal(smooth["lost"].y, plain["lost"].y)
    assert "lost: raw" not in smooth
    assert "lost: diverged" in smooth
    only = chart(lines[1], smoothing=EMA)
    assert only.layout.title.text == "Title", "no note where no curve is smoothed"


def test_smoothing_uses_every_evaluation_of_a_long_curve() -> None:
    long = table([1.0 + k % 2 for k in range(5_000)])
    found = named(chart(Curve("a", long, "objective", RED), smoothing=Smoothing("gaussian", 0.9)))
    assert len(found["a"].y) == 1_000
    assert_allclose(found["a"].y, 1.5, atol=0.01)


def test_limits_without_outliers_are_the_whiskers_of_a_box_plot() -> None:
    # Quartiles 2 and 4, so fences at -1 and 7.  Whiskers 1 and 5, with 5 % of 4 for room.
    assert without_outliers([1, 2, 3, 4, 5], log=False) == NO_LIMITS
    values = [*range(1, 6), *range(1, 6), 100]
    found = without_outliers(values, log=False)
    assert (found.low, found.high) == (pytest.approx(0.8), pytest.approx(5.2))
    # By logarithms: 1, 10, ..., 1e4 and 1e20.
    by_log = without_outliers([10.0**k for k in range(5)] * 2 + [1e20, 0.0], log=True)
    assert by_log.high == pytest.approx(10**4.2)
    below = without_outliers([-each for each in values], log=False)
    assert (below.low, below.high) == (pytest.approx(-5.2), pytest.approx(-0.8))


def test_reference_lines_stay_in_view_unless_they_are_outliers_too() -> None:
    values = [*range(1, 6), *range(1, 6), 100]
    # The fences are at -1 and 7; from 0 to 5, the room is 0.25.
    found = without_outliers(values, [0.0, 50.0], log=False)
    assert (found.low, found.high) == (pytest.approx(-0.25), pytest.approx(5.25))


@pytest.mark.parametrize("values", [[], [np.nan], [1, 1, 1, 9], [3]])
def test_without_a_spread_nothing_is_an_outlier(values: list[float]) -> None:
    assert without_outliers(values, log=False) == NO_LIMITS


def test_the_chart_says_how_many_points_it_leaves_out() -> None:
    spikes = table([3.0, 90.0, 2.0, 1.0, 4.0, 80.0, 5.0, 3.0, 2.0])
    figure = chart(Curve("a", spikes, "objective", RED), ignore_outliers=True)
    assert figure.layout.title.text.endswith(">2 points outside the range</span>")
    assert top(figure) == pytest.approx(5.2)
    assert_array_equal(named(figure)["a"].y, spikes["objective"]), "the points are still there"
    one = chart(Curve("a", spikes.iloc[2:], "objective", RED), ignore_outliers=True)
    assert ">1 point outside the range<" in one.layout.title.text
    none = chart(Curve("a", spikes.iloc[6:], "objective", RED), ignore_outliers=True)
    assert ">no points outside the range<" in none.layout.title.text
    assert top(none) is None


def test_typed_limits_count_more_and_points_beyond_them_are_counted() -> None:
    line = Curve("a", table([3.0, 90.0, 2.0, 1.0, 4.0, 5.0]), "objective", RED)
    figure = chart(line, ignore_outliers=True, y_limits=Limits(1.5, 100.0))
    assert figure.layout.yaxis.range == (1.5, 100.0)
    assert ">1 point outside the range<" in figure.layout.title.text


def test_a_smoothed_curve_counts_by_its_raw_points() -> None:
    line = Curve("a", table([3.0, 90.0, 2.0, 1.0, 4.0, 5.0, 2.0]), "objective", RED)
    figure = chart(line, ignore_outliers=True, smoothing=Smoothing("gaussian", 0.97))
    assert ">1 point outside the range<" in figure.layout.title.text


def test_a_diverged_curve_is_marked_at_the_edge_of_the_range_and_not_counted() -> None:
    calm = table([3.0, 90.0, 2.0, 1.0, 4.0, 5.0, 2.0])
    lost = table([3.0, 1e3, 1e9])
    figure = chart(
        Curve("calm", calm, "objective", RED), Curve("lost", lost, "objective", BLUE),
        ignore_outliers=True,
    )  # fmt: skip
    high = top(figure)
    assert high is not None
    assert high < 10
    assert np.nanmax(named(figure)["lost"].y) == pytest.approx(high)
    assert named(figure)["lost: diverged"].y[0] == pytest.approx(high)
    assert "1 point outside" in figure.layout.title.text


def test_a_band_that_is_cut_off_is_mentioned() -> None:
    wide = table([3.0, 4.0, 2.0, 1.0, 4.0, 5.0, 2.0]).assign(
        low=lambda rows: rows["objective"],
        high=lambda rows: rows["objective"].where(rows.index > 0, 50.0),
    )
    figure = chart(Curve("a", wide, "objective", RED), ignore_outliers=True)
    assert ">bands reach outside the range<" in figure.layout.title.text


def test_a_zoom_stays_while_new_points_move_the_automatic_range() -> None:
    spikes = table([3.0, 90.0, 2.0, 1.0, 4.0, 80.0, 5.0, 3.0, 2.0])
    few, all_ = (
        chart(Curve("a", rows, "objective", RED), ignore_outliers=True).layout.yaxis
        for rows in (spikes.iloc[:7], spikes)
    )
    assert few.uirevision == all_.uirevision
    assert few.uirevision != chart(Curve("a", spikes, "objective", RED)).layout.yaxis.uirevision
