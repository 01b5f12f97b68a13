"""The page of the playground: what a person chooses there."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from lossopt_core import (
    FIELDS,
    LOSSES,
    OPTIMIZERS,
    REGULARIZERS,
)
from lossopt_core.experiment.description import declared_settings
from lossopt_core.fields import Choice, Number, Switch
from lossopt_core.playground.feature_maps import FEATURE_MAPS, MAP_FIELDS
from lossopt_core.playground.model import LONGEST_WEIGHTS, read_weights
from lossopt_core.playground.points import (
    COUNT,
    LONGEST_TEXT,
    NOISE,
    POINT_SETS,
    read_points,
)
from lossopt_ui.state.kinds import Option, Tabs, Text
from lossopt_ui.state.page_spec import PageSpec
from lossopt_ui.state.pages.curves import AXES

SAME = "same"
SPEEDS = {"slow": 1, "medium": 5, "fast": 25}
"""Updates at every tick."""
TICK = 0.25
"""Seconds."""


@dataclass(frozen=True)
class PointText(Text):
    """Points as `Points.text` writes them, or none."""

    def check(self, name: str, value: Any) -> str:
        """The text; ValueError where it stands for no points."""
        text = super().check(name, value)
        try:
            return read_points(text).text if text else ""
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None


@dataclass(frozen=True)
class WeightText(Text):
    """Weights as `write_weights` writes them, or none."""

    def check(self, name: str, value: Any) -> str:
        """The text; ValueError where it stands for no weights."""
        text = super().check(name, value)
        if text:
            read_weights(text)
        return text


def _or_same(registry: Mapping[str, Any], label: str) -> Choice:
    """A choice for the right model, which may be that of the left one."""
    names = {name: getattr(entry, "label", entry) for name, entry in registry.items()}
    return Choice(f"{label} on the right", SAME, {SAME: "As on the left"} | names, "")


CHOICES: Mapping[str, Option] = {
    "points": Choice(
        "Points",
        "course",
        POINT_SETS,
        "Where one begins; they can be moved, added and deleted.",
    ),
    "own_points": PointText("Own points", LONGEST_TEXT, "What the points have become."),
    "point_count": COUNT,
    "point_noise": NOISE,
    "features": Choice(
        "Features", "plain", FEATURE_MAPS, "What the linear classifier sees of a point."
    ),
    **MAP_FIELDS,
    "start_scale": replace(FIELDS["init_scale"], default=1.0),
    "weights": WeightText("Weights at the start", LONGEST_WEIGHTS, "Set by hand."),
    "steps": Number("k", 10, 1, 1_000, "Updates of the button k steps.", whole=True),
    "speed": Tabs(
        "Speed",
        "medium",
        {name: f"{each / TICK:g}/s" for name, each in SPEEDS.items()},
        "Updates a second while it plays.",
    ),
    "two": Switch(
        "A second model", False, "On the right, on the same points, with the same minibatches."
    ),
    "right_loss": _or_same(LOSSES, "Loss"),
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
    "playground", "Playground", "Playground: two dimensions", "scatter_plot", OPTIONS
)
