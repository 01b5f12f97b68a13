"""Saved views: named addresses of the Compare page."""

from urllib.parse import parse_qsl, urlencode

import streamlit as st

from lossopt_core import StoreError
from lossopt_ui.identity import workspace
from lossopt_ui.state import names, pages, url, widgets
from lossopt_ui.state.session import WidgetKey

_NAME: WidgetKey[str] = WidgetKey("view-name")


def popover() -> None:
    """Open a saved view, save the current one, or delete one."""
    with st.popover("Views", icon=":material/bookmark:"):
        kept = workspace.store().views()
        if not kept:
            st.caption("A view saves the filter, the selection and the charts under a name.")
        for name, query in kept.items():
            with st.container(horizontal=True, vertical_alignment="center"):
                # A button, not a link: a new address of the same page is not read again.
                st.button(
                    names.escape_markdown(name),
                    key=f"open-{name}",
                    icon=":material/bookmark:",
                    type="tertiary",
                    on_click=_open,
                    args=(query,),
                )
                st.button(
                    "Delete", key=f"forget-{name}", type="tertiary", on_click=_delete, args=(name,)
                )
        with st.form("name-of-view", border=False):  # a form, so that Enter saves it too
            st.text_input("Name of this view", key=_NAME.name)
            st.form_submit_button("Save view", key="keep-view", on_click=_save)


def _open(query: str) -> None:
    """Show a saved view; options that it does not name get their defaults."""
    found, problems = url.read(dict(parse_qsl(query)))
    widgets.reset_options()
    widgets.put_all({name: found[name] for name in pages.COMPARE.options.keys() & found.keys()})
    for problem in problems:
        st.toast(f"In the view: {names.escape_markdown(str(problem))}", icon=":material/link_off:")


def _save() -> None:
    name = _NAME.get().strip()
    query = urlencode(url.query_of({each: widgets.value(each) for each in pages.COMPARE.options}))
    try:
        workspace.store().save_view(name, query)
    except (StoreError, ValueError) as error:
        st.toast(
            f"The view was not saved: {names.escape_markdown(str(error))}.", icon=":material/error:"
        )
        return
    _NAME.set("")
    st.toast("View saved.", icon=":material/bookmark_added:")


def _delete(name: str) -> None:
    try:
        workspace.store().delete_view(name)
    except StoreError as error:
        st.toast(
            f"The view was not deleted: {names.escape_markdown(str(error))}.",
            icon=":material/error:",
        )
