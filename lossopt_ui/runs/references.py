"""Controls and messages about the reference runs."""

from collections.abc import Sequence

import streamlit as st

from lossopt_core.store import reference
from lossopt_ui.experiment import saved_runs
from lossopt_ui.state import pages, url, widgets

COMPARED = {"references": True, "runs": tuple(each.id for each in reference.OPTIMIZERS_COMPARED)}
"""The view of the Compare page that the buttons open."""
_ICON = ":material/menu_book:"


def switch() -> None:
    """Show the switch that includes them in the table, if there are any."""
    if len(saved_runs.references()):
        widgets.setting("references")


def link_to_compare() -> None:
    """Show a link to the Compare page with some of them, for other pages."""
    if len(saved_runs.references()):
        st.page_link(
            pages.COMPARE.file,
            label="Compare reference runs",
            icon=_ICON,
            query_params=url.query_of(COMPARED),
        )


def offer_to_compare() -> None:
    """The same on the Compare page itself: a button, since its address is not read again."""
    if len(saved_runs.references()):
        st.button(
            "Compare reference runs",
            key="reference-runs",
            icon=_ICON,
            on_click=widgets.put_all,
            args=(COMPARED,),
        )


def offer(label: str, name: str, ids: Sequence[str]) -> None:
    """Show a button that selects some of them on the current page."""
    if len(saved_runs.references()):
        st.button(
            label, key="reference-runs", icon=_ICON, on_click=widgets.put, args=(name, tuple(ids))
        )


def explain_read_only(*, beside_own: bool) -> None:
    """Explain why they have no buttons."""
    others = "; the buttons apply to your own runs" if beside_own else ""
    st.caption(f"Reference runs are read-only{others}.", width="content")
