"""The report of the Compare page: charts, tables, verdicts."""

from collections.abc import Sequence

import streamlit as st

from lossopt_core.exchange.scripts import with_lossopt
from lossopt_core.experiment import conventions
from lossopt_ui.jobs.optimum import Optima
from lossopt_ui.runs import (
    costs,
    dataset_ranks,
    differences,
    evaluation,
    files,
    group_charts,
    group_tables,
    groups,
    run_clouds,
    seed_results,
    setting_effects,
    verdict_line,
)
from lossopt_ui.runs.export import MAX_IN_A_SCRIPT
from lossopt_ui.runs.files import File
from lossopt_ui.runs.group_charts import Drawn
from lossopt_ui.runs.groups import Group
from lossopt_ui.runs.report import (
    Chart,
    Part,
    Table,
    Text,
    report,
)
from lossopt_ui.state import widgets

TITLE = "Comparison of runs"


def offer(shown: Sequence[Group], baseline: Group | None, optima: Optima) -> None:
    """Offer the current view as a file, made on request."""
    place = st.popover("Report", icon=":material/article:", key="report", on_change="rerun")
    if not place.open:
        return
    with place:
        st.caption("The current view as one HTML file that works offline.")
        address, parts = widgets.address(), _parts(shown, baseline, optima)
        files.offer(
            File(
                "Download report",
                "lossopt-report.html",
                "text/html",
                lambda _: report(TITLE, address, parts),
                key="download-report",
            )
        )


def _parts(shown: Sequence[Group], baseline: Group | None, optima: Optima) -> list[Part]:
    """The current tab, then curves, verdicts if there is a baseline, and all settings."""
    on_paper = groups.with_style(
        shown, colour=widgets.value("colour"), dash=widgets.value("dash"), theme="light"
    )
    parts = [*_answer(on_paper, baseline, optima)]
    parts += [*_of_the_look(on_paper, optima), *_curves(on_paper, baseline, optima)]
    if baseline is not None:
        parts += _verdicts(on_paper, baseline, optima)
    parts.append(Table(group_tables.whole(shown, optima), "Settings and results"))
    if words := group_tables.explain_spreads(shown):
        parts.append(Text(words))
    all_settings = group_tables.settings(shown, differing_only=False)
    return [
        *parts,
        Table(all_settings.T, "All settings"),
        Text("Conventions", heading=True),
        Text(conventions.IN_WORDS),
        *_how_to_reproduce(shown),
    ]


def _answer(shown: Sequence[Group], baseline: Group | None, optima: Optima) -> list[Part]:
    """The verdict, as on the page."""
    found = verdict_line.paired(shown, baseline, optima)
    said = verdict_line.sentences(shown, baseline, found, optima)
    return [Text(each, strong=place == 0) for place, each in enumerate(said)]


def _how_to_reproduce(shown: Sequence[Group]) -> list[Part]:
    """A script that trains the runs; the link is at the top of the report."""
    experiments = [each for group in shown for each in group.experiments]
    if not experiments:
        return []
    some = experiments[:MAX_IN_A_SCRIPT]
    left_out = f" It has the first {len(some)} runs." * (len(some) < len(experiments))
    return [
        Text("How to reproduce", heading=True),
        Text(f"This script trains the runs again, with the same results.{left_out}"),
        Text(with_lossopt(some), code=True),
    ]


def _of_the_look(shown: Sequence[Group], optima: Optima) -> list[Part]:
    """Charts and tables of the tabs other than curves and significance."""
    match widgets.value("part"):
        case "evaluation":
            found, words = evaluation.evaluated(shown)
            if not found:
                return []
            charts = map(_chart, evaluation.pictures(found, "light"))
            table = Table(evaluation.table(found), "Every run under every loss")
            return [Text(evaluation.TITLE, heading=True), *map(Text, words), *charts, table]
        case "differences":
            return _ranks(shown, optima)
        case "seeds":
            by_seed = map(_chart, seed_results.charts(shown, optima, "light"))
            return [*by_seed, Text(seed_results.legend())]
        case "cost":
            chart, cost_table = costs.pictures(shown, optima, "light")
            table = Table(costs.in_words(cost_table), "Cost to target")
            return [_chart(chart), table]
        case "settings" if widgets.value("effects") == "importance":
            pictured = setting_effects.pictures(shown, optima, "light")
            return [part for each in pictured for part in _of_settings(each)]
        case "settings":
            return [*map(_chart, run_clouds.pictures(shown, optima, "light"))]
    return []


def _ranks(shown: Sequence[Group], optima: Optima) -> list[Part]:
    try:
        found = dataset_ranks.ranked(shown, widgets.value("measure"), optima)
    except ValueError:
        return []  # as for runs on one data set
    said = map(Text, dataset_ranks.sentences(found))
    ranks = Table(dataset_ranks.table(found), dataset_ranks.TITLE)
    return [_chart(dataset_ranks.chart(found, "light")), *said, ranks]


def _of_settings(pictured: setting_effects.Pictured) -> list[Part]:
    if pictured.chart is None or pictured.table is None:
        return [Text(pictured.words)]
    table = Table(pictured.table, "Importance of settings")
    return [_chart(pictured.chart), Text(pictured.words), Text(setting_effects.HOW), table]


def _curves(shown: Sequence[Group], baseline: Group | None, optima: Optima) -> list[Part]:
    charts, words = group_charts.charts(shown, baseline, optima, "light")
    return [*map(_chart, charts), *map(Text, words)]


def _verdicts(shown: Sequence[Group], baseline: Group, optima: Optima) -> list[Part]:
    others = [group for group in shown if group.key != baseline.key]
    column = widgets.value("measure")
    found = differences.paired(others, baseline, column, optima)
    forest = verdict_line.chart(shown, baseline, found, "light")
    said = [
        Text(differences.sentence(group, baseline, column, found.get(group.key), str))
        for group in others
    ]
    comparable = [group for group in others if group.key in found]
    warnings = differences.confounded(comparable, baseline, column, optima, str)
    parts: list[Part] = [Text("Significance", heading=True), *said, *map(Text, warnings)]
    if forest is not None:
        parts.append(_chart(forest))
    if found:
        table = differences.table(others, found, column).set_index("Compared")
        parts += [Text(differences.note(found)), Table(table, "Paired differences")]
    return parts


def _chart(drawn: Drawn) -> Chart:
    return Chart(drawn.figure, drawn.alt, drawn.height)
