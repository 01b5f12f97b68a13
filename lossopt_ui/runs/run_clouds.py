"""The selected runs as parallel coordinates or as a scatter plot of any two quantities."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from lossopt_core.analysis.groups import SEEDS, whole
from lossopt_core.experiment.measures import MEASURES
from lossopt_ui.charts import parallel, sweeps
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
        figure.show(drawn.figure, key=drawn.key, alt=drawn.alt, height=HEIGHT, on_box=on_box)
    if parts and look == "parallel":
        brushing.explain("filter the list of runs", column)
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
    """The runs with the metric at the chosen point of training; and how many have none.

    A combination of which a run diverged or was stopped has none, as in a sweep.
    """
    members = [each for group in shown for each in group.members if each.experiment is not None]
    values = group_tables.values(members, column, optima)
    by_id = {each.id: value for each, value in zip(members, values, strict=True)}
    every = tuning.apart(saved_runs.listing_with_references().runs)
    table = every[every["id"].isin(by_id.keys())]
    known = whole(table.assign(**{column: table["id"].map(by_id).astype("float64")}))
    found = known[known[column].notna()]
    return found, len(table) - len(found)


def _axes(part: pd.DataFrame, varied: Sequence[str]) -> list[str]:
    """The settings that vary among the runs of one chart."""
    return [name for name in varied if part[name].nunique(dropna=False) > 1]


def _drawn(
    title: str, part: pd.DataFrame, varied: Sequence[str], column: str, theme: Theme
) -> Drawn:
    look, what = widgets.value("effects"), MEASURES[column].label.split(" (")[0]
    if look == "parallel":
        picture = parallel.parallel_coordinates(part, _axes(part, varied), column, theme=theme)
    else:
        colour = colour_of_points(part, varied)
        x = widgets.value("scatter_x")
        picture = sweeps.scatter(part, x, column, colour_by=colour, theme=theme)
    alt = f"{what} of {names.counted(len(part), 'run')}: {picture.layout.title.text}."
    return Drawn(f"{look}-{title or 'all'}", picture, alt, HEIGHT)
