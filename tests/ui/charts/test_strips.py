"""Strip and box plots of the results of every run."""

from typing import Any

import plotly.graph_objects as go
import pytest

from lossopt_ui.charts import strips
from lossopt_ui.charts.colours import translucent
from lossopt_ui.charts.strips import Strip
from tests.helpers import plain, trace

# Four runs from 10 to 13 and one far away, in no order.
ROW = Strip("Hinge", [20.0, 11.0, 10.0, 13.0, 12.0], list("abcde"), 9.0, 17.0, "#0072B2")
MANY = Strip("Many", [*map(float, range(40)), 900.0], [f"r{k}" for k in range(41)], 0, 1, "#D55E00")
ONE = Strip("One", [5.0], ["alone"], float("nan"), float("nan"), "#009E73")


def content(figure: go.Figure) -> dict[str, Any]:
    found: dict[str, Any] = plain(figure.to_plotly_json())
    return found


def test_a_box_has_its_quartiles_median_and_whiskers_and_shows_few_runs() -> None:
    drawn = content(strips.boxes([ROW, MANY, ONE], title="", x_title="", theme="light"))
    box = trace(drawn, "Hinge: box")
    ends = ("q1", "median", "q3", "lowerfence", "upperfence", "y")
    # Quartiles of 10, 11, 12, 13, 20: the box is 2 wide, so whiskers reach at most from 8 to 16.
    assert [list(box[end]) for end in ends] == [[11], [12], [13], [10], [13], [0]]
    assert box["line"]["color"] == ROW.colour
    dots = trace(drawn, "Hinge")
    assert list(dots["x"]) == list(ROW.values)
    assert list(dots["text"]) == list("abcde")
    assert dots["marker"]["color"] == translucent(ROW.colour, 0.6)
    # 0, 1, .., 39, 900: ranks 10, 20 and 30 of 0 to 40; whiskers reach at most from -20 to 60.
    many = trace(drawn, "Many: box")
    assert [list(many[end]) for end in ends] == [[10], [20], [30], [0], [39], [1]]
    assert list(trace(drawn, "Many")["x"]) == [900]
    assert list(trace(drawn, "Many")["text"]) == ["r40"]
    names = {each["name"] for each in drawn["data"]}
    assert list(trace(drawn, "One")["x"]) == [5]
    assert "One: box" not in names


@pytest.mark.parametrize(("runs", "dots"), [(30, 30), (31, 0)])
def test_up_to_thirty_runs_are_dots_beside_their_box(runs: int, dots: int) -> None:
    row = Strip("a", [float(k) for k in range(runs)], ["r"] * runs, 0.0, 1.0, "#0072B2")
    drawn = strips.boxes([row], title="", x_title="", theme="light")
    assert (
        sum(len(each.x) for each in drawn.data if each.name == "a" and each.x is not None) == dots
    )


def test_a_strip_has_all_runs_their_mean_and_its_interval() -> None:
    drawn = content(strips.strips([ROW, ONE], title="", x_title="", theme="light"))
    assert list(trace(drawn, "Hinge")["x"]) == list(ROW.values)
    mean = trace(drawn, "Hinge: mean")
    assert mean["x"] == pytest.approx([13.2])
    bar = mean["error_x"]
    assert [bar["array"][0], bar["arrayminus"][0]] == pytest.approx([3.8, 4.2])
    assert "One: mean" not in {each["name"] for each in drawn["data"]}
