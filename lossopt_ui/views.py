"""Choices of view that belong into an address, by the name that they have there."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lossopt_core.fields import Choice, Field, Number, Switch, brief
from lossopt_ui.charts.curves import X_AXES, Y_AXES

MOST_RUNS = 24


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
class RunIds:
    """The ids of some runs."""

    label: str
    default: tuple[str, ...]
    help: str

    def check(self, name: str, value: Any) -> tuple[str, ...]:
        """The ids, each once; ValueError where one cannot be an id, or for too many."""
        ids = tuple(dict.fromkeys(value)) if isinstance(value, list | tuple) else None
        if ids is None or not all(
            isinstance(i, str) and re.fullmatch("[0-9a-f]{16}", i) for i in ids
        ):
            raise ValueError(f"{name} must be ids of 16 hexadecimal digits, got {brief(value)}")
        if len(ids) > MOST_RUNS:
            raise ValueError(f"{name} must be at most {MOST_RUNS} ids, got {len(ids)}")
        return ids


View = Field | Several | RunIds

VIEWS: Mapping[str, View] = {
    "live": Switch("Train on every change", False, "Start as soon as a setting changes."),
    "x": Choice("Horizontal axis", "epoch", X_AXES, "What the curves run over."),
    "work": Choice(
        "Horizontal axis",
        "gradient_evaluations",
        X_AXES,
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
}
