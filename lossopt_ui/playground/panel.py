"""The playground below its heading: the interactive part, and tables of the numbers on it."""

from collections.abc import Callable

import streamlit as st

from lossopt_core.playground.model import MAX_UPDATES, Model, Setup
from lossopt_ui.identity import visitor
from lossopt_ui.jobs import render_gate
from lossopt_ui.playground import arena, play, tables
from lossopt_ui.playground.play import Play
from lossopt_ui.state import widgets
from lossopt_ui.state.names import escape_markdown

SIDES = ("left", "right")


def show(setups: tuple[Setup, ...]) -> None:
    """Show the models for these setups, and the controls to train them."""
    now = play.bring_up_to_date(setups)
    st.fragment(_interactive)(now)
    _tables(now)


def _interactive(now: Play) -> None:
    with render_gate.PAGES.turn(visitor.owner()):
        arena.show(now)
        _messages(now)
    if now.stale:
        now.stale = False
        st.rerun()  # updates the sidebar, the address and the tables


def _messages(now: Play) -> None:
    if now.problem:
        st.error(escape_markdown(now.problem))
        now.problem = ""
    if any(model.diverged for model in now.models):
        st.warning(
            "Diverged: the objective grew without bound. Lower the learning rate, then press"
            " Reset.",
            icon=":material/trending_up:",
        )
    elif now.furthest >= MAX_UPDATES:
        st.info(f"Training stops after {MAX_UPDATES:,} updates. Press Reset to start again.")
    if widgets.value("weights") and not now.setups[0].start:
        st.info(
            "The weights set by hand do not fit these classes and features. Using random weights"
            " instead."
        )


def _side_by_side(models: list[Model], draw: Callable[[Model, str], None]) -> None:
    for side, model, column in zip(SIDES, models, st.columns(len(models)), strict=False):
        with column:
            draw(model, side)


def _tables(now: Play) -> None:
    # Not tabs: the label of the open one would have too little contrast in the dark theme.
    part = st.radio(
        "Tables",
        ["Parameters and gradients", "Examples", "Edit points"],
        horizontal=True,
        label_visibility="collapsed",
        key="playground-part",
    )
    if now.playing:
        st.caption("The tables show the numbers once you pause.")
        return
    if part == "Parameters and gradients":
        st.caption(
            f"After update {now.made:,}. ∂W is the gradient of the objective. Editing a weight"
            " restarts training from the edited weights. The penalty does not include b."
        )
        _side_by_side(now.shown(), _parameters)
    elif part == "Examples":
        st.caption(
            f"After update {now.made:,}. A point is active if its loss has a nonzero gradient in"
            " the scores."
        )
        _side_by_side(
            now.shown(), lambda model, side: tables.examples(model, key=f"examples-{side}")
        )
    else:
        st.caption("Edit, add or delete points here, as in the plot.")
        tables.points(now)


def _parameters(model: Model, side: str) -> None:
    tables.parameters(model, key=f"parameters-{side}", editable=side == "left")
