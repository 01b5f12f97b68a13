"""Assignment links: the current page with some controls hidden or fixed."""

import streamlit as st

from lossopt_ui.state import widgets
from lossopt_ui.state.pages import CONTROLS, HIDEABLE

PREVIEW_HEIGHT = 560
"""In pixels. The preview is wide enough for Streamlit to keep the sidebar open."""
_HIDDEN, _FIXED = "class-hide", "class-fix"


def offer() -> None:
    """Show the button that opens the dialog; not on an embedded page."""
    if st.context.is_embedded:
        return
    if st.button("Assignment link", key="class-link", icon=":material/co_present:",
                 type="tertiary"):  # fmt: skip
        _dialog()


def say() -> None:
    """On a page opened by such a link, say so, with a button to show all controls."""
    if not widgets.value("hide") and not widgets.value("fix"):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("The link that you opened hides or fixes parts of this page.")
        st.button("Show all", key="show-all", on_click=_show_all, type="tertiary")


def _show_all() -> None:
    widgets.put("hide", ())
    widgets.put("fix", ())


@st.dialog("Assignment link", width="large")
def _dialog() -> None:
    """What to hide and fix on the left, a preview on the right."""
    names = [name for name in widgets.drawn_controls() if name in HIDEABLE]
    left, right = st.columns([2, 5])
    with left:
        st.caption(
            "The link opens this page with its current settings. Controls that you hide or fix keep"
            " their values."
        )
        hidden = _choose("Hide", _HIDDEN, names, widgets.value("hide"))
        rest = [name for name in names if name in CONTROLS and name not in hidden]
        fixed = _choose("Fix", _FIXED, rest, widgets.value("fix"))
        chosen = {"hide": ",".join(hidden), "fix": ",".join(fixed)}
        st.code(widgets.address(**chosen), language=None, wrap_lines=True)
    with right:
        st.iframe(
            widgets.address(**chosen, embed="true"),
            height=PREVIEW_HEIGHT,
            alt="Preview of the assignment",
        )


def _choose(label: str, key: str, names: list[str], present: tuple[str, ...]) -> list[str]:
    return st.multiselect(
        label,
        names,
        default=[name for name in present if name in names],
        format_func=HIDEABLE.__getitem__,
        placeholder="Nothing",
        key=key,
    )
