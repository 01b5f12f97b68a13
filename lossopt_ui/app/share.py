"""The button that shows the page's address, to be copied."""

import streamlit as st

from lossopt_ui.state import pages, widgets
from lossopt_ui.state.page_spec import PageSpec

SETTINGS = "The link opens this page with its current settings, and trains what is not trained yet."
RUNS = (
    "The link opens this page with its current settings. Saved runs stay in your workspace: to send"
    " runs along, select them on the Compare page, and use Export."
)
EVERYBODY = "The link opens this page with its current settings."


def offer(page: PageSpec) -> None:
    """Show the button; not on an embedded page."""
    if st.context.is_embedded:
        return
    place = st.popover(
        "Share", icon=":material/share:", type="tertiary", key="share-page", on_change="rerun"
    )
    if place.open:
        place.code(widgets.address(), language=None, wrap_lines=True)
        place.caption(_what_it_does(page))


def _what_it_does(page: PageSpec) -> str:
    if page in pages.SECTIONS["Runs"]:
        return RUNS
    return SETTINGS if page in pages.SECTIONS["Experiment"] else EVERYBODY
