"""The playground page and its options."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from lossopt_core import (
    LOSSES,
    OPTIMIZERS,
    REGULARIZERS,
)
from lossopt_core.experiment.settings import declared_settings
from lossopt_core.fields import Choice, Number, Switch
from lossopt_core.playground.feature_maps import FEATURE_MAPS, MAP_FIELDS, PICKED, PIECES
from lossopt_core.playground.model import LONGEST_WEIGHTS, MAX_UPDATES, read_weights
from lossopt_core.playground.points import (
    COUNT,
    LONGEST_TEXT,
    NOISE,
    POINT_SETS,
    TESTS,
    read_points,
)
from lossopt_ui.state.kinds import Names, Option, Tabs, Text
from lossopt_ui.state.page_spec import PageSpec
from lossopt_ui.state.pages.curves import AXES
from lossopt_ui.state.pages.settings import number

SAME = "same"
CONTRAST = "contrast"
SPEEDS = {"slow": 5, "medium": 60, "fast": 300}
"""Updates per second."""


@dataclass(frozen=True)
class PointText(Text):
    """Points as written by `Points.text`, or an empty text."""

    def check(self, name: str, value: Any) -> str:
        """The text; ValueError if it does not describe points."""
        text = super().check(name, value)
        try:
            return read_points(text).text if text else ""
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None


@dataclass(frozen=True)
class WeightText(Text):
    """Weights as written by `write_weights`, or an empty text."""

    def check(self, name: str, value: Any) -> str:
        """The text; ValueError if it does not describe weights."""
        text = super().check(name, value)
        if text:
            read_weights(text)
        return text


def _or_same(registry: Mapping[str, Any], label: str) -> Choice:
    """A choice for the right model, by default the same as for the left one."""
    names = {name: getattr(entry, "label", entry) for name, entry in registry.items()}
    return Choice(f"Right model: {label.lower()}", SAME, {SAME: "Same as left"} | names, "")


CHOICES: Mapping[str, Option] = {
    "points": Choice(
        "Points",
        "course",
        POINT_SETS,
        "Initial points. You can move, add and delete points in the plot.",
    ),
    "own_points": PointText("Edited points", LONGEST_TEXT, "The points after manual edits."),
    "point_count": COUNT,
    "point_noise": NOISE,
    "test_points": TESTS,
    "features": Choice(
        "Features",
        "plain",
        FEATURE_MAPS,
        "Inputs of the linear classifier, computed from x1 and x2.",
    ),
    "picked": Names(
        PICKED.label,
        {name: label for name, (label, _) in PIECES.items()},
        PICKED.help,
        PICKED.default,
    ),
    **MAP_FIELDS,
    "start_scale": replace(number("init_scale"), default=1.0),
    "weights": WeightText("Initial weights", LONGEST_WEIGHTS, "Weights set by hand."),
    "steps": Number("Steps", 10, 1, 1_000, "Updates per click on the × button.", whole=True),
    "speed": Tabs(
        "Speed",
        "medium",
        {name: f"{each}/s" for name, each in SPEEDS.items()},
        "Updates per second while playing.",
    ),
    "updates": Number(
        "Updates made", 0, 0, MAX_UPDATES, "Updates when the page opens.", whole=True
    ),
    "discretize": Switch(
        "Discretize", False, "Show the predicted class only, without the confidence."
    ),
    "two": Switch("Second model", True, "Shown on the right; same points, same minibatches."),
    "right_loss": Choice(
        "Right model: loss",
        CONTRAST,
        {CONTRAST: "Hinge, or beside it cross-entropy", SAME: "Same as left"}
        | {name: entry.label for name, entry in LOSSES.items()},
        "",
    ),
    "right_regularizer": _or_same(REGULARIZERS, "Regularizer"),
    "right_optimizer": _or_same(OPTIMIZERS, "Optimizer"),
    "right_features": _or_same(FEATURE_MAPS, "Features"),
}
OPTIONS: dict[str, Option] = {
    **{
        name: each
        for name, each in declared_settings().items()
        if name
        in {
            "loss",
            "margin",
            "regularizer",
            "strength",
            "l1_ratio",
            "optimizer",
            "momentum",
            "learning_rate",
            "batch_size",
            "seed",
            "split_seed",
        }
    },
    "log_y": AXES["log_y"],
    **CHOICES,
}

PLAYGROUND = PageSpec(
    "playground", "Playground", "Playground: classify points in 2D", "scatter_plot", OPTIONS
)
