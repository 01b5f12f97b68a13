"""The pages, and the frame around each of them."""

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from lossopt_core import own_data
from lossopt_ui import (
    class_link,
    controls,
    crowd,
    interrupted,
    lesson_panel,
    missing,
    sign_in,
    training,
    visits,
    workspace,
)
from lossopt_ui.app import uploads
from lossopt_ui.state import pages
from lossopt_ui.state.page_spec import PageSpec

_FRAMED = "navigation.framed"


def _of_streamlit(page: PageSpec) -> StreamlitPage:
    home = page is pages.START
    return st.Page(
        page.file,
        title=page.title,
        icon=f":material/{page.icon}:",
        url_path="" if home else page.name,
        default=home,
        visibility="visible" if page.listed else "hidden",
    )


def run() -> None:
    """The whole app: the frame, and the page that the address names."""
    with crowd.PAGES.turn(visits.owner()):
        st.session_state[_FRAMED] = True
        own_data.look_in(workspace.shelf_in_session)
        page = _frame()
        training.warm_up()
        with uploads.page(), workspace.unreadable_said():
            page.run()


def _frame() -> StreamlitPage:
    # The icon is a local file: a material icon here would be fetched from another host.
    st.set_page_config(page_title="lossopt", page_icon="static/favicon.png", layout="wide")
    return st.navigation([_of_streamlit(page) for page in pages.PAGES], position="top")


def begin(page: PageSpec) -> None:
    """The first line of every page: its heading, inside the whole app, and its address read.

    On a fresh server a visit straight to a page runs the page's file without
    `streamlit_app.py`, because the folder is called `pages`.  Naming the pages once and
    starting over brings the frame.
    """
    if not st.session_state.get(_FRAMED):
        _frame()
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(page.heading, width="stretch")
        if page.options:
            class_link.offer()
        sign_in.offer()
    workspace.note_visit()
    missing.read_address(page)
    controls.take_address(page)
    class_link.say()
    missing.offer_named(page)
    sign_in.offer_to_move()
    interrupted.offer()
    lesson_panel.show(page)
