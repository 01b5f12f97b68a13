"""Rules that may end a training before its last epoch.

To add one, write a frozen dataclass with `ends` and enter it in `STOPPING`.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from typing_extensions import override

from lossopt_core.objective.linear import Array

STRETCH = 0.1
"""The share of the planned epochs over which there must be progress; at least one epoch."""
FEWEST = 3
"""Evaluations in such a stretch, so that one noisy value does not end a training."""


@dataclass(frozen=True)
class StoppingRule(ABC):
    """What training may ask of a rule."""

    label: ClassVar[str]
    summary: ClassVar[str]
    reason: ClassVar[str]
    """What a run that ended by it says."""
    needs_optimum: ClassVar[bool] = False
    """Whether the best possible objective must be proved first."""

    @abstractmethod
    def ends(
        self,
        objectives: Array,
        epochs: Array,
        planned: int,
        tolerance: float,
        lower_bound: float,
    ) -> bool:
        """Whether it ends after these objectives (k,), one per evaluation.

        `epochs` (k,) is when each was evaluated and `planned` how many epochs there would be.
        `lower_bound` is that of the optimum, for rules that need it.
        """


@dataclass(frozen=True)
class Never(StoppingRule):
    """All epochs are made."""

    label = "Never early"
    summary = "All epochs are made."
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
    """The last stretch of epochs brought less relative progress than the tolerance.

    Evaluations are close together at the start, so a number of them would not do for a stretch.
    An objective of exactly 0 cannot be lowered: that is the end, too.
    """

    label = "No progress"
    summary = (
        "A tenth of the planned epochs lowers the objective by less than the tolerance (relative),"
        " or the objective is 0."
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
        stretch = max(1.0, STRETCH * planned)
        begun = int(np.searchsorted(epochs, epochs[-1] - stretch, side="right"))
        begun = min(begun, len(objectives) - FEWEST)
        if begun < 1:  # nothing was evaluated before the stretch
            return False
        before = float(objectives[:begun].min())
        return before - float(objectives[begun:].min()) < tolerance * before


@dataclass(frozen=True)
class NearOptimum(StoppingRule):
    """The objective is certainly within the tolerance of the best possible."""

    label = "Near the optimum"
    summary = "The objective is within the tolerance of the best possible, proved."
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
