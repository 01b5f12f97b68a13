"""Metrics recorded during training: label, unit, and whether higher or lower is better."""

import math
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Measure:
    """A history column that holds a metric.

    `of_a_loss`: its values are not comparable between losses.
    """

    label: str
    unit: str
    better: Literal["lower", "higher", ""]
    percent: bool = False
    of_a_loss: bool = False


MEASURES: dict[str, Measure] = {
    "objective": Measure("Objective (data loss + penalty)", "", "lower", of_a_loss=True),
    "data_loss": Measure("Data loss (mean over training examples)", "", "lower", of_a_loss=True),
    "penalty": Measure("Penalty", "", ""),
    "gradient_norm": Measure("Gradient norm", "", "lower", of_a_loss=True),
    "weight_norm": Measure("Weight norm", "", ""),
    "train_accuracy": Measure("Training accuracy (%)", "%", "higher", percent=True),
    "test_loss": Measure("Test loss (mean over test examples)", "", "lower", of_a_loss=True),
    "test_accuracy": Measure("Test accuracy (%)", "%", "higher", percent=True),
    "distance": Measure("Distance to the optimum", "", "lower", of_a_loss=True),
    "distance_share": Measure("Distance to the optimum / distance at the start", "", "lower"),
}


def possible_range(column: str) -> tuple[float, float]:
    """The smallest and largest possible value of a column; infinite if unknown."""
    if column not in MEASURES:
        return -math.inf, math.inf
    return 0.0, 1.0 if MEASURES[column].percent else math.inf


Y_AXES: dict[str, str] = {name: measure.label for name, measure in MEASURES.items()}
"""History columns for the y-axis, with axis titles.

The distance columns exist once the optimum is known (`lossopt_core.with_distance`).
"""
SECONDS = "seconds"
X_AXES: dict[str, str] = {
    "update": "Updates",
    "epoch": "Epochs",
    "gradient_evaluations": "Gradient evaluations (examples)",
    SECONDS: "Seconds of training",
}
"""History columns for the x-axis, with axis titles.

Seconds are known only for saved runs that were trained alone.
"""
