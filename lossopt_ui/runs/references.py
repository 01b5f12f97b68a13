"""Reference runs on the pages: where they are offered, and what is said of them."""

from collections.abc import Sequence

import streamlit as st

from lossopt_core.store import reference
from lossopt_ui.experiment import saved_runs
from lossopt_ui.runs import runs_table
from lossopt_ui.state import pages, url, widgets

COMPARED = {"references": True, "runs": tuple(each.id for each in reference.OPTIMIZERS_COMPARED)}
"""The view of the compare page that one begins with."""
_ICON = ":material/menu_book:"


def switch() -> None:
    """Whether they are in the table, where there are any."""
    if len(saved_runs.references()):
        widgets.setting("references")


def glance() -> None:
    """All of them, to look at."""
    theirs = saved_runs.references()
    if len(theirs):
        st.caption("Reference runs, the same for everybody:")
        runs_table.glance(theirs)


def link_to_compare() -> None:
    """The way to the compare page with some of them, from another page."""
    if len(saved_runs.references()):
        st.page_link(
            pages.COMPARE.file,
            label="Compare reference runs",
            icon=_ICON,
            query_params=url.query_of(COMPARED),
        )


def offer_to_compare() -> None:
    """The same on the compare page itself, whose address is not read again there."""
    if len(saved_runs.references()):
        st.button(
            "Compare reference runs",
            key="reference-runs",
            icon=_ICON,
            on_click=widgets.put_all,
            args=(COMPARED,),
        )


def offer(label: str, name: str, ids: Sequence[str]) -> None:
    """A button that chooses some of them for the page that one is on."""
    if len(saved_runs.references()):
        st.button(
            label, key="reference-runs", icon=_ICON, on_click=widgets.put, args=(name, tuple(ids))
        )


def say_that_they_stay(*, beside_own: bool) -> None:
    """Why there are no tools for them."""
    others = "; the buttons are for your own" if beside_own else ""
    st.caption(f"Reference runs cannot be changed{others}.", width="content")
