"""The selected runs as parallel coordinates, as a scatter plot, or as a matrix of them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from lossopt_core.analysis.groups import SEEDS, whole
from lossopt_core.experiment.measures import MEASURES
from lossopt_ui.charts import parallel, scatter
from lossopt_ui.charts.colours import Theme
from lossopt_ui.charts.curves import DISTANCES
from lossopt_ui.charts.sweep_cells import comparable
from lossopt_ui.experiment import saved_runs
from lossopt_ui.figures import figure
from lossopt_ui.jobs.optimum import Optima
from lossopt_ui.runs import brushing, group_tables, table_rows, tuning
from lossopt_ui.runs.group_charts import Drawn
from lossopt_ui.runs.groups import Group
from lossopt_ui.state import names, widgets
from lossopt_ui.state.pages.settings import AUTOMATIC
from lossopt_ui.state.session import SessionKey

HEIGHT = 420
MAX_AXES = 8
IN_MATRIX = ("test_accuracy", "train_accuracy", "objective")
"""The metrics of a scatter matrix besides the chosen one."""
MAX_ROWS, MAX_COLUMNS = 3, 5
"""The most metrics, and the most settings, of a scatter matrix."""
_FILTERED: SessionKey[bool] = SessionKey("run_clouds.filtered", bool)
"""Whether a box has just changed the filter, which the rest of the page has to follow."""


def colour_of_points(runs: pd.DataFrame, varied: Sequence[str]) -> str:
    """The chosen setting or metric that colours a scatter plot; '' if it is not known."""
    chosen: str = widgets.value("scatter_colour")
    if chosen == AUTOMATIC:
        return varied[0] if varied else ""
    return chosen if chosen in runs and runs[chosen].notna().any() else ""


def show(shown: Sequence[Group], optima: Optima) -> None:
    """Show the chosen chart of the runs of all groups."""
    if _FILTERED.pop():  # a box reruns only the fragment around the chart
        st.rerun()
    look, column = widgets.value("effects"), widgets.value("measure")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        widgets.setting("measure", width=260)
        if look == "scatter":
            widgets.setting("scatter_x", width=220)
        if look in ("scatter", "matrix"):
            widgets.setting("scatter_colour", width=220)
    runs, left_out = _runs(shown, column, optima)
    varied = varied_settings(runs)
    parts = _parts(runs, column)
    if not parts:
        wait = column in DISTANCES and optima.pending
        without = "None of the selected runs has these results."
        st.info("The certified optima are being computed." if wait else without)
    for title, part in parts.items():
        drawn = _drawn(title, part, varied, column, figure.theme())
        on_box = _taker(part, varied, column) if look == "parallel" else None
        figure.show(drawn.figure, key=drawn.key, alt=drawn.alt, height=drawn.height, on_box=on_box)
    if parts and look == "parallel":
        brushing.explain("filter the list of runs", column, "filter")
    if len(parts) > 1:
        st.caption("Values of different losses are not comparable: each loss has its own chart.")
    if left_out:
        counted = names.counted(left_out, "run")
        st.caption(f"Left out: {counted} without a result, or with another seed that has none.")


def _taker(part: pd.DataFrame, varied: Sequence[str], column: str) -> Callable[[Any], None]:
    take = brushing.taker("filter", part, _axes(part, varied), column)

    def on_box(event: Any) -> None:
        take(event)
        _FILTERED.set(True)

    return on_box


def pictures(shown: Sequence[Group], optima: Optima, theme: Theme) -> list[Drawn]:
    """The charts as `show` shows them."""
    column = widgets.value("measure")
    runs, _ = _runs(shown, column, optima)
    varied = varied_settings(runs)
    return [
        _drawn(title, part, varied, column, theme) for title, part in _parts(runs, column).items()
    ]


def _parts(runs: pd.DataFrame, column: str) -> Mapping[str, pd.DataFrame]:
    if runs.empty:
        return {}
    other = widgets.value("scatter_x") if widgets.value("effects") == "scatter" else column
    if other not in runs:
        return {}
    return comparable(runs, column, other)


def varied_settings(runs: pd.DataFrame) -> list[str]:
    """The settings that differ between the runs, apart from seeds."""
    return [name for name in table_rows.differing(runs) if name not in SEEDS][:MAX_AXES]


def _runs(shown: Sequence[Group], column: str, optima: Optima) -> tuple[pd.DataFrame, int]:
    """The runs with their metrics at the chosen point of training; and how many have no `column`.

    A combination of which a run diverged or was stopped has none, as in a sweep.
    """
    members = [each for group in shown for each in group.members if each.experiment is not None]
    every = tuning.apart(saved_runs.listing_with_references().runs)
    table = every[every["id"].isin([each.id for each in members])]
    metrics = {column, widgets.value("scatter_x"), widgets.value("scatter_colour"), *IN_MATRIX}
    for name in metrics & MEASURES.keys():
        values = group_tables.values(members, name, optima)
        by_id = {each.id: value for each, value in zip(members, values, strict=True)}
        table = table.assign(**{name: table["id"].map(by_id).astype("float64")})
    known = whole(table)
    found = known[known[column].notna()]
    return found, len(table) - len(found)


def _axes(part: pd.DataFrame, varied: Sequence[str]) -> list[str]:
    """The settings that vary among the runs of one chart."""
    return [name for name in varied if part[name].nunique(dropna=False) > 1]


def _drawn(
    title: str, part: pd.DataFrame, varied: Sequence[str], column: str, theme: Theme
) -> Drawn:
    look, what = widgets.value("effects"), MEASURES[column].label.split(" (")[0]
    colour, height = colour_of_points(part, varied), HEIGHT
    if look == "parallel":
        picture = parallel.parallel_coordinates(part, _axes(part, varied), column, theme=theme)
    elif look == "matrix":
        metrics, axes = _metrics_of_matrix(part, column), _axes(part, varied)[:MAX_COLUMNS]
        picture = scatter.scatter_matrix(part, axes, metrics, colour_by=colour, theme=theme)
        height = scatter.height_of_matrix(len(metrics))
    else:
        x = widgets.value("scatter_x")
        picture = scatter.scatter(part, x, column, colour_by=colour, theme=theme)
    alt = f"{what} of {names.counted(len(part), 'run')}: {picture.layout.title.text}."
    return Drawn(f"{look}-{title or 'all'}", picture, alt, height)


def _metrics_of_matrix(part: pd.DataFrame, column: str) -> list[str]:
    """The chosen metric and those that all runs of a chart have, and that can be compared."""
    alike = part["loss"].nunique() == 1
    others = [
        name
        for name in IN_MATRIX
        if name != column and part[name].notna().any() and (alike or not MEASURES[name].of_a_loss)
    ]
    return [column, *others][:MAX_ROWS]
