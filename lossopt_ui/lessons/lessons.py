"""Guided lessons: short walks through the lecture, with one task per step.

A step opens a page with settings, explains a little, and asks for one thing.  The page's controls
or the saved runs tell whether it is done.  The current step is part of the address, as
`lesson=loss.3`.

To add a lesson, write a module with a `LESSON` and add it to `LESSONS`.
"""

from collections.abc import Mapping

from lossopt_ui.lessons import (
    gd_sgd,
    gradient_check,
    learning_curves,
    loss,
    regularisation,
    schedules,
    significance,
    softmax,
    sparsity,
    step_size,
)
from lossopt_ui.lessons.steps import Lesson

LESSONS: Mapping[str, Lesson] = {
    "loss": loss.LESSON,
    "regularisation": regularisation.LESSON,
    "softmax": softmax.LESSON,
    "step-size": step_size.LESSON,
    "gd-sgd": gd_sgd.LESSON,
    "curves": learning_curves.LESSON,
    "sparsity": sparsity.LESSON,
    "significance": significance.LESSON,
    "schedules": schedules.LESSON,
    "gradient-check": gradient_check.LESSON,
}
"""In the order in which they build on each other."""
STEP_NAMES: Mapping[str, str] = {"": "None"} | {
    f"{name}.{number}": f"{lesson.title}, step {number}"
    for name, lesson in LESSONS.items()
    for number in range(1, len(lesson.steps) + 1)
}
"""All steps by their name in the address; the first entry means no lesson."""


def step_at(step: str) -> tuple[Lesson, int]:
    """The lesson and the step number, from 1, for one of the `STEP_NAMES`."""
    name, number = step.split(".")
    return LESSONS[name], int(number)


def after(lesson: Lesson) -> str:
    """The name of the next lesson; empty after the last one."""
    names = list(LESSONS)
    place = list(LESSONS.values()).index(lesson) + 1
    return names[place] if place < len(names) else ""
