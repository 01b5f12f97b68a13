"""Parallel coordinates: heights of lines, and what a box over the axes selects, by hand."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from lossopt_core.query.filters import parse
from lossopt_ui.charts import parallel
from lossopt_ui.charts.parallel import Box, in_box, parallel_coordinates
from lossopt_ui.runs.brushing import conditions, with_conditions

COLUMNS = ["loss", "strength"]
ROWS = pd.DataFrame(
    [
        (f"{loss}-{strength:g}", loss, strength, accuracy + 0.01 * seed)
        for loss, strength, accuracy in (
            ("hinge", 0.1, 0.8),
            ("hinge", 0.01, 0.9),
            ("cross_entropy", 0.001, 0.6),
            ("cross_entropy", 0.1, 0.7),
        )
        for seed in (-1, 1)
    ],
    columns=["family", "loss", "strength", "test_accuracy"],
)


def select(*corners: float) -> dict[str, tuple[Any, ...]]:
    left, right, bottom, top = corners
    return in_box(ROWS, COLUMNS, "test_accuracy", Box(left, right, bottom, top))


def test_lines_go_through_the_values_of_their_combination() -> None:
    drawn = parallel_coordinates(ROWS, COLUMNS, "test_accuracy", theme="light")
    heights = {line.name: list(line.y) for line in drawn.data}
    # Cross-entropy below hinge; 0.001, 0.01, 0.1; means 60 % to 90 %.
    assert heights["hinge-0.1"] == pytest.approx([1.0, 1.0, 2 / 3])
    assert heights["hinge-0.01"] == pytest.approx([1.0, 0.5, 1.0])
    assert heights["cross_entropy-0.001"] == pytest.approx([0.0, 0.0, 0.0])


def test_lines_outside_the_filter_are_thin_and_grey() -> None:
    among = {"hinge-0.1", "cross_entropy-0.001"}
    drawn = parallel_coordinates(ROWS, COLUMNS, "test_accuracy", theme="light", among=among)
    whole = parallel_coordinates(ROWS, COLUMNS, "test_accuracy", theme="light")
    for one, other in zip(drawn.data, whole.data, strict=True):
        assert (one.line == other.line) == (one.name in among)


def test_a_box_selects_on_all_axes_that_it_covers() -> None:
    assert select(0.8, 2.3, 0.4, 1.0) == {
        "strength": (0.01, 0.1),
        "test_accuracy": (pytest.approx(0.72), pytest.approx(0.9)),
    }
    assert select(-0.2, 0.1, 0.9, 1.1) == {"loss": ("hinge",)}
    # Between two axes: the nearest; above all values: none.
    assert select(0.6, 0.9, -0.1, 0.1) == {"strength": (0.001,)}
    assert select(0.9, 1.1, 0.6, 0.9) == {}


@pytest.mark.parametrize(
    "event",
    [None, 3, {}, {"x": [0, 1]}, {"x": [0], "y": [0, 1]}, {"x": "ab", "y": [0, 1]},
     {"x": [0, float("nan")], "y": [0, 1]}, {"x": [0, 1], "y": [0, float("inf")]}],
)  # fmt: skip
def test_other_boxes_are_refused(event: Any) -> None:
    with pytest.raises(ValueError, match="box must have"):
        Box.of(event)


def test_corners_may_come_in_any_order() -> None:
    assert Box.of({"x": [1.2, 0.8], "y": [0.9, 0.1]}) == Box(0.8, 1.2, 0.1, 0.9)


@pytest.mark.parametrize(
    "corners",
    [(-0.1, 0.1, 0.9, 1.0), (0.9, 1.1, 0.4, 1.0), (1.9, 2.1, 0.3, 0.7), (-0.1, 2.1, 0.2, 1.0)],
)
def test_the_filter_selects_what_is_in_the_box(corners: tuple[float, ...]) -> None:
    means = ROWS.groupby("family").mean(numeric_only=True)["test_accuracy"]
    rows = ROWS.drop_duplicates("family").assign(
        test_accuracy=lambda table: table["family"].map(means)
    )
    selected = select(*corners)
    inside = np.ones(len(rows), bool)
    for name, values in selected.items():
        inside &= (
            rows[name].between(*values) if name == "test_accuracy" else rows[name].isin(values)
        ).to_numpy()
    text = with_conditions("", conditions(selected, ROWS))
    assert 0 < inside.sum() < len(rows)
    assert list(parse(text).matches(rows)) == list(inside)


def test_a_further_box_replaces_the_conditions_on_its_axes_alone() -> None:
    first = {"strength": "strength >= 0.01 and strength <= 0.1"}
    text = with_conditions("loss = hinge", first)
    assert text == "loss = hinge and strength >= 0.01 and strength <= 0.1"
    assert (
        with_conditions(text, {"strength": "strength = 1.0"}) == "loss = hinge and strength = 1.0"
    )
    assert with_conditions(text, {"strength": ""}) == "loss = hinge"
    assert with_conditions("hinge or sgd", first) == first["strength"]


def test_a_box_over_all_values_of_a_setting_is_no_condition() -> None:
    assert conditions(select(0.9, 1.1, -0.1, 1.1), ROWS) == {"strength": ""}


def test_combinations_beyond_the_most_that_are_drawn_are_counted(monkeypatch: Any) -> None:
    monkeypatch.setattr(parallel, "MAX_LINES", 3)
    drawn = parallel_coordinates(ROWS, COLUMNS, "test_accuracy", theme="light")
    assert len(drawn.data) == 3
    assert ">The first 3 of 4 combinations<" in drawn.layout.title.text
