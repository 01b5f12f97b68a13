"""Rules that may end a training before its last epoch.

To add one, write a frozen dataclass with `ends` and enter it in `STOPPING`.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from lossopt_core.linear import Array

PATIENCE = 5
"""Evaluations within which there must be progress."""


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
    def ends(self, objectives: Array, tolerance: float, lower_bound: float) -> bool:
        """Whether it ends after these objectives (k,), one an evaluation.

        `lower_bound` is that of the best possible objective, for rules that need it.
        """


@dataclass(frozen=True)
class Never(StoppingRule):
    """All epochs are made."""

    label = "Never early"
    summary = "All epochs are made."
    reason = "all updates made"

    def ends(self, objectives: Array, tolerance: float, lower_bound: float) -> bool:
        return False


@dataclass(frozen=True)
class NoProgress(StoppingRule):
    """The last few evaluations brought less relative progress than the tolerance."""

    label = "No progress"
    summary = "Five evaluations lower the objective by less than the tolerance (relative)."
    reason = "no progress"

    def ends(self, objectives: Array, tolerance: float, lower_bound: float) -> bool:
        if len(objectives) <= PATIENCE:
            return False
        before = float(objectives[:-PATIENCE].min())
        return before - float(objectives[-PATIENCE:].min()) < tolerance * before


@dataclass(frozen=True)
class NearOptimum(StoppingRule):
    """The objective is certainly within the tolerance of the best possible."""

    label = "Near the optimum"
    summary = "The objective is within the tolerance of the best possible, proved."
    reason = "target reached"
    needs_optimum = True

    def ends(self, objectives: Array, tolerance: float, lower_bound: float) -> bool:
        return float(objectives[-1]) - lower_bound <= tolerance


STOPPING: dict[str, type[StoppingRule]] = {
    "none": Never,
    "no_progress": NoProgress,
    "target": NearOptimum,
}
