"""Curves that leave a chart are cut where they leave, and marked there."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from numpy.testing import assert_allclose

from lossopt_ui.charts import escapes
from lossopt_ui.charts.curves import Curve, Level, curves
from lossopt_ui.charts.scales import Limits, Scales


def chart(*lines: Curve, levels: Sequence[Level] = (), **scales: Any) -> go.Figure:
    return curves(
        lines,
        title="",
        y_title="",
        theme="light",
        scales=Scales("update", **scales),
        levels=levels,
    )


def line(name: str, *y: float, diverged: bool = False, x: tuple[float, ...] = ()) -> Curve:
    table = pd.DataFrame({"update": x or tuple(float(k) for k in range(len(y))), "objective": y})
    return Curve(name, table, "objective", "#123456", diverged=diverged)


def test_a_leaving_curve_is_cut_above_the_others_and_marked() -> None:
    found = chart(line("a", 2.0, 1.0, 1.0), line("b", 2.0, 3.0, 203.0, diverged=True))
    _, b, mark = found.data
    # The others span 1 to 2; 8 % above is 2.08, reached at 8 % of the way from 2 to 3.
    assert_allclose(b.x, [0.0, 0.08, 1.0, 2.0])
    assert_allclose(b.y, [2.0, 2.08, np.nan, np.nan])
    assert (mark.x, mark.y) == (pytest.approx([0.08]), pytest.approx([2.08]))
    assert (mark.name, mark.text) == ("b: diverged", ("diverged",))


def test_on_logarithmic_axes_it_is_cut_where_the_drawn_line_crosses() -> None:
    stays = line("a", 100.0, 1.0, x=(1.0, 10.0))
    leaves = line("b", 1.0, 10_000.0, x=(1.0, 10.0), diverged=True)
    found = chart(stays, leaves, log_x=True, log_y=True)
    # Two decades and 8 % of them: 10 ** 2.16, at 54 % of the way through four decades.
    assert_allclose(found.data[1].x, [1.0, 10**0.54, 10.0])
    assert_allclose(found.data[1].y, [1.0, 10**2.16, np.nan])


def test_a_curve_may_leave_and_return_before_it_leaves_for_good() -> None:
    x, y = escapes.below(np.arange(5.0), np.array([0.0, 4.0, 0.0, 2.0, np.inf]), 2.0)
    assert_allclose(x, [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 3.0, 4.0])
    assert_allclose(y, [0.0, 2.0, np.nan, 2.0, 0.0, 2.0, 2.0, np.nan])


def test_reference_lines_and_typed_limits_set_the_ceiling() -> None:
    stays, leaves = line("a", 2.0, 1.0), line("b", 2.0, 52.0, diverged=True)
    with_level = chart(stays, leaves, levels=[Level(3.5, "")])
    assert max(with_level.data[2].y) == pytest.approx(3.5 + 0.08 * 2.5)
    typed = chart(stays, leaves, y_limits=Limits(0.0, 12.0))
    assert (typed.data[2].x, typed.data[2].y) == (pytest.approx([0.2]), pytest.approx([12.0]))
    exponents = chart(stays, leaves, log_y=True, y_limits=Limits(None, 10.0))
    assert exponents.data[2].y == pytest.approx([10.0])


def test_a_curve_alone_is_cut_at_ten_times_its_start_unless_the_axis_is_logarithmic() -> None:
    alone = line("a", 2.0, 102.0, diverged=True)
    assert chart(alone).data[1].y == pytest.approx([20.0])
    assert chart(alone, log_y=True).data[1].y == pytest.approx([102.0])


def test_growth_without_divergence_is_called_otherwise_and_curves_that_stay_are_whole() -> None:
    found = chart(line("a", 2.0, 1.0), line("b", 2.0, 30.0))
    assert found.data[2].text == ("off the chart",)
    whole = chart(line("a", 2.0, 1.0), line("b", 2.0, 19.0))
    assert [list(each.y) for each in whole.data] == [[2.0, 1.0], [2.0, 19.0]]


def test_a_diverged_curve_in_view_is_marked_at_its_end() -> None:
    table = pd.DataFrame({"update": [0.0, 1.0, 2.0], "test_accuracy": [0.1, 0.6, np.nan]})
    lost = Curve("a", table, "test_accuracy", "#123456", diverged=True)
    mark = chart(lost).data[1]
    assert (list(mark.x), list(mark.y)) == ([1.0], [60.0])


@pytest.mark.parametrize(
    ("objective", "diverged"),
    [([2.0, 2.1e5], True), ([2.0, 1.9e5], False), ([2.0, np.nan], True), ([2.0, np.inf], True)],
)
def test_a_history_has_diverged_by_the_rule_of_training(
    objective: list[float], diverged: bool
) -> None:
    assert escapes.has_diverged(pd.DataFrame({"objective": objective})) == diverged


def test_words_of_marks_are_not_written_over_each_other() -> None:
    near = [line(name, 1.0, y, diverged=True) for name, y in (("a", 60.0), ("b", 63.0))]
    found = chart(line("stays", 0.0, 100.0), *near, line("far", 1.0, 80.0, diverged=True))
    modes = {mark.name: mark.mode for mark in found.data if mark.name.endswith(": diverged")}
    # 8 % of the 100 is 8: b is 3 above a, and far is 20 above it.
    assert modes == {
        "a: diverged": "markers+text", "b: diverged": "markers", "far: diverged": "markers+text",
    }  # fmt: skip
