"""Fair comparisons: each candidate with the learning rate that suits it best.

First every candidate is trained with each learning rate of one grid, for the same number of
epochs, and tested on a validation part: the test part is never looked at.  Then each goes, with
its best rate and seeds that tuning has not seen, against the others on the test part.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lossopt_core.experiment.description import Experiment
from lossopt_core.fields import Choice
from lossopt_core.objective.losses import LOSSES
from lossopt_core.optim.optimizers import OPTIMIZERS

RATES = tuple(float(f"{rate:.3g}") for rate in np.geomspace(1e-4, 10.0, 11))
"""Two to a power of ten: from too short to too long for every rule."""
TUNING_SEEDS = 3
FRESH_SEEDS = 10
VALIDATION = "test_accuracy"
"""The column of a history that holds the validation accuracy, where a run validates."""


@dataclass(frozen=True)
class Protocol:
    """What is compared: the setting that candidates differ in."""

    label: str
    setting: str
    registry: Mapping[str, Any]

    @property
    def candidates(self) -> tuple[str, ...]:
        """The names of all values that the setting can have."""
        return tuple(self.registry)


PROTOCOLS: Mapping[str, Protocol] = {
    "optimizers": Protocol("Compare optimizers", "optimizer", OPTIMIZERS),
    "losses": Protocol("Compare losses", "loss", LOSSES),
}


@dataclass(frozen=True)
class Comparison:
    """A protocol with its candidates, on the settings of a base experiment."""

    protocol: str
    base: Experiment
    candidates: tuple[str, ...]
    rates: tuple[float, ...] = RATES
    tuning_seeds: int = TUNING_SEEDS
    fresh_seeds: int = FRESH_SEEDS

    def __post_init__(self) -> None:
        Choice("", "", PROTOCOLS, "").check("protocol", self.protocol)
        if len(self.candidates) < 2 or len(self.rates) < 3:
            raise ValueError("a comparison needs two candidates and three learning rates at least")
        for candidate in self.candidates:
            Choice("", "", PROTOCOLS[self.protocol].registry, "").check("candidates", candidate)

    def to_json(self) -> str:
        """A text that `from_json` makes the same comparison of."""
        return json.dumps(vars(self) | {"base": self.base.to_json()})

    @classmethod
    def from_json(cls, text: str) -> "Comparison":
        """The comparison of a text; TypeError or ValueError where it describes none."""
        told = json.loads(text)
        told["base"] = Experiment.from_json(told["base"])
        told |= {name: tuple(told[name]) for name in ("candidates", "rates")}
        return cls(**told)

    @property
    def setting(self) -> str:
        """What the candidates are values of."""
        return PROTOCOLS[self.protocol].setting

    def tuning(self) -> list[Experiment]:
        """Every candidate with every rate, on the validation part."""
        return [
            self.base.replace(
                **{self.setting: candidate}, learning_rate=rate, seed=self.base.seed + k,
                validation=True,
            )
            for candidate in self.candidates
            for rate in self.rates
            for k in range(self.tuning_seeds)
        ]  # fmt: skip

    def final(self, rates: Mapping[str, "Tuned"]) -> list[Experiment]:
        """Every candidate at its best rate, on the test part, with seeds that are new."""
        first = self.base.seed + self.tuning_seeds
        return [
            self.base.replace(
                **{self.setting: candidate}, learning_rate=tuned.rate, seed=first + k,
                validation=False,
            )
            for candidate, tuned in rates.items()
            for k in range(self.fresh_seeds)
        ]  # fmt: skip

    def final_after(self, runs: pd.DataFrame) -> list[Experiment]:
        """The same, out of a table of runs that has those of the tuning, as `RunStore.list`."""
        wanted = {each.id for each in self.tuning()}
        return self.final(self.tuned(runs[runs["id"].isin(wanted)]))

    def tuned(self, results: pd.DataFrame) -> dict[str, "Tuned"]:
        """The best rate of each candidate that has one, from the tuning runs' rows.

        `results` has the columns of `RunStore.list`.  A rate at which a run diverged is out; of
        equally good ones the smallest is taken.
        """
        found = {}
        for candidate in self.candidates:
            own = results[results[self.setting] == candidate]
            means = {
                rate: self._mean(own[np.isclose(own["learning_rate"], rate, rtol=1e-9)])
                for rate in self.rates
            }
            known = {rate: mean for rate, mean in means.items() if math.isfinite(mean)}
            if known:
                best = max(known, key=lambda rate: (known[rate], -rate))
                on_border = best in (min(self.rates), max(self.rates))
                found[candidate] = Tuned(best, known[best], on_border)
        return found

    def _mean(self, runs: pd.DataFrame) -> float:
        whole = len(runs) == self.tuning_seeds and set(runs["status"]) == {"finished"}
        return float(runs[VALIDATION].mean()) if whole else math.nan

    def wider(self) -> "Comparison":
        """The same with a grid that goes on for a power of ten at both ends."""
        low, high = self.rates[0], self.rates[-1]
        ratio = self.rates[1] / low
        more = [low / ratio**2, low / ratio, high * ratio, high * ratio**2]
        allowed = [float(f"{rate:.3g}") for rate in more if 1e-8 <= rate <= 1e4]
        rates = tuple(sorted({*self.rates, *allowed}))
        return Comparison(
            self.protocol, self.base, self.candidates, rates, self.tuning_seeds, self.fresh_seeds
        )


@dataclass(frozen=True)
class Tuned:
    """A candidate's best learning rate, its mean validation accuracy, and whether it is the
    smallest or the largest that was tried: then a better one may lie beyond."""

    rate: float
    accuracy: float
    on_border: bool
