"""The panel at the top of every page that shows the current step of a lesson."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from lossopt_ui.experiment import saved_runs
from lossopt_ui.identity import workspace
from lossopt_ui.jobs import polling
from lossopt_ui.lessons.lessons import LESSONS, step_at
from lossopt_ui.lessons.steps import PageState, Step, runs_that_count
from lossopt_ui.state import pages, url, widgets
from lossopt_ui.state.page_spec import PageSpec
from lossopt_ui.state.pages import ASSIGNMENT_OPTIONS
from lossopt_ui.state.session import SessionKey

SECONDS = 1.0
"""Seconds between two checks whether the step is done."""
_OPENED: SessionKey[dict[str, datetime]] = SessionKey("lesson_panel.opened", dict)
"""When each step was opened first."""


def show(page: PageSpec) -> None:
    """Show the step named in the address: text, task, whether it is done, navigation."""
    place = widgets.value("lesson")
    if not place:
        _OPENED.clear()
        return
    lesson, number = step_at(place)
    step = lesson.steps[number - 1]
    with st.container(border=True, key="lesson"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**Lesson: {lesson.title}**, step {number} of {len(lesson.steps)}",
                        width="stretch")  # fmt: skip
            st.button("Leave", key="leave-lesson", on_click=_leave, type="tertiary",
                      icon=":material/close:")  # fmt: skip
        st.markdown(step.text)
        if page.name != step.page:
            _go(place, step, "Go to this step", icon="my_location", page=page.name)
            return
        _say_whether_done(step, page.name, _opened(place))
        with st.container(horizontal=True, vertical_alignment="center"):
            name = place.split(".")[0]
            if number > 1:
                before = lesson.steps[number - 2]
                _go(f"{name}.{number - 1}", before, "Back", icon="arrow_back", page=page.name)
            if number < len(lesson.steps):
                after = lesson.steps[number]
                _go(f"{name}.{number + 1}", after, "Next", icon="arrow_forward", page=page.name)
            else:
                _go_to_more_lessons()
            if step.solution:
                st.button("Show me", key="show-me", on_click=_take, args=(step.solution,),
                          icon=":material/lightbulb:", type="tertiary")  # fmt: skip


def _opened(place: str) -> datetime:
    """When the step was first opened since the lesson was started."""
    times = _OPENED.get()
    if any(step_at(each)[0] is not step_at(place)[0] for each in times):
        times.clear()
    return times.setdefault(place, datetime.now(UTC))


def _say_whether_done(step: Step, page: str, opened: datetime) -> None:
    """Show whether the step is done; polled, because training ends after this is drawn."""

    def done() -> bool:
        runs = runs_that_count(step, saved_runs.table(), opened, widgets.value)
        return step.done(PageState(page, widgets.value, runs))

    with workspace.store_errors_shown():
        polling.watch(done, lambda done: not done, lambda done: _say(step, done), seconds=SECONDS)


def _say(step: Step, done: bool) -> None:
    if done:
        st.markdown(f":material/check_circle: **Done.** {step.task}")
    else:
        st.markdown(f":material/radio_button_unchecked: **To do.** {step.task}")


def _go(place: str, step: Step, label: str, *, icon: str, page: str) -> None:
    """A link to a step; on the same page a button, because its address is not read again."""
    if step.page == page:
        st.button(label, key=f"lesson-{icon}", icon=f":material/{icon}:", on_click=_open,
                  args=(place, step), type="tertiary")  # fmt: skip
    else:
        st.page_link(
            pages.BY_NAME[step.page].file,
            label=label,
            icon=f":material/{icon}:",
            query_params=url.query_of({**step.opens, "lesson": place} | _for_a_class()),
        )


def _go_to_more_lessons() -> None:
    """A link to the start page that ends the lesson."""
    st.page_link(
        pages.START.file,
        label="More lessons",
        icon=":material/school:",
        # An address without `lesson` would keep the lesson open; an empty one ends it.
        query_params={"lesson": ""} | url.query_of(_for_a_class()),
    )


def _for_a_class() -> dict[str, Any]:
    """The hidden and fixed controls of an assignment link, which apply on every page."""
    return {name: widgets.value(name) for name in ASSIGNMENT_OPTIONS}


def _open(place: str, step: Step) -> None:
    widgets.reset_options()
    _take({**step.opens, "lesson": place})


def _take(values: Mapping[str, Any]) -> None:
    widgets.put_all(values)


def _leave() -> None:
    widgets.reset("lesson")


def offer() -> None:
    """Show all lessons, each with a link to its first step."""
    for place, (name, lesson) in zip(st.columns(len(LESSONS)), LESSONS.items(), strict=True):
        with place.container(border=True, height="stretch"):
            st.markdown(f"**{lesson.title}**")
            st.caption(f"{lesson.about} {len(lesson.steps)} steps.")
            first = lesson.steps[0]
            st.page_link(
                pages.BY_NAME[first.page].file,
                label="Start",
                icon=":material/school:",
                query_params=url.query_of({**first.opens, "lesson": f"{name}.1"}),
            )
