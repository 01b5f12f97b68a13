"""The forest plot: differences and the ends of their intervals, at places computed by hand."""

import pytest

from lossopt_ui.charts.colours import GREY, INK
from lossopt_ui.charts.forest import Difference, forest, height_of
from tests.helpers import plain, trace

NAN = float("nan")
ROWS = [
    Difference("SGD", 0.0, NAN, NAN, "#111111", 0),
    Difference("Hinge", 1.5, 0.5, 4.0, "#0072B2", 10),
    Difference("One seed", -2.0, NAN, NAN, "#D55E00", 1),
]


def drawn() -> dict[str, object]:
    figure = forest(ROWS, title="Differences", x_title="points", theme="light", unit=" points")
    found: dict[str, object] = plain(figure.to_plotly_json())
    return found


def test_an_interval_reaches_from_its_low_to_its_high_end() -> None:
    hinge = trace(drawn(), "Hinge")
    assert (list(hinge["x"]), list(hinge["y"])) == ([1.5], [1])
    # 0.5 and 4 seen from 1.5.
    assert list(hinge["error_x"]["arrayminus"]) == [1.0]
    assert list(hinge["error_x"]["array"]) == [2.5]
    assert hinge["marker"]["symbol"] == "circle"
    assert hinge["marker"]["color"] == hinge["error_x"]["color"] == "#0072B2"
    assert "+0.5 to +4 points; 10 pairs" in hinge["hovertemplate"]


def test_a_difference_without_interval_is_hollow_and_the_baseline_a_tick_at_0() -> None:
    alone, base = trace(drawn(), "One seed"), trace(drawn(), "SGD")
    assert (alone["marker"]["symbol"], base["marker"]["symbol"]) == ("circle-open", "line-ns")
    for each in (alone, base):
        assert list(each["error_x"]["array"]) == list(each["error_x"]["arrayminus"]) == [0.0]
    assert "no interval; 1 pair)" in alone["hovertemplate"]
    assert base["hovertemplate"].startswith("baseline")


def test_rows_go_down_with_their_names_above_them_and_a_line_at_0() -> None:
    layout = forest(ROWS, title="", x_title="", theme="dark").layout
    assert [(each.text, each.y) for each in layout.annotations] == [
        ("SGD", pytest.approx(-0.22)),
        ("Hinge", pytest.approx(0.78)),
        ("One seed", pytest.approx(1.78)),
    ]
    assert {each.font.color for each in layout.annotations} == {INK["dark"]}
    assert all(each.bgcolor for each in layout.annotations), "the line at 0 passes behind names"
    assert layout.yaxis.range == (2.5, -0.95)
    [line] = layout.shapes
    assert (line.x0, line.x1, line.line.color) == (0.0, 0.0, GREY["dark"])
    assert height_of(3) - height_of(1) == 2 * 38
