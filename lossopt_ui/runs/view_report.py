"""The report of what the compare page shows: its charts, its table, its verdicts."""

from collections.abc import Sequence

import streamlit as st

from lossopt_core.experiment import conventions
from lossopt_ui.jobs.optimum import Optima
from lossopt_ui.runs import costs, differences, evaluation, files, line_charts, line_tables, lines
from lossopt_ui.runs.files import File
from lossopt_ui.runs.line_charts import Drawn
from lossopt_ui.runs.lines import Line
from lossopt_ui.runs.report import (
    Chart,
    Part,
    Table,
    Text,
    report,
)
from lossopt_ui.state import widgets

TITLE = "Runs compared with lossopt"


def offer(shown: Sequence[Line], baseline: Line | None, optima: Optima) -> None:
    """A file with the present view, made when it is asked for."""
    place = st.popover("Report", icon=":material/article:", key="report", on_change="rerun")
    if not place.open:
        return
    with place:
        st.caption("One HTML file with what you see. It opens without a network.")
        address, parts = widgets.address(), _parts(shown, baseline, optima)
        files.offer(
            File(
                "Download the report",
                "lossopt-report.html",
                "text/html",
                lambda _: report(TITLE, address, parts),
                key="download-report",
            )
        )


def _parts(shown: Sequence[Line], baseline: Line | None, optima: Optima) -> list[Part]:
    """What the present look shows, in any case curves and all settings; verdicts, if any."""
    on_paper = lines.with_style(
        shown, colour=widgets.value("colour"), dash=widgets.value("dash"), theme="light"
    )
    parts = [*_of_the_look(on_paper, optima), *_curves(on_paper, baseline, optima)]
    if baseline is not None:
        parts += _verdicts(shown, baseline, optima)
    parts.append(Table(line_tables.whole(shown, optima), "Settings and results"))
    if words := line_tables.what_spreads_are(shown):
        parts.append(Text(words))
    all_settings = line_tables.settings(shown, differing_only=False)
    return [
        *parts,
        Table(all_settings.T, "All settings"),
        Text("Conventions", heading=True),
        Text(conventions.IN_WORDS),
    ]


def _of_the_look(shown: Sequence[Line], optima: Optima) -> list[Part]:
    """Pictures and tables of the looks that are neither curves nor verdicts."""
    match widgets.value("part"):
        case "evaluation":
            found, words = evaluation.evaluated(shown)
            if not found:
                return []
            charts = map(_chart, evaluation.pictures(found, "light"))
            table = Table(evaluation.table(found), "Every run under every loss")
            return [Text(evaluation.TITLE, heading=True), *map(Text, words), *charts, table]
        case "cost":
            chart, cost_table = costs.pictures(shown, optima, "light")
            table = Table(costs.in_words(cost_table), "Cost to target")
            return [_chart(chart), table]
    return []


def _curves(shown: Sequence[Line], baseline: Line | None, optima: Optima) -> list[Part]:
    charts, words = line_charts.charts(shown, baseline, optima, "light")
    return [*map(_chart, charts), *map(Text, words)]


def _verdicts(shown: Sequence[Line], baseline: Line, optima: Optima) -> list[Part]:
    others = [line for line in shown if line.key != baseline.key]
    column = widgets.value("measure")
    found = differences.paired(others, baseline, column, optima)
    said = [
        Text(differences.sentence(line, baseline, column, found.get(line.key), str))
        for line in others
    ]
    comparable = [line for line in others if line.key in found]
    warnings = differences.confounded(comparable, baseline, column, optima, str)
    parts: list[Part] = [Text("Is it real?", heading=True), *said, *map(Text, warnings)]
    if found:
        table = differences.table(others, found, column).set_index("Compared")
        parts += [Text(differences.note(found)), Table(table, "Paired differences")]
    return parts


def _chart(drawn: Drawn) -> Chart:
    return Chart(drawn.figure, drawn.alt, drawn.height)
