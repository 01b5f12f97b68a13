"""The chart of learning rates: multiples of each lane's own lowest objective."""

import math

from numpy.testing import assert_allclose, assert_array_equal

from lossopt_core.analysis.tuned_rate import TunedRate
from lossopt_ui.charts.rates import sensitivity
from tests.helpers import plain, trace


def test_each_lane_is_a_multiple_of_its_own_lowest_objective() -> None:
    tuned = {
        "Hinge": TunedRate(0.1, {1.0: math.nan, 0.01: 0.8, 0.1: 0.2}),
        "Cross-entropy": TunedRate(1.0, {0.1: 3.0, 1.0: 2.0}),
    }
    colours = {"Hinge": "#D55E00", "Cross-entropy": "#0072B2"}
    figure = sensitivity(tuned, colours, theme="light")
    drawn = plain(figure.to_plotly_json())
    hinge = trace(drawn, "Hinge")
    assert_array_equal(hinge["x"], [0.01, 0.1, 1.0])
    assert_allclose(hinge["y"], [4.0, 1.0, math.nan])  # it diverged at 1
    assert_allclose(trace(drawn, "Cross-entropy")["y"], [1.5, 1.0])
    ring = trace(drawn, "Hinge: 0.1")
    assert (list(ring["x"]), list(ring["y"])) == ([0.1], [1.0])
    assert (ring["marker"]["symbol"], ring["marker"]["color"]) == ("circle-open", "#D55E00")
    assert (figure.layout.xaxis.type, figure.layout.yaxis.type) == ("log", "log")


def test_an_objective_that_is_not_positive_has_no_multiples() -> None:
    figure = sensitivity(
        {"a": TunedRate(0.1, {0.1: 0.0, 1.0: 2.0})}, {"a": "#000000"}, theme="dark"
    )
    assert_array_equal(figure.data[0].y, [math.nan, math.nan])
