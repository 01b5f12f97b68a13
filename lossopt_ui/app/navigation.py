"""The pages, and the frame around each of them."""

from collections.abc import Callable

import streamlit as st

from lossopt_core import uploads as own_data
from lossopt_core.shipped import path_of
from lossopt_ui.app import class_link, interrupted, lesson_panel
from lossopt_ui.identity import missing_data, sign_in, uploads, visitor, workspace
from lossopt_ui.jobs import render_gate, watching
from lossopt_ui.state import pages, widgets
from lossopt_ui.state.page_spec import PageSpec
from lossopt_ui.state.session import SessionKey

# Once for the program, when the app is put together: where experiments find uploaded data.
own_data.look_in(workspace.shelf_in_session)
_FRAMED = SessionKey("navigation.framed", bool)
"""Whether the visit has begun with the frame around the pages."""


def run() -> None:
    """The whole app: the frame, and the page that the address names."""
    with render_gate.PAGES.turn(visitor.owner()):
        _FRAMED.set(True)
        draw_page = _frame()
        watching.warm_up()
        with uploads.page(), workspace.unreadable_said():
            draw_page()


def _frame() -> Callable[[], None]:
    """Draw what is around all pages; returns what draws the page that the address names."""
    # The icon is a local file: a material icon here would be fetched from another host.
    icon = path_of("static/favicon.png")
    st.set_page_config(page_title="lossopt", page_icon=icon, layout="wide")
    listed = [
        st.Page(
            page.file,
            title=page.title,
            icon=f":material/{page.icon}:",
            url_path="" if page is pages.START else page.name,
            default=page is pages.START,
            visibility="visible" if page.listed else "hidden",
        )
        for page in pages.PAGES
    ]
    return st.navigation(listed, position="top").run


def begin(page: PageSpec) -> None:
    """The first line of every page: its heading, inside the whole app, and its address read.

    On a fresh server a visit straight to a page runs the page's file without
    `streamlit_app.py`, because the folder is called `pages`.  Naming the pages once and
    starting over brings the frame.
    """
    if not _FRAMED.get():
        _frame()
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(page.heading, width="stretch")
        if page.options:
            class_link.offer()
        sign_in.offer()
    workspace.note_visit()
    missing_data.read_address(page)
    widgets.take_address(page)
    class_link.say()
    missing_data.offer_named(page)
    sign_in.offer_to_move()
    interrupted.offer()
    lesson_panel.show(page)
