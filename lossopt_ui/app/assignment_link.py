"""Assignment links: the current page with a task, and with some controls hidden or fixed."""

import streamlit as st

from lossopt_core.query.filters import FilterError, parse
from lossopt_ui.app import copy_link, hand_in
from lossopt_ui.state import pages, widgets
from lossopt_ui.state.kinds import Text
from lossopt_ui.state.names import escape_markdown
from lossopt_ui.state.pages import CONTROLS, HIDEABLE
from lossopt_ui.state.session import WidgetKey

PREVIEW_HEIGHT = 560
"""In pixels. The preview is wide enough for Streamlit to keep the sidebar open."""
_HIDDEN, _FIXED = "class-hide", "class-fix"
_TASK: WidgetKey[str] = WidgetKey("class-task")
_GOAL: WidgetKey[str] = WidgetKey("class-goal")


def offer() -> None:
    """Show the button that opens the dialog; not on an embedded page."""
    if st.context.is_embedded:
        return
    if st.button("Assignment link", key="class-link", icon=":material/co_present:",
                 type="tertiary"):  # fmt: skip
        _dialog()


def say() -> None:
    """On a page opened by such a link, show the task, and a button to show all controls."""
    if task := widgets.value("task"):
        with st.container(border=True, key="task"):
            st.markdown(f"**Task.** {escape_markdown(task)}")
            hand_in.offer()
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
        task = _write("Task", _TASK, "task")
        goal = _write("Goal of the hand-in", _GOAL, "goal")
        try:
            parse(goal)
        except FilterError as error:
            st.error(escape_markdown(f"The goal is not a filter: {error}"))
        hidden = _choose("Hide", _HIDDEN, names, widgets.value("hide"))
        rest = [name for name in names if name in CONTROLS and name not in hidden]
        fixed = _choose("Fix", _FIXED, rest, widgets.value("fix"))
        chosen = {"hide": ",".join(hidden), "fix": ",".join(fixed), "task": task, "goal": goal}
        copy_link.show(widgets.address(**chosen), key="class-link-copy")
        st.page_link(
            pages.HAND_INS.file, label="Hand-ins and a guide for teachers", icon=":material/school:"
        )
    with right:
        st.iframe(
            widgets.address(**chosen, embed="true"),
            height=PREVIEW_HEIGHT,
            alt="Preview of the assignment",
        )


def _write(label: str, key: WidgetKey[str], name: str) -> str:
    """A field for one of the link's texts, which starts with the page's own."""
    declared = pages.ASSIGNMENT_OPTIONS[name]
    assert isinstance(declared, Text)
    st.text_area(label, widgets.value(name), key=key.name, help=declared.help, height=80,
                 max_chars=declared.max_length)  # fmt: skip
    return key.get().strip()


def _choose(label: str, key: str, names: list[str], present: tuple[str, ...]) -> list[str]:
    return st.multiselect(
        label,
        names,
        default=[name for name in present if name in names],
        format_func=HIDEABLE.__getitem__,
        placeholder="Nothing",
        key=key,
    )
