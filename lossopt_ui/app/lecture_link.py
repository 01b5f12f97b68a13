"""The way back from an experiment to the lecture's card that led to it."""

import streamlit as st

from lossopt_ui.state import pages, url, widgets
from lossopt_ui.state.page_spec import PageSpec
from lossopt_ui.state.pages.lecture import CARDS


def show(page: PageSpec) -> None:
    """Show the link, if a card led here."""
    name = widgets.value("from_card")
    if not name or page is pages.LECTURE:
        return
    numbers = {each: widgets.value(each) for each in CARDS[name].numbers}
    st.page_link(
        pages.LECTURE.file,
        label=f"Back to the lecture: {CARDS[name].title}",
        icon=":material/arrow_back:",
        # An address without `from_card` would keep it; an empty one ends it.
        query_params={"from_card": ""} | url.query_of(numbers | {"card": name}),
    )
