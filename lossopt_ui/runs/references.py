"""Controls and messages about the reference runs."""

import streamlit as st

from lossopt_core.store import reference
from lossopt_ui.experiment import saved_runs
from lossopt_ui.state import pages, url, widgets
from lossopt_ui.state.page_spec import PageSpec

COMPARED = {"references": True, "runs": tuple(each.id for each in reference.OPTIMIZERS_COMPARED)}
"""The view of the Compare page that the links open, and the one without own runs."""
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


def introduce(page: PageSpec, label: str) -> None:
    """Say that a page shows them as there are no own runs yet, and link to where one trains."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.info(
            "You have no saved runs yet: these are reference runs, which everybody sees.",
            icon=_ICON,
        )
        st.page_link(page.file, label=label, icon=f":material/{page.icon}:", width="content")


def explain_read_only(*, beside_own: bool) -> None:
    """Explain why they have no buttons."""
    others = "; the buttons apply to your own runs" if beside_own else ""
    st.caption(f"Reference runs are read-only{others}.", width="content")
