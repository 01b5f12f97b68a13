"""Navigation between pages, and the frame around each of them."""

from collections.abc import Callable

import streamlit as st

from lossopt_core import uploads as own_data
from lossopt_core.shipped import path_of
from lossopt_ui.app import assignment_link, interrupted, lecture_link, lesson_panel, share
from lossopt_ui.identity import missing_data, sign_in, uploads, visitor, workspace
from lossopt_ui.jobs import render_gate, watching
from lossopt_ui.state import pages, widgets
from lossopt_ui.state.page_spec import PageSpec
from lossopt_ui.state.session import SessionKey

# Once for the program, when the app is put together: where experiments find uploaded data.
own_data.set_upload_store(workspace.upload_store_in_session)
_FRAMED = SessionKey("navigation.framed", bool)
"""Whether the visit has begun with the frame around the pages."""


def run() -> None:
    """Run the app: draw the frame and the page named in the address."""
    with render_gate.PAGES.turn(visitor.owner()):
        _FRAMED.set(True)
        draw_page = _frame()
        watching.warm_up()
        with uploads.page(), workspace.store_errors_shown(), workspace.store_in_use():
            draw_page()


def _frame() -> Callable[[], None]:
    """Draw the frame around all pages; returns a function that draws the current page."""
    # A local file, because a material icon here would be fetched from another host.
    icon = path_of("static/favicon.png")
    st.set_page_config(page_title="lossopt", page_icon=icon, layout="wide")
    listed = {name: list(map(_entry, section)) for name, section in pages.SECTIONS.items()}
    return st.navigation(listed, position="top").run


def _entry(page: PageSpec) -> st.Page:
    home = page is pages.START
    return st.Page(
        page.file,
        title=page.title,
        icon=f":material/{page.icon}:",
        url_path="" if home else page.name,
        default=home,
    )


def begin(page: PageSpec) -> None:
    """Start a page: draw its heading and read its address. The first call of every page.

    On a fresh server, a direct visit to a page runs the page's file without `streamlit_app.py`,
    because the folder is called `pages`. Declaring the navigation once and rerunning brings the
    frame.
    """
    if not _FRAMED.get():
        _frame()
        st.rerun()
    row = st.container(horizontal=True, vertical_alignment="center")
    row.title(page.heading, width="stretch")
    workspace.note_visit()
    missing_data.read_address(page)
    widgets.read_address(page)
    with row:
        if page.options:
            share.offer(page)
            assignment_link.offer()
        sign_in.offer()
    for show in (
        assignment_link.say,
        lambda: missing_data.offer_named(page),
        sign_in.offer_to_move,
        interrupted.offer,
        lambda: lesson_panel.show(page),
        lambda: lecture_link.show(page),
    ):
        # A place of its own: if it comes or goes, what follows is not drawn a second time.
        with st.container():
            show()
