"""The end results of every run, by group: several measures as small multiples."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from lossopt_core.analysis.groups import BANDS
from lossopt_core.experiment.measures import MEASURES
from lossopt_ui.charts import strips
from lossopt_ui.charts.colours import Theme
from lossopt_ui.charts.strips import Strip
from lossopt_ui.experiment.saved_runs import SavedRun
from lossopt_ui.figures import figure
from lossopt_ui.jobs.optimum import Optima
from lossopt_ui.runs import group_tables
from lossopt_ui.runs.group_charts import Drawn
from lossopt_ui.runs.groups import Group, panels
from lossopt_ui.state import widgets
from lossopt_ui.state.pages.settings import AUTOMATIC

PER_ROW = 2
MARGIN = 0.06
"""Room beside the outermost dots, as a fraction of the range."""


def show(shown: Sequence[Group], optima: Optima) -> None:
    """Show a chart for each chosen measure; values of different losses have charts of their own."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        widgets.setting("measures", width="stretch")
        widgets.setting("results_as", width="content", label_visibility="collapsed")
    drawn = charts(shown, optima, figure.theme())
    for first in range(0, len(drawn), PER_ROW):
        row = drawn[first : first + PER_ROW]
        for place, chart in zip(st.columns(PER_ROW), row, strict=False):
            with place:
                figure.show(chart.figure, key=chart.key, alt=chart.alt, height=chart.height)
    st.caption(legend())


def legend() -> str:
    """What the marks of the charts mean."""
    if widgets.value("results_as") == "box":
        return (
            "Box: median and quartiles over the finished runs. Whiskers: the last runs within 1.5"
            " interquartile ranges of the box. Dots: runs; of more than"
            f" {strips.FEW} in a group, only those beyond the whiskers."
        )
    return "Dots: runs. Diamond and bar: mean and its 95 % CI over the finished runs (Student's t)."


def charts(shown: Sequence[Group], optima: Optima, theme: Theme) -> list[Drawn]:
    """The strip or box plots of the chosen measures."""
    found = []
    for column in widgets.value("measures") or ("test_accuracy", "train_accuracy", "objective"):
        for title, groups in panels(shown, column, AUTOMATIC).items():
            if drawn := _chart(column, title, groups, optima, theme):
                found.append(drawn)
    return found


def _chart(
    column: str, title: str, groups: Sequence[Group], optima: Optima, theme: Theme
) -> Drawn | None:
    rows = [_strip(group, column, optima) for group in groups]
    as_boxes = widgets.value("results_as") == "box"
    ends = [() if as_boxes else (row.low, row.high) for row in rows]
    known = np.array([x for row, end in zip(rows, ends, strict=True) for x in (*row.values, *end)])
    known = known[np.isfinite(known)]
    if len(known) == 0:
        return None
    room = MARGIN * (known.max() - known.min() or abs(known.max()) or 1.0)
    what = MEASURES[column].label
    draw = strips.boxes if as_boxes else strips.strips
    drawn = draw(
        rows,
        title=", ".join(filter(None, (what.split(" (")[0], title))),
        x_title=what,
        theme=theme,
        x_range=(float(known.min() - room), float(known.max() + room)),
    )
    centre, centres = (np.median, "Medians") if as_boxes else (np.mean, "Means")
    said = [f"{row.label} {centre(row.values):.4g}" for row in rows if len(row.values)]
    alt = f"{what} of each run. {centres}: {'; '.join(said)}."
    return Drawn(f"seeds-{column}-{title}", drawn, alt, strips.height_of(len(rows)))


def _strip(group: Group, column: str, optima: Optima) -> Strip:
    scale = 100.0 if MEASURES[column].percent else 1.0
    values = np.array(group_tables.values(group.members, column, optima)) * scale
    there = np.isfinite(values)
    low, high = np.nan, np.nan
    if there.sum() > 1:
        low, high = (float(end[0]) for end in BANDS["ci"].of(values[there, None]))
    told = [_name(member) for member, known in zip(group.members, there, strict=True) if known]
    return Strip(group.plain, list(values[there]), told, low, high, group.colour)


def _name(member: SavedRun) -> str:
    """'seed 3, split 0', or the name of an imported curve."""
    if member.experiment is None:
        return member.name
    return f"seed {member.experiment.seed}, split seed {member.experiment.split_seed}"
