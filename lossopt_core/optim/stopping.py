"""Early stopping rules.

To add one, write a frozen dataclass with a method `ends` and add it to `STOPPING`.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from typing_extensions import override

from lossopt_core.objective.linear import Array

WINDOW = 0.1
"""The window that must show progress, as a fraction of all epochs; at least one epoch."""
MIN_EVALUATIONS = 3
"""Minimum number of evaluations in the window, so that one noisy value cannot end training."""


@dataclass(frozen=True)
class StoppingRule(ABC):
    """Interface of a stopping rule."""

    label: ClassVar[str]
    summary: ClassVar[str]
    reason: ClassVar[str]
    """Shown for runs that this rule ended."""
    needs_optimum: ClassVar[bool] = False
    """Whether the rule needs a certified lower bound on the optimum."""

    @abstractmethod
    def ends(
        self,
        objectives: Array,
        epochs: Array,
        planned: int,
        tolerance: float,
        lower_bound: float,
    ) -> bool:
        """Whether training ends after these objectives (k,), one per evaluation.

        `epochs` (k,) is the epoch of each evaluation and `planned` the total number of epochs.
        `lower_bound` is the certified lower bound on the optimum, for rules that need it.
        """


@dataclass(frozen=True)
class Never(StoppingRule):
    """Train for all epochs."""

    label = "Never"
    summary = "Training runs for all epochs."
    reason = "all updates made"

    @override
    def ends(
        self,
        objectives: Array,
        epochs: Array,
        planned: int,
        tolerance: float,
        lower_bound: float,
    ) -> bool:
        return False


@dataclass(frozen=True)
class NoProgress(StoppingRule):
    """Stop when a window of epochs lowers the objective by less than the tolerance (relative).

    The window is measured in epochs because evaluations are denser at the start.  Training also
    ends when the objective is exactly 0, since it cannot decrease further.
    """

    label = "No progress"
    summary = (
        "Training ends when a tenth of the epochs lowers the objective by less than the"
        " tolerance (relative), or when the objective is 0."
    )
    reason = "no progress"

    @override
    def ends(
        self,
        objectives: Array,
        epochs: Array,
        planned: int,
        tolerance: float,
        lower_bound: float,
    ) -> bool:
        if objectives[-1] == 0:
            return True
        window = max(1.0, WINDOW * planned)
        start = int(np.searchsorted(epochs, epochs[-1] - window, side="right"))
        start = min(start, len(objectives) - MIN_EVALUATIONS)
        if start < 1:  # no evaluation before the window
            return False
        before = float(objectives[:start].min())
        return before - float(objectives[start:].min()) < tolerance * before


@dataclass(frozen=True)
class NearOptimum(StoppingRule):
    """Stop when the objective is certified to be within the tolerance of the optimum."""

    label = "Near the optimum"
    summary = (
        "Training ends when the objective is certified to be within the tolerance of the optimum."
    )
    reason = "target reached"
    needs_optimum = True

    @override
    def ends(
        self,
        objectives: Array,
        epochs: Array,
        planned: int,
        tolerance: float,
        lower_bound: float,
    ) -> bool:
        return float(objectives[-1]) - lower_bound <= tolerance


STOPPING: dict[str, type[StoppingRule]] = {
    "none": Never,
    "no_progress": NoProgress,
    "target": NearOptimum,
}
