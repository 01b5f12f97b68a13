"""The panel at the top of every page that shows the current step of a lesson."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from lossopt_ui.app import lesson_progress as progress
from lossopt_ui.experiment import saved_runs
from lossopt_ui.identity import workspace
from lossopt_ui.jobs import polling
from lossopt_ui.lessons.lessons import LESSONS, after, step_at
from lossopt_ui.lessons.steps import Lesson, PageState, Step, runs_that_count
from lossopt_ui.state import pages, url, widgets
from lossopt_ui.state.page_spec import PageSpec
from lossopt_ui.state.pages import ASSIGNMENT_OPTIONS
from lossopt_ui.state.session import SessionKey, WidgetKey

SECONDS = 1.0
"""Seconds between two checks whether the step is done."""
WIDE = 80
"""Pixels of Back and Next, which are in the same place at every step."""
_OPENED: SessionKey[dict[str, datetime]] = SessionKey("lesson_panel.opened", dict)
"""When each step was opened first."""


def show(page: PageSpec) -> None:
    """Show the step named in the address: text, task, whether it is done, navigation."""
    place = widgets.value("lesson")
    if not place:
        _OPENED.clear()
        return
    lesson, number = step_at(place)
    name = place.split(".")[0]
    step = lesson.steps[number - 1]
    progress.session().last[name] = place
    with st.container(border=True, key="lesson"):
        here = page.name == step.page
        _navigation(name, lesson, number, page)
        if number == 1:
            _predict(name, lesson)
        st.markdown(step.text)
        with st.container(gap=None):  # the guide itself is nothing that one sees
            done = here and _say_whether_done(place, page.name, _opened(place))
            progress.guide(
                place,
                step.subject if here else "",
                step.shows if done else "",
                over=done and number == len(lesson.steps),
            )


def _navigation(name: str, lesson: Lesson, number: int, page: PageSpec) -> None:
    """Back and Next first: what stands after them differs in length from step to step."""
    steps = lesson.steps
    row: Any = {"horizontal": True, "vertical_alignment": "center"}
    with st.container(key="lesson-navigation", **row):
        with st.container(width="content", gap="xsmall", **row):
            _buttons(name, steps, number, page)
        st.markdown(f"**Lesson: {lesson.title}**, step {number} of {len(steps)}", width="stretch")
        if number == len(steps):
            _go_to_more_lessons()


def _buttons(name: str, steps: Sequence[Step], number: int, page: PageSpec) -> None:
    """All of them at every step, so that each keeps its place."""
    for label, to, icon in (
        ("Back", number - 1, "arrow_back"),
        ("Next", number + 1, "arrow_forward"),
    ):
        if 1 <= to <= len(steps):
            _go(f"{name}.{to}", steps[to - 1], label, icon=icon, page=page.name)
        else:
            st.button(label, key=f"lesson-{icon}", icon=f":material/{icon}:", disabled=True,
                      type="tertiary", width=WIDE)  # fmt: skip
    step = steps[number - 1]
    if page.name != step.page:
        _go(f"{name}.{number}", step, "Go to this step", icon="my_location", page=page.name)
    else:
        st.button("Show me", key="show-me", on_click=_solve, args=(step,),
                  disabled=not (step.solution or _trains_by_itself(step)),
                  icon=":material/lightbulb:", type="tertiary")  # fmt: skip
    st.button("Leave", key="leave-lesson", on_click=_leave, type="tertiary",
              icon=":material/close:")  # fmt: skip


def _predict(name: str, lesson: Lesson) -> None:
    """The question that comes before the lesson."""
    asked, known = lesson.prediction, progress.session().predicted
    answer: WidgetKey[int | None] = WidgetKey(f"predict-{name}")

    def take() -> None:
        chosen = answer.get()
        if chosen is not None:
            known[name] = chosen

    st.radio(
        f"Predict first: {asked.question}",
        range(len(asked.answers)),
        index=known.get(name),
        format_func=asked.answers.__getitem__,
        key=answer.name,
        on_change=take,
        horizontal=True,
    )


def _opened(place: str) -> datetime:
    """When the step was first opened since the lesson was started."""
    times = _OPENED.get()
    if any(step_at(each)[0] is not step_at(place)[0] for each in times):
        times.clear()
    return times.setdefault(place, datetime.now(UTC))


def _say_whether_done(place: str, page: str, opened: datetime) -> bool:
    """Show whether the step is done; polled, because training ends after this is drawn."""
    lesson, number = step_at(place)
    step = lesson.steps[number - 1]

    def done() -> bool:
        runs = runs_that_count(step, saved_runs.table(), opened, widgets.value)
        return step.done(PageState(page, widgets.value, runs))

    now = False

    def say(done: bool) -> None:
        nonlocal now
        now = done
        if not done:
            st.markdown(f":material/radio_button_unchecked: **To do.** {step.task}")
            return
        progress.session().done.add(place)
        st.markdown(f":material/check_circle: **Done.** :gray[{step.task}]")
        if number == len(lesson.steps):
            _end(place.split(".")[0], lesson)

    with workspace.store_errors_shown():
        polling.watch(done, lambda done: not done, say, seconds=SECONDS)
    return now


def _end(name: str, lesson: Lesson) -> None:
    """What was learned, how the prediction turned out, and what comes next."""
    st.markdown("**What you have learned**\n" + "\n".join(f"- {each}" for each in lesson.learned))
    asked = lesson.prediction
    given = progress.session().predicted.get(name)
    if given is not None:
        right = "That is right." if given == asked.right else (
            f"The answer is: {asked.answers[asked.right]}."
        )  # fmt: skip
        st.markdown(f"You predicted: {asked.answers[given]}. {right} {asked.why}")
    if follows := after(lesson):
        _start(follows, f"Next lesson: {LESSONS[follows].title}")


def _go(place: str, step: Step, label: str, *, icon: str, page: str) -> None:
    """A link to a step; on the same page a button, because its address is not read again."""
    wide: Any = {"width": WIDE} if label in ("Back", "Next") else {}
    if step.page == page:
        st.button(label, key=f"lesson-{icon}", icon=f":material/{icon}:", on_click=_open,
                  args=(place, step), type="tertiary", **wide)  # fmt: skip
    else:
        st.page_link(
            pages.BY_NAME[step.page].file,
            label=label,
            icon=f":material/{icon}:",
            query_params=url.query_of({**step.settings, "lesson": place} | _for_a_class()),
            **wide,
        )


def _go_to_more_lessons() -> None:
    """A link to all lessons that ends this one."""
    st.page_link(
        pages.LESSONS.file,
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
    _take({**step.settings, "lesson": place})


def _solve(step: Step) -> None:
    """Set what solves the task; a page that can train by itself does so."""
    trains = {"live": True} if _trains_by_itself(step) else {}
    _take({**step.solution, **trains})


def _trains_by_itself(step: Step) -> bool:
    return "live" in pages.BY_NAME[step.page].options


def _take(values: Mapping[str, Any]) -> None:
    widgets.put_all(values)


def _leave() -> None:
    widgets.reset("lesson")


def offer() -> None:
    """Show all lessons with the progress in each, and a link to start or continue it."""
    known = progress.session()
    if not widgets.value("lesson"):  # else the panel above has one
        progress.guide()
    for row in range(0, len(LESSONS), 5):
        names = list(LESSONS)[row : row + 5]
        for place, name in zip(st.columns(5), names, strict=True):
            lesson = LESSONS[name]
            with place.container(border=True, height="stretch"):
                st.markdown(f"**{lesson.title}**")
                st.caption(lesson.about)
                done, steps = min(known.of(name), len(lesson.steps)), len(lesson.steps)
                st.progress(done / steps, text=f"{done} of {steps} steps done")
                _continue(name, known.last.get(name, ""), over=done == steps)


def _continue(name: str, last: str, *, over: bool) -> None:
    if over:
        _start(name, "Do it again")
    elif last and not last.endswith(".1"):
        _, number = step_at(last)
        _start(name, f"Continue at step {number}", last)
    else:
        _start(name, "Start")


def _start(name: str, label: str, place: str = "") -> None:
    place = place or f"{name}.1"
    lesson, number = step_at(place)
    step = lesson.steps[number - 1]
    st.page_link(
        pages.BY_NAME[step.page].file,
        label=label,
        icon=":material/school:",
        query_params=url.query_of({**step.settings, "lesson": place} | _for_a_class()),
    )
