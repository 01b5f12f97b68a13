"""The surface of every experiment page: controls, verdict, curves, and details of its lanes."""

from collections.abc import Callable, Sequence

import streamlit as st

from lossopt_ui.experiment import (
    controls,
    details,
    endings,
    form,
    ghosts,
    headline,
    lane_cards,
    lanes,
    panels,
    playback,
    preview,
    results,
)
from lossopt_ui.experiment.ghosts import Ghost
from lossopt_ui.experiment.headline import Result
from lossopt_ui.experiment.lanes import Shown
from lossopt_ui.figures import axis_bar, figure
from lossopt_ui.identity import missing_data, workspace
from lossopt_ui.jobs import comparing, optimum
from lossopt_ui.jobs.comparing import LIVE_SECONDS, Comparison, Outcome
from lossopt_ui.state import names, widgets
from lossopt_ui.state.lanes import MAX_LANES, Lane
from lossopt_ui.state.page_spec import PageSpec

FIRST_SECONDS = 20.0
"""The same for a page that has shown nothing yet: it should not open empty."""


def show(page: PageSpec, preset: Callable[[], Sequence[Lane]]) -> None:
    """Show a page that compares lanes; `preset` draws the controls of those it begins with."""
    with st.sidebar:
        of_page = lanes.of_page(page, preset)
        common = controls.draw(of_page)
        found = lanes.shown(of_page, common, form.fitted, figure.theme())
        lane_cards.draw(page, found)
        live = widgets.setting("live")
    visible = [each for each in found if each.entry is not None and not each.lane.hidden]
    if not visible:
        results.no_experiment()
        return
    comparison = Comparison(
        tuple(each.entry for each in visible if each.entry is not None),
        widgets.value("seeds"),
        widgets.value("varying"),
    )
    with workspace.store_errors_shown():
        least = LIVE_SECONDS if ghosts.has_shown(page.name) else FIRST_SECONDS
        with st.container():  # with or without a button, what follows keeps its place
            wanted, at_once = _start(comparison, least, live=live)
        comparing.watch(
            comparison,
            wanted=wanted,
            live=at_once,
            draw=lambda outcome, status: _draw(page, of_page, visible, outcome, status),
        )


def _start(comparison: Comparison, most: float, *, live: bool) -> tuple[bool, bool]:
    """Whether to train because somebody asks for it, and whether without being asked.

    The latter if first curves are expected within `most` seconds.  There is a button only where
    something is missing that is not trained by itself.
    """
    if not comparing.left_to_train(comparison):
        return False, live
    here = not any(missing_data.is_missing(each.experiment) for each in comparison.entries)
    if live and here and comparing.seconds_to_first_curves(comparison) <= most:
        return False, True
    whole = comparing.seconds(comparison)
    label = f"Train (about {_rounded(whole)})"
    return st.button(label, key="train", type="primary", icon=":material/play_arrow:"), False


def _rounded(seconds: float) -> str:
    if seconds < 1:
        return "1 s"
    if seconds < 100:
        return f"{seconds:.2g} s"
    minutes = seconds / 60
    return f"{minutes:.2g} min" if minutes < 100 else f"{minutes / 60:,.2g} h"


def _draw(
    page: PageSpec,
    of_page: Sequence[Lane],
    visible: Sequence[Shown],
    outcome: Outcome,
    status: Callable[[], None],
) -> None:
    found = [Result(lane, trained) for lane, trained in zip(visible, outcome.lanes, strict=True)]
    labels = [each.lane.label for each in found]
    there = any(each.trained.histories for each in found)
    if there:
        ghosts.note(page.name, outcome.comparison)
    before = ghosts.of(page.name, outcome.comparison, labels)
    with st.container():
        headline.draw(found, outcome)
        status()
    if not there and not before:
        _placeholder(outcome)
        return
    curves = st.container()
    of = outcome.comparison.first if outcome.comparison.seeds > 1 else ""
    player = playback.begin(outcome.firsts, labels, of=of)
    suits_log, far = panels.suits_log(found, outcome), panels.is_distance()
    with curves:
        scales = axis_bar.chosen(suits_log=suits_log, log_only=far)
        panels.draw(found, before, outcome, player, scales)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        widgets.setting("show", width=190)
        widgets.setting("verdict", width=190)
        axis_bar.show(suits_log=suits_log, log_only=far)
        _pin(page, of_page, before)
    endings.draw(found, outcome)
    optimum.show_failures(outcome.optima)
    headline.figures(found, outcome)
    details.draw(found, outcome, player)


def _placeholder(outcome: Outcome) -> None:
    """What there is to see until there are curves."""
    if outcome.running and not outcome.waiting:
        st.skeleton(height=panels.HEIGHT)
        return
    preview.show(outcome.comparison.entries[0].experiment)


def _pin(page: PageSpec, of_page: Sequence[Lane], before: Sequence[Ghost]) -> None:
    """A button that makes a lane of what was before."""
    if not before or len(of_page) >= MAX_LANES:
        return
    ghost = before[0]
    st.button(
        "Pin what was before",
        key="pin",
        icon=":material/keep:",
        help=f"Adds a lane as it was {names.escape_markdown(ghost.label)}.",
        on_click=lambda: lanes.add(page, of_page, ghosts.as_lane(ghost)),
    )
