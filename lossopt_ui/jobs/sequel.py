"""Trainings that depend on what came of others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lossopt_core import Experiment, RunStore
from lossopt_core.analysis.fair_tuning import Comparison


@dataclass(frozen=True)
class Sequel:
    """What is trained after a job's own experiments, and depends on what came of them.

    updates       how many it will have, about
    experiments   asked for once the others have been saved
    comparison    what both are part of; without it a killed program's sequel is not known
    """

    updates: int
    experiments: Callable[[], Sequence[Experiment]]
    comparison: Comparison | None = None

    @classmethod
    def of(cls, comparison: Comparison, store: RunStore) -> "Sequel":
        """The second half of a fair comparison, whose tuning runs are in the store then."""
        runs = len(comparison.candidates) * comparison.fresh_seeds
        return cls(
            runs * comparison.base.updates,
            lambda: comparison.final_after(store.list()),
            comparison,
        )
