"""Lanes: a line, a band and a name for each, at heights computed by hand."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from numpy.testing import assert_allclose

from lossopt_ui.charts import lanes
from lossopt_ui.charts.colours import GREY
from lossopt_ui.charts.lanes import Lane, accuracy_limits
from lossopt_ui.charts.scales import NO_LIMITS, Limits, Scales

RED, BLUE = "#AA0000", "#0000AA"


def history(objective: list[float], test: list[float] | None = None) -> pd.DataFrame:
    accuracy = [0.5] * len(objective)
    return pd.DataFrame(
        {
            "epoch": np.arange(float(len(objective))),
            "objective": objective,
            "test_loss": test or objective,
            "train_accuracy": accuracy,
            "test_accuracy": accuracy,
        }
    )


def chart(*shown: Lane, columns: tuple[str, ...] = ("objective",), **more: Any) -> go.Figure:
    return lanes.curves(shown, columns=columns, title="", theme="light", **more)


def named(figure: go.Figure) -> dict[str, Any]:
    return {trace.name: trace for trace in figure.data}


def test_two_seeds_are_their_mean_with_a_student_interval() -> None:
    found = named(chart(Lane("hinge", RED, [history([3.0, 1.0]), history([3.0, 1.2])])))
    assert_allclose(found["hinge"].y, [3.0, 1.1])
    # t of 97.5 % with 1 degree of freedom is 12.706; the standard error is 0.1.
    half = 12.7062 * 0.1
    assert_allclose(found["hinge: band"].x, [0, 1, 1, 0])
    assert_allclose(found["hinge: band"].y, [3.0, 1.1 + half, 0.0, 3.0], rtol=1e-5)
    assert_allclose(found["hinge"].customdata, [[3.0, 3.0], [0.0, 1.1 + half]], rtol=1e-5)
    assert lanes.SPREADS["ci"] in found


def test_the_band_may_be_the_range_of_the_seeds() -> None:
    seeds = [history([3.0, y]) for y in (1.0, 1.5, 1.1)]
    found = named(chart(Lane("hinge", RED, seeds), spread="range"))
    assert_allclose(found["hinge"].y, [3.0, 1.2])
    assert_allclose(found["hinge: band"].y, [3.0, 1.5, 1.0, 3.0])
    assert lanes.SPREADS["range"] in found


def test_one_seed_is_a_line_without_a_band_and_none_is_nothing() -> None:
    found = named(chart(Lane("hinge", RED, [history([3.0, 1.0])]), Lane("empty", BLUE, [])))
    assert list(found) == ["hinge"]
    assert found["hinge"].customdata is None


def test_accuracies_are_in_percent_with_the_test_set_dashed() -> None:
    seeds = [history([3.0, 1.0]), history([3.0, 1.0])]
    seeds[0]["test_accuracy"], seeds[1]["test_accuracy"] = [0.5, 1.0], [0.5, 0.9]
    found = named(chart(Lane("a", RED, seeds), columns=("train_accuracy", "test_accuracy")))
    assert found["a, training"].line.dash == "solid"
    assert found["a, test"].line.dash == "dash"
    assert_allclose(found["a, test"].y, [50.0, 95.0])
    # The interval would reach to 158 %.
    assert_allclose(found["a, test: band"].y[:2], [50.0, 100.0])


def test_a_logarithmic_axis_is_chosen_for_two_decades_of_stable_runs() -> None:
    slow, fast = Lane("slow", RED, [history([3.0, 0.04])]), Lane("fast", BLUE, [history([3, 0.03])])
    lost = Lane("lost", GREY["light"], [history([3.0, 9e9])])
    zero = Lane("zero", BLUE, [history([3.0, 0.0])])
    assert lanes.suits_log([slow, fast], ["objective"])
    assert not lanes.suits_log([slow, lost], ["objective"])
    assert not lanes.suits_log([fast, zero], ["objective"])
    assert chart(slow, scales=Scales(log_y=True)).layout.yaxis.type == "log"


def test_a_diverged_lane_does_not_flatten_the_others() -> None:
    stable = Lane("stable", RED, [history([3.0, 1.0, 0.5])])
    seeds = [history([3.0, 2.0, 4.0]), history([3.0, 2.2, 9e9])]
    found = named(chart(stable, Lane("lost", BLUE, seeds)))
    # 8 % above the stable curve's 0.5 to 3.
    assert max(found["lost: diverged"].y) == pytest.approx(3.2)
    assert np.nanmax(found["lost"].y) == pytest.approx(3.2)
    assert_allclose(max(found["lost: band"].y), 3.2)


def test_ghosts_are_thin_grey_once_in_the_legend_and_not_in_the_hover() -> None:
    old = Lane("before: α 0.1", RED, [history([3.0, 2.0]), history([3.0, 2.2])])
    new = Lane("hinge", RED, [history([3.0, 1.0])])
    found = chart(new, columns=("objective", "test_loss"), ghosts=[old]).data
    ghosts = [each for each in found if each.name == old.label]
    assert [each.line.dash for each in ghosts] == ["solid", "dash"]
    assert [each.showlegend for each in ghosts] == [True, False]
    assert {each.line.color for each in ghosts} == {GREY["light"]}
    assert {each.hoverinfo for each in ghosts} == {"skip"}
    assert {each.line.width for each in ghosts} == {1.0}
    assert not any("band" in each.name for each in found)


def test_typed_limits_are_ranges_in_units_or_exponents() -> None:
    lane = Lane("hinge", RED, [history([3.0, 1.0])])
    limited = Scales(x_limits=Limits(0.5, None), y_limits=Limits(0.1, 10.0))
    linear = chart(lane, scales=limited).layout
    assert linear.xaxis.autorangeoptions.minallowed == 0.5
    assert linear.yaxis.range == (0.1, 10.0)
    logarithmic = chart(lane, scales=replace(limited, log_y=True)).layout
    assert logarithmic.yaxis.range == pytest.approx((-1.0, 1.0))
    assert Limits(0.0, None).range(log=True) is None


def test_accuracies_that_end_high_fill_the_chart() -> None:
    def ending(*ends: float) -> list[Lane]:
        return [Lane("a", "#123456", [pd.DataFrame({"test_accuracy": [0.1, end]})]) for end in ends]

    assert accuracy_limits(ending(0.81, 0.97), ["test_accuracy"]) == Limits(80.0)
    assert accuracy_limits(ending(0.79, 0.97), ["test_accuracy"]) == NO_LIMITS
    assert accuracy_limits(ending(0.97, float("nan")), ["test_accuracy"]) == NO_LIMITS
    assert accuracy_limits(ending(float("nan"), 0.97), ["test_accuracy"]) == NO_LIMITS
    assert accuracy_limits([], ["test_accuracy"]) == NO_LIMITS
