"""All kept runs: found, chosen, compared, taken along."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from lossopt_ui.app import navigation
from lossopt_ui.experiment import saved_runs
from lossopt_ui.experiment.saved_runs import Listing, Member
from lossopt_ui.figures import figure
from lossopt_ui.identity import missing_data, visitor, workspace
from lossopt_ui.jobs import optimum, render_gate
from lossopt_ui.jobs.optimum import Optima
from lossopt_ui.landscape.page import MOST_WAYS
from lossopt_ui.runs import (
    bring_in,
    costs,
    differences,
    evaluation,
    export,
    line_charts,
    line_tables,
    lines,
    references,
    run_notes,
    runs_table,
    saved_views,
    shared_link,
    view_report,
)
from lossopt_ui.runs.lines import Line
from lossopt_ui.state import page_links, pages, toasts, widgets
from lossopt_ui.state.pages.settings import SETTINGS

navigation.begin(pages.COMPARE)


def say_where_runs_come_from() -> None:
    """The whole page as long as no runs are kept."""
    toasts.show()
    runs_table.say_unreadable(wanted_runs())
    st.info("No runs are kept yet. Train one, and it will be here.", icon=":material/inbox:")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link(pages.TRAIN.file, label="Train a classifier", icon=":material/play_arrow:")
        references.offer_to_compare()
        bring_in.popover()
    run_notes.undo()


def wanted_runs() -> Listing:
    """What is kept here, with the reference runs where they are wanted."""
    if widgets.value("references"):
        return saved_runs.listing_with_references()
    return saved_runs.listing()


def tools_of_the_table() -> None:
    """What stands above the table: how its rows are found, what it shows, how more come in."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        widgets.setting("filter", width="stretch")
        widgets.setting("rows", width=190)
        references.switch()
        saved_views.popover()
        with st.popover("Columns", icon=":material/view_column:"):
            for name in ("columns", "sort", "at"):
                widgets.setting(name)
            widgets.setting("at_epoch", disabled=widgets.value("at") != "epoch")
            widgets.setting("archived")
        bring_in.popover()


@st.fragment
def table_and_results() -> None:
    """The table, and what is chosen in it: a fragment, so that a click there runs no more.

    A fragment that is run by itself has no page around it that could catch, or wait its turn.
    """
    with render_gate.PAGES.turn(visitor.owner()), workspace.unreadable_said():
        toasts.show()
        listing = wanted_runs()
        if listing.runs.empty:  # the last run was deleted
            st.rerun()
        runs_table.say_what_is_missing(listing)
        chosen = runs_table.choose(listing)
        run_notes.undo()
        if len(chosen):
            compare(chosen)
        elif not runs_table.hidden_by_the_filter(listing):
            st.info("Select rows in the table's first column to see their curves.")


def tools_of_runs(chosen: pd.DataFrame, members: Sequence[Member]) -> None:
    """What can be done with the chosen runs."""
    with st.container(horizontal=True, vertical_alignment="center"):
        own = chosen[~chosen["reference"]]
        if len(own):
            run_notes.tools(own)
        if len(own) < len(chosen):
            references.say_that_they_stay(beside_own=len(own) > 0)
        export.popover(members)
        if len(members) == 1 and members[0].experiment is not None:
            page_links.link_to_train_page(members[0].experiment)
            page_links.link_to_inspect_page(members[0].id)
        trained = [each.id for each in members if each.experiment is not None]
        if trained:
            page_links.link_to_landscape_page(trained[:MOST_WAYS])


def lines_to_draw(members: Sequence[Member]) -> list[Line]:
    """The runs as lines with their looks, no more than can be told apart."""
    together = widgets.value("rows") == "families"
    found = lines.lines_of(members, together=together, group=widgets.value("group"))
    few, grouped_by = lines.fewer(found, widgets.value("colour"))
    if grouped_by:
        st.caption(
            f"More than {lines.MOST_LINES} curves: they are grouped by"
            f" {SETTINGS[grouped_by].lower()}. 'Group by' at the left chooses others."
        )
    return lines.with_style(
        few,
        colour=widgets.value("colour"),
        dash=widgets.value("dash"),
        theme=figure.theme(),
    )


def compare(chosen: pd.DataFrame) -> None:
    """The chosen runs beside each other."""
    members = saved_runs.members(chosen)
    experiments = [each.experiment for each in members if each.experiment is not None]
    missing_data.offer(experiments, "compare")
    above, below = st.container(), st.container()
    # The curves first: they are what one waits for.
    with below:
        draw(lines_to_draw(members))
    with above:
        tools_of_runs(chosen, members)


def draw(shown: Sequence[Line]) -> None:
    """The lines, looked at as one likes."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        widgets.setting("part", width="stretch", label_visibility="collapsed")
    baseline = differences.choose_baseline(shown)
    experiments = [each for line in shown for each in line.experiments]
    optimum.watch(experiments, lambda optima: results(shown, baseline, optima))


def settings_of_the_view() -> None:
    """What groups are, and how they look: at the left."""
    st.subheader("Groups")
    for name in ("group", "centre", "band", "members"):
        widgets.setting(name)
    st.subheader("Looks")
    for name in ("colour", "dash", "facet", "smoothing", "reference"):
        widgets.setting(name)


def results(chosen: Sequence[Line], baseline: Line | None, optima: Optima) -> None:
    """One of four looks at the lines."""
    match widgets.value("part"):
        case "differences":
            differences.show(chosen, baseline, optima)
        case "evaluation":
            evaluation.show(chosen)
        case "cost":
            costs.show(chosen, optima)
        case _:
            line_charts.choose()
            line_charts.draw(chosen, baseline, optima)
            line_tables.show(chosen, optima)
    view_report.offer(chosen, baseline, optima)


with workspace.unreadable_said():
    shared_link.show()
    if wanted_runs().runs.empty:
        say_where_runs_come_from()
        st.stop()
    # Browsers hold the table back as long as new kinds of widgets come after it.
    with st.sidebar:
        settings_of_the_view()
    above, below = st.container(), st.container()
    # The table first: it is what one waits for.
    with below:
        table_and_results()
    with above:
        tools_of_the_table()
