"""Choices of view that belong into an address, by the name that they have there."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from lossopt_core import DATASETS, FIELDS, LOSSES, OPTIMIZERS
from lossopt_core.export import declared_settings
from lossopt_core.fields import Choice, Field, Number, Switch, brief
from lossopt_core.groups import BANDS, CENTRES
from lossopt_core.measures import MEASURES
from lossopt_core.protocols import PROTOCOLS
from lossopt_core.run import SECONDS
from lossopt_core.sweep import DRAW_SEED, EVALUATIONS, SEEDS, VARIED
from lossopt_ui.charts.curves import X_AXES, Y_AXES
from lossopt_ui.declarations import Matrix as Matrix
from lossopt_ui.declarations import Slider as Slider
from lossopt_ui.lecture.numbers import NUMBERS as NUMBERS
from lossopt_ui.lecture.words import CARDS
from lossopt_ui.lessons import PLACES

MOST_CHOSEN = 120
MOST_SAID = 12
"""Names in a message about one that is not allowed."""
CANDIDATES = {name: OPTIMIZERS[name].label for name in OPTIMIZERS} | {
    name: LOSSES[name].label for name in LOSSES
}
DEFAULT_AXES = "loss=hinge,cross_entropy;strength=0.0001,0.001,0.01"
EVERYTHING = "all"
THE_END = 1_000_000_000
"""More updates than any run makes."""


class Tabs(Choice):
    """One of a few names, all of them seen at once."""


@dataclass(frozen=True)
class Several:
    """Some of a few whole numbers."""

    label: str
    default: tuple[int, ...]
    choices: tuple[int, ...]
    help: str

    def check(self, name: str, value: Any) -> tuple[int, ...]:
        """The numbers in the order of the choices; ValueError for any other."""
        if not isinstance(value, list | tuple) or not set(value) <= set(self.choices):
            allowed = ", ".join(map(str, self.choices))
            raise ValueError(f"{name} must be some of {allowed}, got {brief(value)}")
        return tuple(each for each in self.choices if each in value)


@dataclass(frozen=True)
class Names:
    """Some of a few names, in the order in which they are given."""

    label: str
    choices: Mapping[str, str]
    help: str
    default: tuple[str, ...] = ()
    none: str = ""

    def check(self, name: str, value: Any) -> tuple[str, ...]:
        """The names, each once; ValueError for any other."""
        given = value if isinstance(value, list | tuple) else [value]
        unknown = [each for each in given if not isinstance(each, str) or each not in self.choices]
        if unknown or given is not value:
            allowed = ", ".join(list(self.choices)[:MOST_SAID])
            more = " and so on" if len(self.choices) > MOST_SAID else ""
            raise ValueError(
                f"{name} must be some of {allowed}{more}; got {brief((unknown or given)[0])}"
            )
        return tuple(dict.fromkeys(value))


@dataclass(frozen=True)
class Text:
    """A line of text."""

    label: str
    longest: int
    help: str
    placeholder: str = ""
    default: str = ""

    def check(self, name: str, value: Any) -> str:
        """The text without blanks around it; ValueError where it is none or too long."""
        if not isinstance(value, str):
            raise ValueError(f"{name} must be text, got {brief(value)}")
        if len(value) > self.longest:
            raise ValueError(
                f"{name} must be at most {self.longest} characters, got {len(value):,}"
            )
        return value.strip()


@dataclass(frozen=True)
class RunIds:
    """The ids of some runs, or of families of runs; or all that the table shows."""

    label: str
    default: tuple[str, ...]
    help: str
    most: int = MOST_CHOSEN

    def check(self, name: str, value: Any) -> tuple[str, ...]:
        """The ids, each once; ValueError where one cannot be an id, or for too many."""
        ids = tuple(dict.fromkeys(value)) if isinstance(value, list | tuple) else None
        if ids == (EVERYTHING,):
            return ids
        if ids is None or not all(
            isinstance(i, str) and re.fullmatch("[0-9a-f]{16}", i) for i in ids
        ):
            raise ValueError(f"{name} must be ids of 16 hexadecimal digits, got {brief(value)}")
        if len(ids) > self.most:
            raise ValueError(f"{name} must be at most {self.most} ids, got {len(ids)}")
        return ids


View = Field | Several | Names | Text | RunIds | Matrix


def of_setting(name: str) -> str:
    """A setting's label; an option's with its data set, as two may have one of that name."""
    dataset, _, _ = name.rpartition(".")
    label = declared_settings()[name].label
    return f"{DATASETS[dataset].label}: {label.lower()}" if dataset else label


SETTINGS = {name: of_setting(name) for name in declared_settings()}
BY_ITSELF = "auto"
BY_SETTING = {BY_ITSELF: "Automatic"} | SETTINGS
RESULTS = {name: measure.label for name, measure in MEASURES.items() if name in Y_AXES}
COLUMNS = SETTINGS | {
    "objective": "Objective",
    "best_objective": "Best objective",
    "train_accuracy": "Training accuracy",
    "best_train_accuracy": "Best training accuracy",
    "test_accuracy": "Test accuracy",
    "best_test_accuracy": "Best test accuracy",
    "data_loss": "Data loss",
    "test_loss": "Test loss",
    "penalty": "Penalty",
    "gradient_norm": "Gradient norm",
    "weight_norm": "Weight norm",
    "update": "Updates",
    "spark": "Objective, small",
    "name": "Name",
    "tags": "Tags",
    "note": "Note",
    "status": "Status",
    "created": "When",
}
"""What the table of runs can show, and sort by."""

VIEWS: Mapping[str, View] = {
    **NUMBERS,
    "card": Choice(
        "Card",
        "scores",
        {name: card.title for name, card in CARDS.items()},
        "One idea of the lecture.",
    ),
    "live": Switch("Train on every change", False, "Start as soon as a setting changes."),
    "x": Choice("Horizontal axis", "epoch", X_AXES, "What the curves run over."),
    "work": Choice(
        "Horizontal axis",
        "gradient_evaluations",
        {name: label for name, label in X_AXES.items() if name != SECONDS},
        "At equal gradient evaluations both have done the same work.",
    ),
    "y": Choice("Vertical axis", "objective", Y_AXES, "What the curves show."),
    "show": Choice(
        "Curves",
        "objective",
        {"objective": "Objective", "distance": "Distance to the optimum"},
        "The distance is to the best possible objective, which is computed with a proof.",
    ),
    "log_x": Switch("Log x", False, "Logarithmic horizontal axis; the start at 0 is left out."),
    "log_y": Switch("Log y", False, "Logarithmic vertical axis."),
    "squared": Switch("Squared hinge too", False, "Train the squared hinge beside the two."),
    "example": Number("Example", 0, 0, 1_000_000, "Row of the test part, from 0.", whole=True),
    "batch_sizes": Several(
        "Batch sizes of SGD", (32,), (1, 8, 32, 128, 512), "One SGD run for each."
    ),
    "runs": RunIds("Selected runs", (), "The runs whose curves are shown."),
    "filter": Text(
        "Filter",
        1_000,
        "Words to look for, such as hinge, or conditions on settings, results, tags and notes:"
        " learning_rate >= 0.1, optimizer in (sgd, adam), test_accuracy > 90%, name ~ text,"
        ' tag = "my tag", created >= 2026-11-01, pinned. Join them by and, or, not. Settings are'
        " called as in the address of a training page.",
        placeholder="loss = hinge and strength < 1e-2 and test_accuracy > 90%",
    ),
    "rows": Choice(
        "Runs that differ by seed only",
        "families",
        {"families": "Together", "runs": "Run by run"},
        "Together they are one row of the table and one curve with a band.",
    ),
    "part": Tabs(
        "What to look at",
        "curves",
        {
            "curves": "Curves",
            "differences": "Is it real?",
            "evaluation": "Under every loss",
            "cost": "Cost to target",
        },
        "Four looks at the selected runs.",
    ),
    "differs": Switch("Only what differs", True, "Leave out settings that all have in common."),
    "share": Text("Shared runs", 12_000, "Runs that came along with the address."),
    "archived": Switch("Archived too", False, "Show what has been put away as well."),
    "references": Switch(
        "Reference runs", False, "Runs on digits that are the same for everybody."
    ),
    "columns": Names(
        "Columns", COLUMNS, "Without a choice: what differs, then results.", none="What differs"
    ),
    "sort": Names(
        "Sort by",
        COLUMNS,
        "The first counts most. Results: best first; dates: newest first.",
        none="Newest first",
    ),
    "at": Choice(
        "Results",
        "last",
        {"last": "At the end", "best": "At their best", "epoch": "At an epoch"},
        "Where in the training the table and the comparisons take their numbers.",
    ),
    "at_epoch": Number("Epoch", 1.0, 0.0, 100_000.0, "The last evaluation up to this epoch."),
    "group": Names(
        "Group by", SETTINGS, "One curve for all runs that agree in these.", none="Seeds alone"
    ),
    "centre": Choice("Curve of a group", "mean", CENTRES, "What stands for all of its runs."),
    "band": Choice("Band", "ci", BANDS, "How far the runs of a group spread."),
    "members": Switch("Each run too", False, "The runs of a group as thin lines behind it."),
    "colour": Choice("Colour by", BY_ITSELF, BY_SETTING, "Curves with equal values look alike."),
    "dash": Choice("Line style by", BY_ITSELF, BY_SETTING, "Solid, dashed, dotted by value."),
    "facet": Choice(
        "Small multiples by", BY_ITSELF, BY_SETTING, "One chart for each value, axes alike."
    ),
    "smoothing": Number(
        "Smoothing", 0.0, 0.0, 0.99, "Exponential mean; the raw curve stays behind it. 0 is none."
    ),
    "reference": Switch(
        "Reference lines", True, "The loss of zero weights, chance, the certified best."
    ),
    "baseline": RunIds("Baseline", (), "What the others are compared with.", most=1),
    "delta": Switch(
        "Difference to the baseline", False, "Curves of paired differences, seed by seed."
    ),
    "measure": Choice("Compared by", "test_accuracy", RESULTS, "The number that decides."),
    "target_of": Choice(
        "Target",
        "test_accuracy",
        {
            "test_accuracy": "Test accuracy",
            "train_accuracy": "Training accuracy",
            "distance_share": "Certified gap, share of the one at the start",
        },
        "What has to be reached.",
    ),
    "axes": Text("What varies", 2_000, "Settings and their values.", default=DEFAULT_AXES),
    "mode": Tabs(
        "Kind of sweep",
        "sweep",
        {"sweep": "Sweep", "fair": "Fair tuning"},
        "Every combination, or each candidate at its best.",
    ),
    "protocol": Choice("Protocol", "optimizers", PROTOCOLS, "What the candidates differ in."),
    "candidates": Names(
        "Candidates", CANDIDATES, "What is compared.", none="The first three of the protocol"
    ),
    "sweep_evaluations": replace(FIELDS["evaluations"], default=EVALUATIONS),
    "rates": Text(
        "Learning rates", 200, "The grid that all candidates share.", default="log 1e-4 10 11"
    ),
    "seeds": SEEDS,
    "draw_seed": DRAW_SEED,
    "vary": Choice("The seeds vary", "order", VARIED, "What is different from seed to seed."),
    "value": Choice("Result", "test_accuracy", RESULTS, "What the pictures show."),
    "look": Tabs(
        "Picture",
        "map",
        {
            "map": "Map of two settings",
            "sensitivity": "Sensitivity",
            "parallel": "All settings",
            "scatter": "Scatter",
        },
        "Four pictures of one sweep.",
    ),
    "map_x": Choice("Across", BY_ITSELF, BY_SETTING, "The setting on the horizontal axis."),
    "map_y": Choice("Up", BY_ITSELF, BY_SETTING, "The setting on the vertical axis, or lines."),
    "scatter_x": Choice(
        "Across", "train_accuracy", RESULTS | SETTINGS, "A result or a setting, horizontally."
    ),
    "opened": RunIds("Opened", (), "The combination or the run that is looked at.", most=1),
    "each": Switch(
        "Pictures of each run", False, "Weights, confusion and losses beside each other."
    ),
    "run": RunIds("Run", (), "The run to look into.", most=1),
    "at_update": Number(
        "After updates", THE_END, 0, THE_END, "The last kept point until this update.", whole=True
    ),
    "inside": Tabs(
        "What to look at",
        "examples",
        {"examples": "Examples", "support": "Who still pulls", "gradient": "Gradient microscope"},
        "Three looks at the chosen point.",
    ),
    "examples_of": Choice(
        "Examples of",
        "train",
        {"train": "Training part", "test": "Test part"},
        "Those that it was trained on, or others.",
    ),
    "order": Choice(
        "Order",
        "largest",
        {"largest": "Largest loss first", "smallest": "Smallest loss first"},
        "By the loss at the chosen point.",
    ),
    "rank": Number("From place", 1, 1, 1_000_000, "Place in the order, from 1.", whole=True),
    "row": Number("Row", -1, -1, 1_000_000, "Row of the part; -1 is the first shown.", whole=True),
    "h": Number("Step h", 1e-5, 1e-12, 1e-1, "Of the centred difference.", logarithmic=True),
    "plane": Choice(
        "Plane",
        "optimum",
        {"optimum": "Start, optimum, end", "principal": "Principal directions"},
        "Through three points of a run, or where all the ways spread most.",
    ),
    "relief": Choice(
        "Picture", "contours", {"contours": "Contours", "surface": "Surface"}, "Flat, or solid."
    ),
    "height": Choice(
        "Height",
        "excess",
        {"excess": "Above the best known (log)", "objective": "Objective"},
        "What the contours and the surface show.",
    ),
    "through": RunIds("Plane of the run", (), "Whose start and end it goes through.", most=1),
    "target": Number("Target value", 0.9, 0.0, 1.0, "A share: 0.9 is 90 %."),
}

LESSON: Mapping[str, View] = {
    "lesson": Choice("Lesson", "", PLACES, "The lesson and the step that one is at."),
}
