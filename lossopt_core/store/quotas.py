"""What a training, and what somebody keeps, may cost where a machine is shared.

What is too much is refused before any work, in words that say what to change.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lossopt_core.experiment.description import Experiment
from lossopt_core.store.usage import Usage
from lossopt_core.training import footprint
from lossopt_core.training.footprint import Footprint


class BudgetError(ValueError):
    """More than is allowed here; the message names what, how much, and what to change."""


@dataclass(frozen=True)
class Budget:
    """Upper limits; without any, everything is allowed.

    products   multiplications of a training: examples × features × classes × epochs, over runs
    updates    of all runs of a training together
    numbers    examples × features of one data set
    seconds    that a training may take
    runs       kept in one workspace
    bytes      kept in one workspace
    memory     bytes that one data set, one file or one training may take while it is worked on
    """

    products: float = math.inf
    updates: float = math.inf
    numbers: float = math.inf
    seconds: float = math.inf
    runs: float = math.inf
    bytes: float = math.inf
    memory: float = math.inf

    @property
    def limits_keeping(self) -> bool:
        """Whether it has to be known how much is kept."""
        return math.isfinite(self.runs) or math.isfinite(self.bytes)

    def check_data(self, experiment: Experiment) -> None:
        """BudgetError where the experiment's data set is too large to be loaded."""
        size = experiment.size
        self.check_numbers(size.examples, size.features, size.classes)

    def check_numbers(self, examples: int, features: int, classes: int = 2) -> None:
        """BudgetError where a data set of so many examples, features and classes is too large."""
        numbers = examples * features
        if numbers > self.numbers:
            raise BudgetError(
                f"the data would have {numbers:,} numbers ({examples:,} examples × {features:,}"
                f" features); at most {self.numbers:,.0f} are allowed here. Choose fewer examples"
                " or features"
            )
        memory = footprint.numbers_bytes(examples, features, classes)
        if memory > self.memory:
            raise BudgetError(
                f"work on the data would take {_megabytes(memory)} of memory ({examples:,} examples"
                f" × {features:,} features, {classes:,} classes); at most"
                f" {_megabytes(self.memory)} are allowed here. Choose fewer examples, features or"
                " classes"
            )

    def check_unpacked(self, memory: float) -> None:
        """BudgetError where a file would take so many bytes while it is read."""
        if memory > self.memory:
            raise BudgetError(
                f"the file would take {_megabytes(memory)} of memory once it is unpacked; at most"
                f" {_megabytes(self.memory)} are allowed here. Bring one with fewer rows or columns"
            )

    def check_grid(self, runs: int) -> None:
        """BudgetError where a sweep has more runs than a workspace may hold."""
        if runs > self.runs:
            raise BudgetError(
                f"the sweep has {runs:,} runs; at most {self.runs:,.0f} are allowed here. Choose"
                " fewer seeds, or fewer values of a setting"
            )

    def check_training(
        self,
        experiments: Sequence[Experiment],
        usage: Usage,
        *,
        parts: Sequence[Sequence[Experiment]] | None = None,
    ) -> None:
        """BudgetError where training these, and keeping them beside what is kept, is too much.

        `parts` are what is trained and saved together; without them, all at once.
        """
        for each in {each.data_key: each for each in experiments}.values():
            self.check_data(each)
        updates = sum(each.updates for each in experiments)
        if updates > self.updates:
            raise BudgetError(
                f"this training would make {updates:,} updates; at most {self.updates:,.0f} are"
                f" allowed here. Choose fewer epochs{_or_runs(experiments)}, or larger batches"
            )
        products = sum(map(products_of, experiments))
        if products > self.products:
            raise BudgetError(
                f"this training would take {_count(products)} multiplications (examples ×"
                f" features × classes × epochs{_over_runs(experiments)}); at most"
                f" {_count(self.products)} are allowed here. Choose fewer epochs or"
                f" examples{_or_runs(experiments)}"
            )
        for part in [experiments] if parts is None else parts:
            self._check_memory(part)
        new = {each.id: each for each in experiments}.values()
        self.check_keeping(usage, runs=len(new), bytes=sum(map(footprint.stored_bytes, new)))

    def _check_memory(self, experiments: Sequence[Experiment]) -> None:
        needed = footprint.of_training(experiments)
        if needed.total > self.memory:
            raise BudgetError(
                f"this training would take {_megabytes(needed.total)} of memory, most of it for"
                f" {_PARTS[needed.largest]}{_over_runs(experiments)}; at most"
                f" {_megabytes(self.memory)} are allowed here. Choose"
                f" {_less(needed, experiments)}"
            )

    def check_keeping(self, usage: Usage, *, runs: int = 0, bytes: int = 0) -> None:
        """BudgetError where so much more would be kept than a workspace may hold."""
        if runs and usage.runs + runs > self.runs:
            raise BudgetError(
                f"your workspace may hold {self.runs:,.0f} runs: {usage.runs:,} are kept, and"
                f" {runs:,} would come. Delete runs that you need no more; deleted ones count for"
                " a day"
            )
        if usage.bytes + bytes > self.bytes:
            raise BudgetError(
                f"your workspace may hold {_megabytes(self.bytes)}: {_megabytes(usage.bytes)} are"
                f" kept{f', and {_megabytes(bytes)} would come' if bytes else ''}. Delete runs or"
                " data that you need no more; deleted runs count for a day"
            )

    def check_room(self, before: Usage, after: Usage) -> None:
        """BudgetError where a change makes a workspace hold more than it may.

        One that holds too much already, since the limits were others once, may still shrink.
        """
        if after.runs > before.runs:
            self.check_keeping(before, runs=after.runs - before.runs)
        if after.bytes > before.bytes:
            self.check_keeping(before, bytes=after.bytes - before.bytes)


def products_of(experiment: Experiment) -> float:
    """Multiplications that its updates take: examples × features × classes × epochs."""
    size = experiment.size
    examples = experiment.updates * experiment.examples_per_update
    return float(examples) * size.features * size.classes


_PARTS = {
    "data": "the data (examples × (features + classes))",
    "weights": "weights (classes × features)",
    "curves": "curves (evaluations)",
    "paths": "the weights on the way (classes × features × evaluations)",
}
"""What takes memory, in words, with the settings that it grows with."""


def _less(needed: Footprint, experiments: Sequence[Experiment]) -> str:
    """What to choose less of."""
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
    """Two digits and a word: 1.2 billion."""
    for power, word in ((9, "billion"), (6, "million")):
        if number >= 10**power:
            return f"{number / 10**power:,.3g} {word}"
    return f"{number:,.0f}"


def _megabytes(number: float) -> str:
    return f"{number / 1e6:,.1f} MB"
