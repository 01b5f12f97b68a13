"""Trainings that depend on the results of earlier ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lossopt_core import Experiment, RunStore
from lossopt_core.store.unfinished import Tuned


@dataclass(frozen=True)
class Sequel:
    """Experiments that a job trains after its own, depending on the results of those.

    updates       estimated number of updates
    experiments   called once the job's own experiments have been saved
    tuned         what both belong to; needed to resume after the process is killed
    """

    updates: int
    experiments: Callable[[], Sequence[Experiment]]
    tuned: Tuned | None = None

    @classmethod
    def of(cls, tuned: Tuned, store: RunStore) -> "Sequel":
        """What is trained at tuned rates, once the tuning runs are in the store."""
        return cls(tuned.updates, lambda: tuned.final_after(store.list()), tuned)
