"""The Compare page: filter, select, compare and export saved runs."""

from collections.abc import Sequence
from contextlib import AbstractContextManager

import pandas as pd
import streamlit as st

from lossopt_core.experiment.measures import MEASURES
from lossopt_ui.app import navigation
from lossopt_ui.experiment import saved_runs
from lossopt_ui.experiment.saved_runs import Listing, SavedRun
from lossopt_ui.figures import figure
from lossopt_ui.identity import missing_data, visitor, workspace
from lossopt_ui.jobs import optimum, render_gate
from lossopt_ui.jobs.optimum import Optima
from lossopt_ui.landscape.page import MAX_TRAJECTORIES
from lossopt_ui.runs import (
    bin,
    completing,
    continuing,
    costs,
    dataset_ranks,
    differences,
    evaluation,
    export,
    find,
    group_charts,
    group_tables,
    groups,
    importing,
    look,
    references,
    run_clouds,
    run_notes,
    runs_table,
    saved_views,
    seed_results,
    setting_effects,
    shared_link,
    train_longer,
    tuning,
    verdict_line,
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
        importing.popover()
        bin.popover(wanted_runs())
    run_notes.undo()


def wanted_runs() -> Listing:
    """The saved runs, with the reference runs if switched on, or if there are no others."""
    if widgets.value("references") or saved_runs.table().empty:
        return saved_runs.listing_with_references()
    return saved_runs.listing()


def tools_of_the_table(listing: Listing) -> None:
    """Draw the controls above the list: chips, filter, views, columns, import."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width="stretch"):
            find.choose(listing)
        completing.field(wanted_runs)
        saved_views.popover()
        with st.popover("Columns", icon=":material/view_column:"):
            for name in ("columns", "sort", "at"):
                widgets.setting(name)
            widgets.setting("at_epoch", disabled=widgets.value("at") != "epoch")
            for name in ("tuning", "archived"):
                widgets.setting(name)
            references.switch()
        importing.popover()
        bin.popover(listing)


@st.fragment
def list_and_results() -> None:
    """Draw the list and the selected runs: a fragment, so that a click reruns nothing else.

    A fragment that is rerun by itself has no page around it, so it catches errors and waits for
    its turn to render here.
    """
    with render_gate.PAGES.turn(visitor.owner()), workspace.store_errors_shown():
        toasts.show()
        listing = wanted_runs()
        if listing.runs.empty:  # the last run has just been deleted
            st.rerun()
        problems = st.container()
        left, right = st.columns([5, 9], gap="medium")
        with left:
            above, below = st.container(), st.container()
        # Draw first what visitors wait for: the list, or after a click in it the curves.
        clicked = runs_table.is_in_the_browser(listing)
        if not clicked:
            with above:
                runs_table.choose(listing)
        chosen = runs_table.selected(listing)
        members = tuning.without_test_results(saved_runs.members(chosen))
        with right:
            if members:
                compare(chosen, members, clicked=clicked)
            elif not runs_table.hidden_by_the_filter(listing):
                st.info("Select runs in the first column of the list to see their curves.")
        if clicked:
            with above:
                runs_table.choose(listing)
        with below:
            if members:
                tools_of_runs(chosen, members)
            run_notes.undo()
        with problems:
            runs_table.report_missing(listing)


def tools_of_runs(chosen: pd.DataFrame, members: Sequence[SavedRun]) -> None:
    """Draw the actions on the selected runs."""
    with st.container(horizontal=True, vertical_alignment="center"):
        own = chosen[~chosen["reference"]]
        if len(own):
            run_notes.tools(own)
        if len(own) < len(chosen):
            references.explain_read_only(beside_own=len(own) > 0)
        continuing.popover(members)
        export.popover(members)
        if len(members) == 1 and members[0].experiment is not None:
            page_links.link_to_inspect_page(members[0].id)
        trained = [each.id for each in members if each.experiment is not None]
        if trained:
            page_links.link_to_landscape_page(trained[:MAX_TRAJECTORIES])


def groups_to_draw(members: Sequence[SavedRun]) -> list[Group]:
    """The runs as styled curves, grouped further if there are too many."""
    grouped = widgets.value("rows") == "families"
    found = groups.group_runs(members, grouped=grouped, by=widgets.value("group"))
    few, grouped_by = groups.fewer(found, widgets.value("colour"))
    with st.container():
        if grouped_by:
            st.caption(
                f"More than {groups.MAX_GROUPS} curves, so they are grouped by"
                f" {SETTINGS[grouped_by].lower()}. Choose another grouping with 'Group by' in"
                " 'Group and style'."
            )
        if refused := groups.too_many_styles(few, widgets.value("dash")):
            st.caption(refused)
    return groups.with_style(
        few,
        colour=widgets.value("colour"),
        dash=widgets.value("dash"),
        theme=figure.theme(),
    )


def compare(chosen: pd.DataFrame, members: Sequence[SavedRun], *, clicked: bool) -> None:
    """Compare the selected runs in the chosen tab; `clicked` in the list, or else elsewhere."""
    experiments = [each.experiment for each in members if each.experiment is not None]
    with st.container():
        missing_data.offer(experiments, "compare")
    verdict = st.container()
    shown = groups_to_draw(members)
    controls = st.container(horizontal=True, vertical_alignment="center")
    baseline = differences.baseline_of(shown)
    experiments = [each for group in shown for each in group.experiments]
    optimum.watch(
        experiments, lambda optima: results(shown, baseline, optima, verdict, clicked=clicked)
    )
    with controls:
        widgets.setting("part", width="content", label_visibility="collapsed")
        differences.choose_baseline(shown)
        look.popover(chosen)


def results(
    chosen: Sequence[Group],
    baseline: Group | None,
    optima: Optima,
    above: AbstractContextManager[object],
    *,
    clicked: bool,
) -> None:
    """Draw one of the tabs, and the verdict above it."""
    match widgets.value("part"):
        case "differences":
            differences.show(chosen, baseline, optima)
            dataset_ranks.show(chosen, optima)
        case "seeds":
            seed_results.show(chosen, optima)
        case "evaluation":
            evaluation.show(chosen)
        case "cost":
            costs.show(chosen, optima)
        case "settings":
            if widgets.setting("effects", label_visibility="collapsed") == "importance":
                setting_effects.show(chosen, optima)
            else:
                run_clouds.show(chosen, optima)
        case _:
            axes = st.container()
            first_screen(chosen, baseline, optima, above, clicked=clicked)
            with axes:
                group_charts.choose(chosen)
            group_tables.show(chosen, optima)
    view_report.offer(chosen, baseline, optima)


def first_screen(
    chosen: Sequence[Group],
    baseline: Group | None,
    optima: Optima,
    above: AbstractContextManager[object],
    *,
    clicked: bool,
) -> None:
    """Draw the curves beside the differences from the baseline, and the verdict above them."""
    # Charts of several losses need the whole width.
    beside = (
        len({group.loss for group in chosen}) == 1
        or not MEASURES[group_charts.quantity(chosen)].of_a_loss
    )
    curves, forest = st.columns([3, 2]) if beside else (st.container(), st.container())
    with curves:
        group_charts.draw(chosen, baseline, optima)
    if clicked:
        render_gate.PAGES.let_browser_draw()
    found = verdict_line.paired(chosen, baseline, optima)
    with forest:
        verdict_line.draw(verdict_line.chart(chosen, baseline, found, figure.theme()), found)
    with above:
        verdict_line.show(verdict_line.sentences(chosen, baseline, found, optima))


with workspace.store_errors_shown():
    with st.container():
        shared_link.show()
    with st.container():
        train_longer.show_progress()
    listing = wanted_runs()
    if listing.runs.empty:
        draw_empty_page()
        st.stop()
    if listing.runs["reference"].all():
        references.introduce(pages.TRAIN, "Train a classifier")
    tools_of_the_table(listing)
    list_and_results()
