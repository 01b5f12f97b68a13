"""Views with a name: an address of the compare page that one comes back to."""

from urllib.parse import parse_qsl, urlencode

import streamlit as st

from lossopt_core import StoreError
from lossopt_ui.identity import workspace
from lossopt_ui.state import names, pages, url, widgets
from lossopt_ui.state.session import WidgetKey

_NAME: WidgetKey[str] = WidgetKey("view-name")


def popover() -> None:
    """Open a kept view, keep the present one, or forget one."""
    with st.popover("Views", icon=":material/bookmark:"):
        kept = workspace.store().views()
        if not kept:
            st.caption("A view is all that stands in the address: keep it under a name.")
        for name, query in kept.items():
            with st.container(horizontal=True, vertical_alignment="center"):
                # No link: while one stays on a page, a new address of it is not read.
                st.button(
                    names.in_markdown(name),
                    key=f"open-{name}",
                    icon=":material/bookmark:",
                    type="tertiary",
                    on_click=_open,
                    args=(query,),
                )
                st.button(
                    "Forget", key=f"forget-{name}", type="tertiary", on_click=_forget, args=(name,)
                )
        with st.form("name-of-view", border=False):  # so that Enter keeps it too
            st.text_input("Name of this view", key=_NAME.name)
            st.form_submit_button("Keep this view", key="keep-view", on_click=_keep)


def _open(query: str) -> None:
    """Show what was kept; what the view does not name is at its default, as in a fresh visit."""
    found, problems = url.read(dict(parse_qsl(query)))
    widgets.begin_anew()
    widgets.put_all({name: found[name] for name in pages.COMPARE.options.keys() & found.keys()})
    for problem in problems:
        st.toast(f"In the view: {names.in_markdown(str(problem))}", icon=":material/link_off:")


def _keep() -> None:
    name = _NAME.get().strip()
    query = urlencode(url.query_of({each: widgets.value(each) for each in pages.COMPARE.options}))
    try:
        workspace.store().keep_view(name, query)
    except (StoreError, ValueError) as error:
        st.toast(
            f"The view was not kept: {names.in_markdown(str(error))}.", icon=":material/error:"
        )
        return
    _NAME.set("")
    st.toast("The view is kept.", icon=":material/bookmark_added:")


def _forget(name: str) -> None:
    try:
        workspace.store().forget_view(name)
    except StoreError as error:
        st.toast(
            f"The view was not forgotten: {names.in_markdown(str(error))}.", icon=":material/error:"
        )
