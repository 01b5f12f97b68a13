"""Charts of runs: levels, chance and bands at heights computed by hand."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from lossopt_core import Certificate, Experiment, StepLimits
from lossopt_ui.charts import steps, training
from lossopt_ui.charts.colours import GREY, LINES, translucent
from lossopt_ui.charts.scales import log_suits

DIGITS = Experiment(loss="hinge")
HISTORY = pd.DataFrame(
    {
        "update": [0, 10, 20],
        "epoch": [0.0, 1.0, 2.0],
        "objective": [9.0, 3.0, 2.0],
        "data_loss": [9.0, 2.0, 1.5],
        "penalty": [0.0, 1.0, 0.5],
        "test_loss": [9.0, 4.0, 3.0],
        "gradient_norm": [5.0, 2.0, 1.0],
        "weight_norm": [0.0, 1.0, 2.0],
        "train_accuracy": [0.1, 0.8, 0.9],
        "test_accuracy": [0.1, 0.7, 0.8],
        "distance": [7.0, 1.0, 0.1],
        "distance_at_least": [7.0, 0.95, 0.01],
    }
)


def certificate(objective: float, lower_bound: float) -> Certificate:
    weights = np.zeros((10, 64))
    gap = (objective - lower_bound) / objective
    return Certificate(objective, lower_bound, gap, weights, weights[:, 0], 1.0, "dual", True)


def test_an_accuracy_is_in_percent_with_chance_among_ten_classes() -> None:
    figure = training.accuracy(DIGITS, HISTORY, theme="light")
    train, test = figure.data
    assert_allclose(train.y, [10, 80, 90])
    assert_allclose(test.y, [10, 70, 80])
    [level] = figure.layout.shapes
    assert (level.y0, level.y1) == (10.0, 10.0)
    assert figure.layout.annotations[0].text == "chance: 10 %"
    two = Experiment(dataset="moons")
    assert training.accuracy(two, HISTORY, theme="light").layout.shapes[0].y0 == 50.0


def test_an_objective_has_its_parts_the_loss_of_zero_weights_and_the_optimum() -> None:
    known = certificate(1.25, 1.0)
    figure = training.objective(DIGITS, HISTORY, None, theme="light", optimum=known)
    drawn = {each.name: each for each in figure.data}
    for name in ("objective", "data loss", "penalty", "test loss"):
        assert_allclose(drawn[name].y, HISTORY[name.replace(" ", "_")])
        assert_allclose(drawn[name].x, [0, 1, 2])
    # Hinge with margin 1 and equal scores: each of the nine other classes costs 1.
    band, level = figure.layout.shapes
    assert (level.y0, figure.layout.annotations[0].text) == (9.0, "zero weights: 9")
    assert (band.y0, band.y1) == (1.0, 1.25)
    edge = drawn["optimum (1.25, certified)"]
    assert (list(edge.x), list(edge.y)) == ([0.0, 2.0], [1.25, 1.25])
    assert training.optimum_band(certificate(1.0, 0.0)) == []


def test_minibatch_objectives_stand_where_they_were_measured() -> None:
    rows = pd.DataFrame(
        {
            "update": [1, 2, 6],
            "epoch": [0.1, 0.2, 0.6],
            "gradient_evaluations": [32, 64, 192],
            "objective": [9.0, 5.0, 3.0],
        }
    )
    moved = training._before_each_step(rows)
    # Before updates 1 and 2; the mean over updates 3 to 6 in the middle of 2, 3, 4, 5.
    assert_allclose(moved["update"], [0.0, 1.0, 3.5])
    assert_allclose(moved["epoch"], [0.0, 0.1, 0.35])
    assert_allclose(moved["gradient_evaluations"], [0.0, 32.0, 112.0])


def test_a_distance_is_logarithmic_with_its_lower_bound_where_it_is_looser() -> None:
    gaps = pd.DataFrame({"epoch": [1.0, 2.0], "gap": [4.0, 0.5]})
    figure = training.distance(DIGITS, HISTORY, theme="light", floor=0.2, gaps=gaps)
    upper, lower, free = figure.data
    assert_allclose(upper.y, [7, 1, 0.1])
    assert_allclose(lower.y, [7, 0.95, 0.01])
    assert (list(free.x), list(free.y)) == ([1.0, 2.0], [4.0, 0.5])
    assert figure.layout.yaxis.type == "log"
    assert figure.layout.shapes[0].y0 == 0.2
    assert figure.layout.annotations[0].y == pytest.approx(np.log10(0.2))
    tight = HISTORY.assign(distance_at_least=[7.0, 0.95, 0.095])
    assert len(training.distance(DIGITS, tight, theme="light", floor=None).data) == 1
    loose = HISTORY.assign(distance_at_least=[7.0, 0.89, 0.095])
    assert len(training.distance(DIGITS, loose, theme="light", floor=None).data) == 2


def test_norms_are_of_the_gradient_and_of_the_weights() -> None:
    gradient, norm = training.gradient(DIGITS, HISTORY, theme="light").data
    assert_allclose(gradient.y, [5, 2, 1])
    assert_array_equal(norm.y, [np.nan, 1, 2])  # zero has no place on a logarithmic axis


def test_limits_of_the_learning_rate_are_bars_and_the_rate_a_line() -> None:
    figure = steps.limits(StepLimits(0.02, 0.5, 8.0), 0.3, "light")
    [bars] = figure.data
    assert list(bars.y) == ["always stable", "at initialization", "at the optimum"]
    assert list(bars.x) == [0.02, 0.5, 8.0]
    below, above = translucent(LINES["light"][0], 0.75), translucent(GREY["light"], 0.5)
    assert list(bars.marker.color) == [above, below, below]
    [line] = figure.layout.shapes
    assert (line.x0, line.x1) == (0.3, 0.3)
    # 0.3 and a half decades around 0.02 to 8, in whole powers.
    assert figure.layout.xaxis.range == (-2.0, 2.0)
    unbounded = steps.limits(StepLimits(np.inf, 0.5, None), 0.3, "light").data[0]
    assert list(unbounded.y) == ["at initialization"]


def test_two_decades_of_positive_values_suit_a_logarithmic_axis() -> None:
    assert log_suits([[1.0, 50.0], [100.0, np.nan]])
    assert not log_suits([[1.0, 99.0]])
    assert not log_suits([[0.0, 100.0]])
    assert not log_suits([[np.nan]])
    assert not log_suits([])
