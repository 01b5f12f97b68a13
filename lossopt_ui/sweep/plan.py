"""What a sweep trains, and how its learning rates are chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from lossopt_core import Experiment
from lossopt_core.analysis.axes import Axis
from lossopt_core.analysis.tuned_rate import RATES, TunedRate, configuration
from lossopt_core.analysis.tuned_sweep import TunedSweep
from lossopt_ui.identity import missing_data

RATE = "learning_rate"


@dataclass(frozen=True)
class Plan:
    """The experiments of a sweep.

    experiments   every combination with all seeds; if `tuned`, still without their own rates
    axes          the parameters that are swept
    tuned         whether each combination has its own tuned learning rate
    """

    experiments: tuple[Experiment, ...]
    axes: tuple[Axis, ...]
    tuned: bool

    @classmethod
    def of(cls, experiments: Sequence[Experiment], axes: Sequence[Axis], *, tuned: bool) -> "Plan":
        """A plan; the rates are not tuned if they are swept."""
        swept = any(axis.name == RATE for axis in axes)
        return cls(tuple(experiments), tuple(axes), tuned and not swept)

    @cached_property
    def sweep(self) -> TunedSweep | None:
        """The sweep with its tuning, if rates are tuned."""
        return TunedSweep(self.experiments) if self.tuned else None

    @cached_property
    def tuning(self) -> Sequence[Experiment]:
        """The experiments that tune the rates."""
        return self.sweep.tuning() if self.sweep else ()

    def everything(self, rates: Mapping[Experiment, TunedRate]) -> list[Experiment]:
        """All runs, for their number and time: with any rate where it is not known yet."""
        waiting = [each for each in self.experiments if configuration(each) not in rates]
        return [*self.tuning, *self.known(rates), *(waiting if self.tuned else ())]

    def rates(self, runs: pd.DataFrame) -> Mapping[Experiment, TunedRate]:
        """The tuned rates that are known, from a table of the saved runs."""
        sweep = self.sweep
        # The data may have been deleted since.
        return {} if sweep is None else missing_data.known(lambda: sweep.rates(runs)) or {}

    def known(self, rates: Mapping[Experiment, TunedRate]) -> list[Experiment]:
        """The experiments whose rates are known, each at its own."""
        return self.sweep.final(rates) if self.sweep else list(self.experiments)

    @property
    def swept(self) -> tuple[str, ...]:
        """The names of the parameters that are swept."""
        return tuple(axis.name for axis in self.axes)

    @property
    def about_rates(self) -> str:
        """'each at its own tuned learning rate', or that all share one; '' if it is swept."""
        if self.tuned:
            return "each at its own tuned learning rate"
        if RATE in self.swept:
            return ""
        return f"all at the learning rate {self.experiments[0].learning_rate:g}"


def doubts(rates: Mapping[Experiment, TunedRate]) -> list[str]:
    """What is to be said of tuned rates that may not be the best ones."""
    said = []
    grid = f"{RATES[0]:g} to {RATES[-1]:g}"
    if edge := sum(each.on_border for each in rates.values()):
        said.append(
            f"{edge} of {len(rates)} tuned learning rates are at the edge of the grid, {grid}:"
            " better ones may lie outside."
        )
    if lost := sum(not each.found for each in rates.values()):
        said.append(
            f"{lost} of {len(rates)} combinations diverged at every rate from {grid}. They use one"
            " within the stability limits."
        )
    return said
