"""The Compare page: filter, select, compare and export saved runs."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from lossopt_ui.app import navigation
from lossopt_ui.experiment import saved_runs
from lossopt_ui.experiment.saved_runs import Listing, SavedRun
from lossopt_ui.figures import figure
from lossopt_ui.identity import missing_data, visitor, workspace
from lossopt_ui.jobs import optimum, render_gate
from lossopt_ui.jobs.optimum import Optima
from lossopt_ui.landscape.page import MAX_TRAJECTORIES
from lossopt_ui.runs import (
    costs,
    differences,
    evaluation,
    export,
    group_charts,
    group_tables,
    groups,
    importing,
    references,
    run_notes,
    runs_table,
    saved_views,
    shared_link,
    view_report,
)
from lossopt_ui.runs.groups import Group
from lossopt_ui.state import page_links, pages, toasts, widgets
from lossopt_ui.state.pages.settings import SETTINGS

navigation.begin(pages.COMPARE)


def draw_empty_page() -> None:
    """Draw the page while there are no saved runs."""
    toasts.show()
    runs_table.report_unreadable(wanted_runs())
    st.info("No saved runs yet. Runs appear here once they are trained.", icon=":material/inbox:")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link(pages.TRAIN.file, label="Train a classifier", icon=":material/play_arrow:")
        references.offer_to_compare()
        importing.popover()
    run_notes.undo()


def wanted_runs() -> Listing:
    """The saved runs, with the reference runs if switched on."""
    if widgets.value("references"):
        return saved_runs.listing_with_references()
    return saved_runs.listing()


def tools_of_the_table() -> None:
    """Draw the controls above the table: filter, grouping, views, columns, import."""
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
        importing.popover()


@st.fragment
def table_and_results() -> None:
    """Draw the table and the selected runs: a fragment, so that a click reruns nothing else.

    A fragment that is rerun by itself has no page around it, so it catches errors and waits for
    its turn to render here.
    """
    with render_gate.PAGES.turn(visitor.owner()), workspace.store_errors_shown():
        toasts.show()
        listing = wanted_runs()
        if listing.runs.empty:  # the last run has just been deleted
            st.rerun()
        runs_table.report_missing(listing)
        chosen = runs_table.choose(listing)
        run_notes.undo()
        if len(chosen):
            compare(chosen)
        elif not runs_table.hidden_by_the_filter(listing):
            st.info("Select rows in the first column of the table to see their curves.")


def tools_of_runs(chosen: pd.DataFrame, members: Sequence[SavedRun]) -> None:
    """Draw the actions on the selected runs."""
    with st.container(horizontal=True, vertical_alignment="center"):
        own = chosen[~chosen["reference"]]
        if len(own):
            run_notes.tools(own)
        if len(own) < len(chosen):
            references.explain_read_only(beside_own=len(own) > 0)
        export.popover(members)
        if len(members) == 1 and members[0].experiment is not None:
            page_links.link_to_train_page(members[0].experiment)
            page_links.link_to_inspect_page(members[0].id)
        trained = [each.id for each in members if each.experiment is not None]
        if trained:
            page_links.link_to_landscape_page(trained[:MAX_TRAJECTORIES])


def groups_to_draw(members: Sequence[SavedRun]) -> list[Group]:
    """The runs as styled curves, grouped further if there are too many."""
    grouped = widgets.value("rows") == "families"
    found = groups.group_runs(members, grouped=grouped, by=widgets.value("group"))
    few, grouped_by = groups.fewer(found, widgets.value("colour"))
    if grouped_by:
        st.caption(
            f"More than {groups.MAX_GROUPS} curves, so they are grouped by"
            f" {SETTINGS[grouped_by].lower()}. Choose another grouping with 'Group by' in the"
            " sidebar."
        )
    return groups.with_style(
        few,
        colour=widgets.value("colour"),
        dash=widgets.value("dash"),
        theme=figure.theme(),
    )


def compare(chosen: pd.DataFrame) -> None:
    """Compare the selected runs."""
    members = saved_runs.members(chosen)
    experiments = [each.experiment for each in members if each.experiment is not None]
    missing_data.offer(experiments, "compare")
    above, below = st.container(), st.container()
    # Draw the curves first: visitors wait for them.
    with below:
        draw(groups_to_draw(members))
    with above:
        tools_of_runs(chosen, members)


def draw(shown: Sequence[Group]) -> None:
    """Draw the curves in the chosen tab."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        widgets.setting("part", width="stretch", label_visibility="collapsed")
    baseline = differences.choose_baseline(shown)
    experiments = [each for group in shown for each in group.experiments]
    optimum.watch(experiments, lambda optima: results(shown, baseline, optima))


def settings_of_the_view() -> None:
    """Draw the controls of grouping and style, in the sidebar."""
    st.subheader("Groups")
    for name in ("group", "centre", "band", "members"):
        widgets.setting(name)
    st.subheader("Style")
    for name in ("colour", "dash", "facet", "smoothing", "reference"):
        widgets.setting(name)


def results(chosen: Sequence[Group], baseline: Group | None, optima: Optima) -> None:
    """Draw one of the four tabs."""
    match widgets.value("part"):
        case "differences":
            differences.show(chosen, baseline, optima)
        case "evaluation":
            evaluation.show(chosen)
        case "cost":
            costs.show(chosen, optima)
        case _:
            group_charts.choose()
            group_charts.draw(chosen, baseline, optima)
            group_tables.show(chosen, optima)
    view_report.offer(chosen, baseline, optima)


with workspace.store_errors_shown():
    shared_link.show()
    if wanted_runs().runs.empty:
        draw_empty_page()
        st.stop()
    # Browsers delay the table while new kinds of widgets follow it.
    with st.sidebar:
        settings_of_the_view()
    above, below = st.container(), st.container()
    # Draw the table first: visitors wait for it.
    with below:
        table_and_results()
    with above:
        tools_of_the_table()
