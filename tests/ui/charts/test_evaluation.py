"""Margins, calibration and costs at coordinates computed by hand."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from lossopt_ui.charts import cost, evaluation, lecture
from lossopt_ui.charts.colours import mixed
from lossopt_ui.charts.evaluation import Style

STYLE = Style("a", "#AA0000", "solid")


def test_margins_are_quantiles_from_the_smallest_to_the_largest() -> None:
    figure = evaluation.margin_distributions({STYLE: np.array([3.0, -1.0, 0.0])}, "light")
    [line] = figure.data
    assert (list(line.x), list(line.y)) == ([-1, 0, 3], [0, 50, 100])
    [correct], [words] = figure.layout.shapes, figure.layout.annotations
    assert (correct.x0, correct.x1, words.x, words.text) == (0.0, 0.0, 0.0, "wrong | correct")
    many = np.arange(1001.0)
    [line] = evaluation.margin_distributions({STYLE: many}, "light").data
    assert (len(line.x), line.x[0], line.x[-1]) == (300, 0, 1000)
    assert_allclose(line.x, 10 * line.y, rtol=1e-5)


def test_calibration_is_accuracy_over_confidence_with_larger_dots_for_more_examples() -> None:
    table = pd.DataFrame({"confidence": [0.5, 0.9], "accuracy": [0.25, 1.0], "n": [25, 75]})
    diagonal, line = evaluation.reliability({STYLE: table}, {STYLE: 0.123}, "light").data
    assert (list(diagonal.x), list(diagonal.y)) == ([0, 100], [0, 100])
    assert (list(line.x), list(line.y)) == ([50, 90], [25, 100])
    assert list(line.marker.size) == pytest.approx([5 + 9, 5 + 18 * 0.75**0.5])
    assert line.name == "a: ECE 12.3 %"


def test_every_loss_ranks_its_own_column_from_worst_to_best() -> None:
    table = pd.DataFrame({"hinge": [3.0, 1.0, 2.0], "accuracy": [0.9, 0.9, 0.9]})
    [cells] = evaluation.trained_and_evaluated(table, ["a", "b", "c"], "light").data
    assert_allclose(cells.z, [[0.0, 0.3], [0.6, 0.3], [0.3, 0.3]])
    assert cells.text.tolist() == [["3", "90.0"], ["1", "90.0"], ["2", "90.0"]]
    assert list(cells.x) == ["Hinge", "Accuracy (%)"]


def test_costs_are_medians_with_a_line_to_the_extremes() -> None:
    costs = pd.DataFrame(
        {
            "runs": [3, 3, 3, 0],
            "reached": [3, 2, 1, 0],
            "low": [10.0, 20.0, np.nan, np.nan],
            "median": [15.0, 30.0, np.nan, np.nan],
            "high": [40.0, np.nan, np.nan, np.nan],
        },
        index=["a", "b", "c", "d"],
    )
    figure = cost.bars(costs, dict.fromkeys("abcd", "#AA0000"), title="", x_title="", theme="light")
    [bars] = figure.data
    assert_allclose(bars.x, [15, 30, np.nan, np.nan])
    assert_allclose(bars.error_x.array, [25, 0, 0, 0])
    assert_allclose(bars.error_x.arrayminus, [5, 10, 0, 0])
    notes = [(each.x, each.y, each.text.strip()) for each in figure.layout.annotations]
    assert notes == [
        (30, "b", "not reached by 1 of 3"),
        (0, "c", "not reached by 2 of 3"),
        (0, "d", "unknown"),
    ]


def test_colours_are_mixed_channel_by_channel() -> None:
    assert mixed("#000000", "#FF8040", 0.5) == "#804020"
    assert mixed("#102030", "#FFFFFF", 0.0) == "#102030"
    assert mixed("#102030", "#203040", 0.25) == "#142434"


def test_the_plane_is_coloured_by_the_root_of_the_loss_above_its_minimum() -> None:
    first, second = np.array([0.0, 1.0]), np.array([0.0, 1.0])
    loss, penalty = np.array([[1.0, 5.0], [10.0, 2.0]]), np.array([[0.0, 1.0], [1.0, 2.0]])
    path = np.array([[0.0, 0.0], [1.0, 0.5]])
    looks = {"title": "", "theme": "light"}
    figure = lecture.plane(
        first, second, loss, penalty, path, 1, loss_there=4.0, penalty_there=1.5, **looks
    )
    ground, of_loss, of_penalty, ways, here = figure.data
    assert_allclose(ground.z, [[0, 2], [3, 1]])
    assert (of_loss.contours.start, of_loss.contours.end) == (4.0, 4.0)
    assert (of_penalty.contours.start, of_penalty.contours.end) == (1.5, 1.5)
    assert_allclose((ways.x, ways.y), path.T)
    assert (list(here.x), list(here.y)) == ([1.0], [0.5])
