"""Limits on training and storage for shared machines.

Requests beyond a limit are rejected before any work, with a message that says what to change.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lossopt_core.experiment.description import Experiment
from lossopt_core.store.usage import Usage
from lossopt_core.training import footprint
from lossopt_core.training.footprint import Footprint


class BudgetError(ValueError):
    """A limit is exceeded; the message names the quantity, the limit, and what to change."""


@dataclass(frozen=True)
class Budget:
    """Upper limits; unlimited by default.

    products   multiplications of a training: examples × features × classes × epochs, over runs
    updates    of one training, over all runs
    numbers    examples × features of one data set
    seconds    of one training
    runs       stored in one workspace
    bytes      stored in one workspace
    memory     peak memory of one data set, one file or one training, in bytes
    """

    products: float = math.inf
    updates: float = math.inf
    numbers: float = math.inf
    seconds: float = math.inf
    runs: float = math.inf
    bytes: float = math.inf
    memory: float = math.inf

    @property
    def limits_storage(self) -> bool:
        """Whether storage is limited, so that usage must be measured."""
        return math.isfinite(self.runs) or math.isfinite(self.bytes)

    def check_data(self, experiment: Experiment) -> None:
        """Raise BudgetError if the experiment's data set is too large to load."""
        size = experiment.size
        self.check_numbers(size.examples, size.features, size.classes)

    def check_numbers(self, examples: int, features: int, classes: int = 2) -> None:
        """Raise BudgetError if a data set of this size is too large."""
        numbers = examples * features
        if numbers > self.numbers:
            raise BudgetError(
                f"the data have {numbers:,} numbers ({examples:,} examples × {features:,}"
                f" features); the limit is {self.numbers:,.0f}. Choose fewer examples or features"
            )
        memory = footprint.numbers_bytes(examples, features, classes)
        if memory > self.memory:
            raise BudgetError(
                f"the data need {_megabytes(memory)} of memory ({examples:,} examples ×"
                f" {features:,} features, {classes:,} classes); the limit is"
                f" {_megabytes(self.memory)}. Choose fewer examples, features or classes"
            )

    def check_unpacked(self, memory: float) -> None:
        """Raise BudgetError if reading a file would take too many bytes."""
        if memory > self.memory:
            raise BudgetError(
                f"the file needs {_megabytes(memory)} of memory when unpacked; the limit is"
                f" {_megabytes(self.memory)}. Use a file with fewer rows or columns"
            )

    def check_grid(self, runs: int) -> None:
        """Raise BudgetError if a sweep has more runs than a workspace can store."""
        if runs > self.runs:
            raise BudgetError(
                f"the sweep has {runs:,} runs; the limit is {self.runs:,.0f}. Choose fewer seeds or"
                " fewer values"
            )

    def check_training(
        self,
        experiments: Sequence[Experiment],
        usage: Usage,
        *,
        parts: Sequence[Sequence[Experiment]] | None = None,
    ) -> None:
        """Raise BudgetError if training these experiments, or storing their runs, exceeds a limit.

        `parts` are the batches trained and saved together; by default all at once.
        """
        for each in {each.data_key: each for each in experiments}.values():
            self.check_data(each)
        updates = sum(each.updates for each in experiments)
        if updates > self.updates:
            raise BudgetError(
                f"this training needs {updates:,} updates; the limit is {self.updates:,.0f}. Choose"
                f" fewer epochs{_or_runs(experiments)}, or larger batches"
            )
        products = sum(map(products_of, experiments))
        if products > self.products:
            raise BudgetError(
                f"this training needs {_count(products)} multiplications (examples × features ×"
                f" classes × epochs{_over_runs(experiments)}); the limit is"
                f" {_count(self.products)}. Choose fewer epochs or examples{_or_runs(experiments)}"
            )
        for part in [experiments] if parts is None else parts:
            self._check_memory(part)
        new = {each.id: each for each in experiments}.values()
        self.check_storage(usage, runs=len(new), bytes=sum(map(footprint.stored_bytes, new)))

    def _check_memory(self, experiments: Sequence[Experiment]) -> None:
        needed = footprint.of_training(experiments)
        if needed.total > self.memory:
            raise BudgetError(
                f"this training needs {_megabytes(needed.total)} of memory, most of it for"
                f" {_PARTS[needed.largest]}{_over_runs(experiments)}; the limit is"
                f" {_megabytes(self.memory)}. Choose {_suggestion(needed, experiments)}"
            )

    def check_storage(self, usage: Usage, *, runs: int = 0, bytes: int = 0) -> None:
        """Raise BudgetError if a workspace cannot store this much more."""
        if runs and usage.runs + runs > self.runs:
            raise BudgetError(
                f"your workspace can store {self.runs:,.0f} runs: it has {usage.runs:,}, and"
                f" {runs:,} would be added. Delete runs that you no longer need, and"
                " empty the bin"
            )
        if usage.bytes + bytes > self.bytes:
            raise BudgetError(
                f"your workspace can store {_megabytes(self.bytes)}: it has"
                f" {_megabytes(usage.bytes)}"
                f"{f', and {_megabytes(bytes)} would be added' if bytes else ''}. Delete runs or"
                " data that you no longer need, and empty the bin"
            )

    def check_change(self, before: Usage, after: Usage) -> None:
        """Raise BudgetError if a change makes a workspace exceed its limits.

        A workspace that already exceeds them, because limits were lowered, may still shrink.
        """
        if after.runs > before.runs:
            self.check_storage(before, runs=after.runs - before.runs)
        if after.bytes > before.bytes:
            self.check_storage(before, bytes=after.bytes - before.bytes)


def products_of(experiment: Experiment) -> float:
    """Number of multiplications of its updates: examples × features × classes × epochs."""
    size = experiment.size
    examples = experiment.updates * experiment.examples_per_update
    return float(examples) * size.features * size.classes


_PARTS = {
    "data": "the data (examples × (features + classes))",
    "weights": "weights (classes × features)",
    "curves": "curves (evaluations)",
    "paths": "weight trajectories (classes × features × evaluations)",
}
"""Uses of memory, with the settings that determine their size."""


def _suggestion(needed: Footprint, experiments: Sequence[Experiment]) -> str:
    """Suggestion for what to reduce."""
    if needed.largest == "data":
        return "fewer examples, features or classes"
    runs = "fewer runs at once" if len(experiments) > 1 else ""
    rest = "fewer features or classes" if needed.largest == "weights" else "fewer evaluations"
    return " or ".join(filter(None, (runs, rest)))


def _or_runs(experiments: Sequence[Experiment]) -> str:
    return " or runs" if len(experiments) > 1 else ""


def _over_runs(experiments: Sequence[Experiment]) -> str:
    return f", over {len(experiments):,} runs" if len(experiments) > 1 else ""


def _count(number: float) -> str:
    """A rounded number such as 1.2 billion."""
    for power, word in ((9, "billion"), (6, "million")):
        if number >= 10**power:
            return f"{number / 10**power:,.3g} {word}"
    return f"{number:,.0f}"


def _megabytes(number: float) -> str:
    return f"{number / 1e6:,.1f} MB"
