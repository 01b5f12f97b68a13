"""The pages, one module each, and every option that can be part of an address.

To add a page, define its `PageSpec` in a module here, add it to a section in `SECTIONS`, and write
`pages/NAME.py`.
"""

from collections.abc import Mapping

from lossopt_core.experiment.settings import declared_settings
from lossopt_core.fields import Choice
from lossopt_ui.lessons.lessons import STEP_NAMES
from lossopt_ui.state.kinds import Names, Option, Text
from lossopt_ui.state.page_spec import PageSpec
from lossopt_ui.state.pages.compare import COMPARE
from lossopt_ui.state.pages.inspect import INSPECT
from lossopt_ui.state.pages.landscape import LANDSCAPE
from lossopt_ui.state.pages.lecture import CARDS, LECTURE
from lossopt_ui.state.pages.playground import PLAYGROUND
from lossopt_ui.state.pages.settings import SETTINGS
from lossopt_ui.state.pages.sweep import SWEEP
from lossopt_ui.state.pages.training import LOSSES, OPTIMIZERS, TRAIN

__all__ = [
    "ASSIGNMENT_OPTIONS",
    "BY_NAME",
    "COMPARE",
    "CONTROLS",
    "DATA",
    "DECLARED",
    "EVERYWHERE",
    "HAND_INS",
    "HIDEABLE",
    "INSPECT",
    "LANDSCAPE",
    "LECTURE",
    "LESSONS",
    "LOSSES",
    "MAX_BY",
    "OPTIMIZERS",
    "PAGES",
    "PLAYGROUND",
    "SECTIONS",
    "START",
    "SWEEP",
    "TRAIN",
]

START = PageSpec(
    "start",
    "Start",
    "Hinge or cross-entropy?",
    "home",
    {"strength": declared_settings()["strength"]},
)
MAX_BY = 40
"""Longest name of who hands something in."""
GOAL = Text(
    "Goal",
    200,
    "What a handed-in run has to meet, as a filter: status = diverged, or test accuracy > 95 %.",
    placeholder="none",
)
HAND_INS = PageSpec(
    "hand-ins",
    "Hand-ins",
    "Handed-in work",
    "assignment_turned_in",
    {
        "handed": Text("Handed-in run", 12_000, "The run that the address carries."),
        "by": Text("By", MAX_BY, "Who hands it in."),
        "goal": GOAL,
    },
)
LESSONS = PageSpec("lessons", "Lessons", "Lessons", "checklist")
DATA = PageSpec("data", "Your data", "Your data", "upload_file")
SECTIONS: Mapping[str, tuple[PageSpec, ...]] = {
    "": (START,),
    "Learn": (LECTURE, LESSONS, PLAYGROUND, HAND_INS),
    "Experiment": (TRAIN, LOSSES, OPTIMIZERS, SWEEP),
    "Runs": (COMPARE, INSPECT, LANDSCAPE),
    "Data": (DATA,),
}
"""The navigation, in its order; the home page is in no section."""
PAGES = tuple(page for section in SECTIONS.values() for page in section)
BY_NAME = {page.name: page for page in PAGES}

_SHOWN: dict[str, Option] = {
    **declared_settings(),
    **{name: option for page in PAGES for name, option in page.options.items()},
}
CONTROLS = SETTINGS | {name: each.label for name, each in _SHOWN.items() if name not in SETTINGS}
"""Labels of everything that has a widget on some page."""
ANSWERS = {"first_loss": "Expected initial loss"}
"""Results on a page that may be the answer to a teacher's question."""
HIDEABLE = CONTROLS | ANSWERS
ASSIGNMENT_OPTIONS: Mapping[str, Option] = {
    "hide": Names("Hide", HIDEABLE, "Controls and answers that are not shown.", none="Nothing"),
    "task": Text("Task", 600, "What the class is to do, shown above the page."),
    "goal": GOAL,
    "fix": Names("Fix", CONTROLS, "Controls that are shown but cannot be changed.", none="Nothing"),
}
"""Options of an assignment link: what a class cannot see or change."""
EVERYWHERE: Mapping[str, Option] = {
    **ASSIGNMENT_OPTIONS,
    "lesson": Choice("Lesson", "", STEP_NAMES, "The current lesson and step."),
    "from_card": Choice(
        "From card",
        "",
        {"": "None"} | {name: card.title for name, card in CARDS.items()},
        "The lecture's card that led to the page.",
    ),
}
"""Options that can be part of the address of every page."""
DECLARED: Mapping[str, Option] = {**_SHOWN, **EVERYWHERE}
