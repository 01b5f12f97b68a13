"""Sweeps in which every combination has its own tuned learning rate.

First the rates are tuned (see `tuned_rate`), then every combination is trained at its own, with all
of its seeds.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from lossopt_core.analysis.tuned_rate import (
    EVALUATIONS,
    TunedRate,
    configuration,
    plan,
    rates_of,
    tuning_seed,
    with_tuned_rates,
)
from lossopt_core.experiment.description import Experiment
from lossopt_core.training.run import FINISHED, STOPPED


def are_tuning(runs: pd.DataFrame) -> pd.Series:
    """Which rows of a table from `RunStore.list` are tuning runs of learning rates."""
    tuning: pd.Series = (runs["seed"] == tuning_seed()) & (runs["evaluations"] == EVALUATIONS)
    return tuning.fillna(False).astype(bool)


@dataclass(frozen=True)
class TunedSweep:
    """The experiments of a sweep, at any learning rate: their own are tuned."""

    experiments: tuple[Experiment, ...]

    def to_json(self) -> str:
        """Serialize to JSON; `from_json` reads it back."""
        return json.dumps([each.to_json() for each in self.experiments])

    @classmethod
    def from_json(cls, text: str) -> "TunedSweep":
        """Read a sweep written by `to_json`; TypeError or ValueError for invalid text."""
        return cls(tuple(Experiment.from_json(each) for each in json.loads(text)))

    @cached_property
    def plan(self) -> Mapping[Experiment, list[Experiment]]:
        """The experiments that tune each configuration."""
        return plan(self.experiments)

    def tuning(self) -> list[Experiment]:
        """The experiments that tune all rates."""
        return [each for members in self.plan.values() for each in members]

    @property
    def updates(self) -> int:
        """Number of updates of all runs after tuning."""
        return sum(each.updates for each in self.experiments)

    def rates(self, runs: pd.DataFrame) -> dict[Experiment, TunedRate]:
        """The rates that are known, by configuration, from a table of `RunStore.list`."""
        done = runs[runs["status"] != STOPPED]
        ends = dict(
            zip(done["id"], done["objective"].where(done["status"] == FINISHED), strict=True)
        )
        known = {
            name: members
            for name, members in self.plan.items()
            if all(each.id in ends for each in members)
        }
        return rates_of(
            known, {each: float(ends[each.id]) for members in known.values() for each in members}
        )

    def final(self, rates: Mapping[Experiment, TunedRate]) -> list[Experiment]:
        """The experiments whose rates are known, each at its own."""
        known = [each for each in self.experiments if configuration(each) in rates]
        return with_tuned_rates(known, rates)

    def final_after(self, runs: pd.DataFrame) -> list[Experiment]:
        """`final`, given a table from `RunStore.list` that includes the tuning runs."""
        return self.final(self.rates(runs))
