"""A link for a class: the present page, some of which is hidden, some of its controls fixed."""

import streamlit as st

from lossopt_ui.state import widgets
from lossopt_ui.state.pages import CONTROLS, HIDEABLE

PREVIEW_HEIGHT = 560
"""Pixels.  The preview is wide enough for Streamlit to leave the sidebar open."""
_HIDDEN, _FIXED = "class-hide", "class-fix"


def offer() -> None:
    """The button that opens the dialog; not in a page that is shown within another."""
    if st.context.is_embedded:
        return
    if st.button("Link for a class", key="class-link", icon=":material/co_present:",
                 type="tertiary"):  # fmt: skip
        _dialog()


def say() -> None:
    """On a page that was opened by such a link: what it is, and the way out."""
    if not widgets.value("hide") and not widgets.value("fix"):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Some parts of this page are hidden or fixed by the link that you opened.")
        st.button("Show all", key="show-all", on_click=_show_all, type="tertiary")


def _show_all() -> None:
    widgets.put("hide", ())
    widgets.put("fix", ())


@st.dialog("A link for a class", width="large")
def _dialog() -> None:
    """What to hide and to fix at the left, what the class will see at the right."""
    names = [name for name in widgets.drawn() if name in HIDEABLE]
    left, right = st.columns([2, 5])
    with left:
        st.caption(
            "The link opens this page with the settings that it has now. Controls that you hide or"
            " fix stay as they are."
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
            alt="What the class will see",
        )


def _choose(label: str, key: str, names: list[str], present: tuple[str, ...]) -> list[str]:
    return st.multiselect(
        label,
        names,
        default=[name for name in present if name in names],
        format_func=HIDEABLE.get,
        placeholder="Nothing",
        key=key,
    )
