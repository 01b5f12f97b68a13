"""Trainings that depend on the results of earlier ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lossopt_core import Experiment, RunStore
from lossopt_core.analysis.fair_tuning import Comparison


@dataclass(frozen=True)
class Sequel:
    """Experiments that a job trains after its own, depending on the results of those.

    updates       estimated number of updates
    experiments   called once the job's own experiments have been saved
    comparison    the comparison that both belong to; needed to resume after the process is killed
    """

    updates: int
    experiments: Callable[[], Sequence[Experiment]]
    comparison: Comparison | None = None

    @classmethod
    def of(cls, comparison: Comparison, store: RunStore) -> "Sequel":
        """The second phase of a fair comparison, run once its tuning runs are in the store."""
        runs = len(comparison.candidates) * comparison.fresh_seeds
        return cls(
            runs * comparison.base.updates,
            lambda: comparison.final_after(store.list()),
            comparison,
        )
