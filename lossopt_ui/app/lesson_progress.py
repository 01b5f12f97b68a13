"""How far a visitor has come in the lessons, kept in the session and in the browser."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st

from lossopt_ui.lessons.lessons import LESSONS, STEP_NAMES
from lossopt_ui.state.session import SessionKey, component_event

KEY = "lesson-guide"
_component = st.components.v2.component(
    "lossopt_guide",
    html='<div class="guide"></div>',
    js=Path(__file__).with_name("lesson_guide.js").read_text(encoding="utf-8"),
)


@dataclass(eq=False)
class Progress:
    """What was done.

    done       names of the steps, as in the address
    last       the step that was opened last, by lesson
    predicted  the answer to each lesson's prediction, by lesson
    known      whether what the browser has stored was read
    """

    done: set[str] = field(default_factory=set)
    last: dict[str, str] = field(default_factory=dict)
    predicted: dict[str, int] = field(default_factory=dict)
    known: bool = False

    def of(self, lesson: str) -> int:
        """How many steps of a lesson are done."""
        return sum(step.rpartition(".")[0] == lesson for step in self.done)

    def as_plain(self) -> dict[str, Any]:
        """As the browser stores it."""
        return {"done": sorted(self.done), "last": self.last, "predicted": self.predicted}

    def add(self, content: Any) -> None:
        """Take what the browser has stored, which is untrusted: anything unknown is left out.

        None is no answer: what the browser has is not known yet, and must not be replaced.
        """
        if content is None:
            return
        self.known = True
        if not isinstance(content, Mapping):
            return
        done, last, predicted = (content.get(name) for name in ("done", "last", "predicted"))
        if isinstance(done, list):
            self.done |= {step for step in done if isinstance(step, str) and step in _STEPS}
        if isinstance(last, Mapping):
            self.last = {
                lesson: step
                for lesson, step in last.items()
                if isinstance(step, str) and step in _STEPS and step.startswith(f"{lesson}.")
            } | self.last
        if isinstance(predicted, Mapping):
            self.predicted = {
                lesson: answer
                for lesson, answer in predicted.items()
                if lesson in LESSONS and _is_answer(lesson, answer)
            } | self.predicted


_STEPS = STEP_NAMES.keys() - {""}
_PROGRESS = SessionKey("lessons.progress", Progress)


def _is_answer(lesson: str, answer: Any) -> bool:
    return type(answer) is int and 0 <= answer < len(LESSONS[lesson].prediction.answers)


def session() -> Progress:
    """The progress of this session."""
    return _PROGRESS.get()


def guide(step: str = "", subject: str = "", shows: str = "", *, over: bool = False) -> None:
    """Have the browser store the progress, and outline what the step speaks of.

    It outlines what the done step `shows`, as soon as that is there, else its subject.  When the
    lesson is `over`, its end stays on the screen.
    """
    progress = session()
    _component(
        key=KEY,
        data={
            "step": step,
            "subject": subject,
            "shows": shows,
            "over": over,
            "progress": progress.as_plain(),
            "known": progress.known,
        },
        on_progress_change=lambda: progress.add(component_event(KEY, "progress")),
    )
