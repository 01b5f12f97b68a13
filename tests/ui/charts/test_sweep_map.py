"""The heatmap of a sweep: cells, colours and limits from theory."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from plotly.colors import sample_colorscale

from lossopt_ui.charts import colours
from lossopt_ui.charts.sweep_map import StepEdge, heat_map

RATES, STRENGTHS = (0.01, 0.1, 1.0), (0.001, 0.01)


def results(value: str, values: list[float], **changes: object) -> pd.DataFrame:
    """Two slightly different runs for each pair of values."""
    pairs = [(rate, strength) for strength in STRENGTHS for rate in RATES]
    rows = [
        {"learning_rate": rate, "strength": strength, "family": f"{rate}-{strength}",
         "status": "finished", "id": f"{rate}-{strength}-{k}", value: mean * (1 + (k - 0.5) / 100)}
        for (rate, strength), mean in zip(pairs, values, strict=True)
        for k in range(2)
    ]  # fmt: skip
    return pd.DataFrame(rows).assign(**changes)


def drawn(table: pd.DataFrame, value: str, theme: colours.Theme = "light", **more) -> go.Figure:
    return heat_map(table, "learning_rate", "strength", value, theme=theme, **more)


def texts(figure: go.Figure) -> list[str]:
    return [text.text for text in figure.layout.annotations]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_number_has_contrast_on_its_cell(theme: colours.Theme) -> None:
    figure = drawn(
        results("test_accuracy", [0.1, 0.3, 0.45, 0.6, 0.8, 0.97]), "test_accuracy", theme
    )
    [cells] = figure.data
    depth = np.array(cells.z, dtype=float)
    shares = (depth - depth.min()) / (depth.max() - depth.min())
    behind = sample_colorscale([list(step) for step in cells.colorscale], shares.ravel())
    for text, cell in zip(figure.layout.annotations, behind, strict=True):
        assert text.bgcolor == cell
        assert colours.contrast(text.font.color, cell) >= 4.0
    assert texts(figure) == ["10", "30", "45", "60", "80", "97"]


def test_all_best_cells_are_outlined_and_no_cell_looks_like_the_background() -> None:
    figure = drawn(results("test_accuracy", [0.1, 0.9, 0.45, 0.6, 0.9, 0.3]), "test_accuracy")
    frames = {(shape.x0 + 0.5, shape.y0 + 0.5) for shape in figure.layout.shapes}
    assert frames == {(1, 0), (1, 1)}
    faintest = figure.data[0].colorscale[0][1]
    assert colours.contrast(faintest, colours.BACKGROUND["light"]) > 1.15


def test_one_huge_result_does_not_make_the_others_indistinguishable() -> None:
    figure = drawn(results("objective", [0.05, 0.1, 0.2, 0.4, 0.8, 120.0]), "objective")
    depth = np.sort(np.array(figure.data[0].z, dtype=float).ravel())
    assert np.diff(depth).min() > 0.05 * np.ptp(depth)
    assert texts(figure) == ["0.05", "0.1", "0.2", "0.4", "0.8", "120"]


def test_a_cell_shared_by_several_combinations_shows_the_best_finished_one() -> None:
    values = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95]
    good = results("test_accuracy", values)
    worse = results("test_accuracy", [each - 0.2 for each in values])
    diverged = results("test_accuracy", values, status="diverged")
    for k, more in enumerate((worse, diverged)):
        both = pd.concat([good, more.assign(family=more["family"] + f"-{k}")])
        for table in (both, both[::-1]):
            figure = drawn(table, "test_accuracy")
            assert texts(figure) == ["50", "60", "70", "80", "90", "95"]
            assert "best over other parameters" in figure.layout.title.text


def test_limits_are_drawn_between_the_neighbouring_values_and_labelled() -> None:
    table = results("test_accuracy", [0.5, 0.6, 0.7, 0.8, 0.9, 0.95])
    edge = StepEdge({0.001: 10**-0.5, 0.01: 0.1}, "stability edge at the optimum (full batch)")
    figure = drawn(table, "test_accuracy", edge=edge, zero_above=0.3)
    bars = [s for s in figure.layout.shapes if s.line.dash == "dot"]
    assert [bar.x0 for bar in bars] == pytest.approx([1.5, 1.0])
    [zero] = [s for s in figure.layout.shapes if s.line.dash == "dash"]
    assert zero.y0 == zero.y1 == 1.5  # beyond the last strength
    below = figure.layout.xaxis.title.text
    assert "dotted: stability edge at the optimum (full batch)" in below
    assert "all weights are zero above 0.3" in below


@pytest.mark.parametrize(
    ("zero_above", "at"), [(0.01, 1.0), (0.011, 1.5), (0.001, 0.0), (0.0009, -0.5)]
)
def test_a_limit_at_an_outermost_value_is_drawn_there_and_one_beyond_it_outside(
    zero_above: float, at: float
) -> None:
    table = results("test_accuracy", [0.5, 0.6, 0.7, 0.8, 0.9, 0.95])
    figure = drawn(table, "test_accuracy", zero_above=zero_above)
    [zero] = [s for s in figure.layout.shapes if s.line.dash == "dash"]
    assert zero.y0 == pytest.approx(at)


def test_a_cell_with_diverged_runs_says_so() -> None:
    table = results("objective", [1.0] * 6)
    table.loc[table["learning_rate"] == 1.0, "status"] = "diverged"
    assert texts(drawn(table, "objective")) == ["1", "1", "diverged"] * 2
