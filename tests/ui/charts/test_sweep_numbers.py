"""The numbers in charts of sweeps, computed by hand.

Two losses and two strengths, the results of two seeds each:

               strength 0.01    strength 0.1
    hinge      0.90, 0.94       0.80, 0.80
    squared    0.70, 0.80       diverged, 0.60
"""

import math

import pandas as pd
import pytest

from lossopt_ui.charts.colours import of_values
from lossopt_ui.charts.parallel import parallel_coordinates
from lossopt_ui.charts.scatter import scatter, scatter_matrix
from lossopt_ui.charts.sweep_cells import cells_of
from lossopt_ui.charts.sweep_map import StepEdge, heat_map
from lossopt_ui.charts.sweeps import sensitivity

ROWS = [
    ("hinge", 0.01, 0.90, "finished"), ("hinge", 0.01, 0.94, "finished"),
    ("hinge", 0.1, 0.80, "finished"), ("hinge", 0.1, 0.80, "finished"),
    ("squared_hinge", 0.01, 0.70, "finished"), ("squared_hinge", 0.01, 0.80, "finished"),
    ("squared_hinge", 0.1, 0.99, "diverged"), ("squared_hinge", 0.1, 0.60, "finished"),
]  # fmt: skip
TABLE = pd.DataFrame(
    [
        {"loss": loss, "strength": strength, "test_accuracy": value, "status": status,
         "family": f"{loss} {strength}", "id": f"run {k}", "train_accuracy": value / 2}
        for k, (loss, strength, value, status) in enumerate(ROWS)
    ]
)  # fmt: skip


def test_cells_have_mean_standard_deviation_and_counts() -> None:
    cells = {cell["family"]: cell for cell in cells_of(TABLE, "strength", "loss", "test_accuracy")}
    best = cells["hinge 0.01"]
    assert (best["x"], best["y"], best["n"], best["diverged"]) == (0.01, "hinge", 2, 0)
    assert best["mean"] == pytest.approx(0.92)
    assert best["sd"] == pytest.approx(0.04 / math.sqrt(2))
    assert cells["hinge 0.1"]["sd"] == 0.0
    assert cells["squared_hinge 0.01"]["mean"] == pytest.approx(0.75)
    assert cells["squared_hinge 0.01"]["sd"] == pytest.approx(0.1 / math.sqrt(2))
    gone = cells["squared_hinge 0.1"]
    assert (gone["n"], gone["diverged"]) == (2, 1)
    assert math.isnan(gone["mean"]), "a mean of the rest would be too good"
    assert math.isnan(gone["sd"])


def test_the_map_has_percentages_in_rows_of_y_and_columns_of_x() -> None:
    figure = heat_map(
        TABLE, "strength", "loss", "test_accuracy", theme="light", about_rates="each at its own"
    )
    [cells] = figure.data
    assert list(cells.x) == ["0.01", "0.1"]
    assert list(cells.y) == ["Hinge", "Squared hinge"]
    assert list(cells.z[0]) == pytest.approx([92.0, 80.0])
    assert cells.z[1][0] == pytest.approx(75.0)
    assert math.isnan(cells.z[1][1])
    assert [list(row) for row in cells.customdata] == [
        ["hinge 0.01", "hinge 0.1"], ["squared_hinge 0.01", "squared_hinge 0.1"]
    ]  # fmt: skip
    said = {(text.x, text.y): text.text for text in figure.layout.annotations}
    assert said == {(0, 0): "92", (1, 0): "80", (0, 1): "75", (1, 1): "diverged"}
    assert cells.hovertext[0][0] == "92.0 ± 2.8 (n=2)"
    assert cells.hovertext[1][1] == "1 of 2 runs diverged"
    frames = {(s.x0, s.x1, s.y0, s.y1) for s in figure.layout.shapes}
    assert frames == {(-0.5, 0.5, -0.5, 0.5)}, "the best cell"
    title, below = figure.layout.title.text.split("<br>")
    assert title == "Test accuracy (%): mean over seeds"
    assert "each at its own" in below
    assert cells.colorscale[0][0] == 0.0
    assert not cells.showscale


def test_lower_is_better_for_an_objective_and_a_wide_range_is_logarithmic() -> None:
    table = TABLE.assign(objective=[1.0, 1.0, 10.0, 10.0, 100.0, 100.0, 1.0, 1.0])
    figure = heat_map(table, "strength", "loss", "objective", theme="light")
    [cells] = figure.data
    assert list(cells.z[0]) == pytest.approx([0.0, 1.0]), "powers of ten"
    assert cells.z[1][0] == pytest.approx(2.0)
    assert list(cells.colorbar.tickvals) == [0, 1, 2]
    assert list(cells.colorbar.ticktext) == ["1", "10", "100"]
    assert {(s.x0, s.y0) for s in figure.layout.shapes} == {(-0.5, -0.5)}
    higher = heat_map(TABLE, "strength", "loss", "test_accuracy", theme="light").data[0]
    assert cells.colorscale[0][1] == higher.colorscale[-1][1], "dark is good in both"


@pytest.mark.parametrize(
    ("limit", "place"),
    [(0.001, -0.5), (0.01, 0.0), (10**-1.5, 0.5), (0.1, 1.0), (10**-0.75, 1.25), (99.0, 2.5)],
)
def test_a_limit_stands_between_its_neighbours_by_its_logarithm(limit: float, place: float) -> None:
    table = pd.DataFrame(
        {"learning_rate": rate, "loss": "hinge", "test_accuracy": 0.5, "status": "finished",
         "family": f"{rate}", "id": f"{rate}"}
        for rate in (0.01, 0.1, 1.0)
    )  # fmt: skip
    edge = StepEdge({"hinge": limit}, "limit")
    figure = heat_map(table, "learning_rate", "loss", "test_accuracy", theme="light", edge=edge)
    [bar] = [shape for shape in figure.layout.shapes if shape.line.dash == "dot"]
    assert (bar.x0, bar.x1) == (pytest.approx(place), pytest.approx(place))
    assert (bar.y0, bar.y1) == (-0.5, 0.5)
    turned = heat_map(table, "loss", "learning_rate", "test_accuracy", theme="light", edge=edge)
    [bar] = [shape for shape in turned.layout.shapes if shape.line.dash == "dot"]
    assert (bar.y0, bar.y1) == (pytest.approx(place), pytest.approx(place))
    assert (bar.x0, bar.x1) == (-0.5, 0.5)


def test_sensitivity_lines_are_means_with_bands_of_one_standard_deviation() -> None:
    figure = sensitivity(
        TABLE, "test_accuracy", x="strength", line_by="loss", theme="light", about_rates="own"
    )
    traces = {trace.name: trace for trace in figure.data}
    line, band = traces["Hinge"], traces["Hinge: band"]
    assert list(line.x) == [0.01, 0.1]
    assert list(line.y) == pytest.approx([92.0, 80.0])
    sd = 4.0 / math.sqrt(2)
    ends = sorted(zip(band.x, band.y, strict=True))
    assert ends[0] == pytest.approx((0.01, 92.0 - sd))
    assert (0.01, pytest.approx(92.0 + sd)) in ends
    assert ends[-1] == pytest.approx((0.1, 80.0))
    assert list(traces["Squared hinge"].y) == pytest.approx([75.0])
    crosses = traces["Squared hinge: diverged"]
    assert list(crosses.x) == [0.1]
    assert list(crosses.customdata) == ["squared_hinge 0.1"]
    assert "own" in figure.layout.title.text
    assert figure.layout.xaxis.type == "log"


def test_the_scatter_has_one_mark_per_run_in_percent() -> None:
    figure = scatter(
        TABLE[TABLE["loss"] == "hinge"], "train_accuracy", "test_accuracy",
        colour_by="loss", theme="light",
    )  # fmt: skip
    [marks] = [trace for trace in figure.data if trace.customdata is not None]
    assert list(marks.x) == pytest.approx([45.0, 47.0, 40.0, 40.0])
    assert list(marks.y) == pytest.approx([90.0, 94.0, 80.0, 80.0])
    assert list(marks.customdata) == ["run 0", "run 1", "run 2", "run 3"]


def test_a_scatter_matrix_has_metrics_against_settings_and_each_other() -> None:
    results = TABLE.assign(strength=[0.0, 0.0, 0.1, 0.1] * 2)
    metrics = ["test_accuracy", "train_accuracy"]
    figure = scatter_matrix(
        results, ["strength"], metrics, colour_by="loss", theme="light"
    )  # fmt: skip
    hinge = {(t.xaxis, t.yaxis): t for t in figure.data if t.name == "Hinge"}
    assert {each.marker.color for each in hinge.values()} == set(
        of_values("loss", ["hinge", "squared_hinge"], "light")[:1]
    )
    # Two rows of three columns: strength, test and training accuracy.
    assert sorted(hinge) == [("x", "y"), *((f"x{k}", f"y{k}") for k in range(2, 7))]
    assert list(hinge["x", "y"].x) == [0, 0, 1, 1], "evenly spaced, so that 0 has a place"
    assert list(hinge["x", "y"].y) == pytest.approx([90, 94, 80, 80])
    assert list(hinge["x3", "y3"].x) == pytest.approx([45, 47, 40, 40])
    assert list(hinge["x5", "y5"].x) == pytest.approx([90, 94, 80, 80])
    assert list(hinge["x5", "y5"].y) == pytest.approx([45, 47, 40, 40])
    assert list(figure.layout.xaxis4.ticktext) == ["0", "0.1"]
    assert sum(bool(each.showlegend) for each in figure.data) == 2


def test_a_scatter_with_a_setting_of_0_is_not_logarithmic() -> None:
    at_0 = TABLE.assign(strength=TABLE["strength"].replace(0.01, 0.0))
    for table, kind in ((TABLE, "log"), (at_0, None)):
        drawn = scatter(table, "strength", "test_accuracy", colour_by="loss", theme="light")
        assert drawn.layout.xaxis.type == kind


def test_parallel_coordinates_have_one_line_per_combination_from_low_to_high() -> None:
    whole = TABLE[TABLE["family"] != "squared_hinge 0.1"]
    figure = parallel_coordinates(whole, ["loss", "strength"], "test_accuracy", theme="light")
    lines = {trace.customdata[0]: trace for trace in figure.data if trace.customdata is not None}
    assert list(lines["hinge 0.01"].y) == pytest.approx([0.0, 0.0, 1.0])
    assert list(lines["hinge 0.1"].y) == pytest.approx([0.0, 1.0, (80 - 75) / (92 - 75)])
    assert list(lines["squared_hinge 0.01"].y) == pytest.approx([1.0, 0.0, 0.0])
    for line in lines.values():
        assert list(line.x) == [0, 1, 2]
