"""The report of what the compare page shows: its charts, its table, its verdicts."""

from collections.abc import Sequence

import streamlit as st

from lossopt_ui import controls, differences, line_charts, line_tables, lines
from lossopt_ui.line_charts import Axes
from lossopt_ui.lines import Line
from lossopt_ui.optimum import Optima
from lossopt_ui.report import Chart, Part, Table, Text, report

TITLE = "Runs compared with lossopt"


def offer(shown: Sequence[Line], baseline: Line | None, axes: Axes, optima: Optima) -> None:
    """A file with the present view, made when it is asked for."""
    place = st.popover("Report", icon=":material/article:", key="report", on_change="rerun")
    if not place.open:
        return
    with place:
        st.caption("One HTML file with what you see. It opens without a network.")
        st.download_button(
            "Download the report",
            data=report(TITLE, controls.address(), _parts(shown, baseline, axes, optima)),
            file_name="lossopt-report.html",
            mime="text/html",
            on_click="ignore",
            key="download-report",
        )


def _parts(shown: Sequence[Line], baseline: Line | None, axes: Axes, optima: Optima) -> list[Part]:
    on_paper = lines.dressed(
        shown, colour=controls.value("colour"), dash=controls.value("dash"), theme="light"
    )
    charts, words = line_charts.charts(on_paper, baseline, axes, optima, "light")
    parts: list[Part] = [Chart(each.figure, each.alt, each.height) for each in charts]
    parts += [Text(each) for each in words]
    if baseline is not None:
        others = [line for line in shown if line.key != baseline.key]
        column = controls.value("measure")
        parts.append(Text("Is it real?", heading=True))
        said = differences.against(baseline, others, column, optima, str)
        parts += [Text(each) for each in said]
    parts.append(Table(line_tables.whole(shown, optima), "Settings and results"))
    all_settings = line_tables.settings(shown, differing_only=False)
    return [*parts, Table(all_settings.T, "All settings")]
