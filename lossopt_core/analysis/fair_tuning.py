"""Fair comparisons: each candidate at its own tuned learning rate.

First every candidate is trained with each learning rate of a common grid, for the same number of
epochs, and evaluated on a validation set; the test set is not used.  Then the candidates, each at
its best rate and with seeds not used in tuning, are compared on the test set.
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
"""Two per decade: from too small to too large for every optimizer."""
TUNING_SEEDS = 3
FRESH_SEEDS = 10
VALIDATION = "test_accuracy"
"""The history column that holds the validation accuracy of runs with a validation split."""


@dataclass(frozen=True)
class Protocol:
    """What is compared: the setting in which candidates differ."""

    label: str
    setting: str
    registry: Mapping[str, Any]

    @property
    def candidates(self) -> tuple[str, ...]:
        """The names of all possible values of the setting."""
        return tuple(self.registry)


PROTOCOLS: Mapping[str, Protocol] = {
    "optimizers": Protocol("Compare optimizers", "optimizer", OPTIMIZERS),
    "losses": Protocol("Compare losses", "loss", LOSSES),
}


@dataclass(frozen=True)
class Comparison:
    """A protocol and its candidates, with a base experiment for all other settings."""

    protocol: str
    base: Experiment
    candidates: tuple[str, ...]
    rates: tuple[float, ...] = RATES
    tuning_seeds: int = TUNING_SEEDS
    fresh_seeds: int = FRESH_SEEDS

    def __post_init__(self) -> None:
        Choice("", "", PROTOCOLS, "").check("protocol", self.protocol)
        if len(self.candidates) < 2 or len(self.rates) < 3:
            raise ValueError("a comparison needs at least 2 candidates and 3 learning rates")
        for candidate in self.candidates:
            Choice("", "", PROTOCOLS[self.protocol].registry, "").check("candidates", candidate)

    def to_json(self) -> str:
        """Serialize to JSON; `from_json` reads it back."""
        return json.dumps(vars(self) | {"base": self.base.to_json()})

    @classmethod
    def from_json(cls, text: str) -> "Comparison":
        """Read a comparison written by `to_json`; TypeError or ValueError for invalid text."""
        fields = json.loads(text)
        fields["base"] = Experiment.from_json(fields["base"])
        fields |= {name: tuple(fields[name]) for name in ("candidates", "rates")}
        return cls(**fields)

    @property
    def setting(self) -> str:
        """The name of the setting that varies."""
        return PROTOCOLS[self.protocol].setting

    def tuning(self) -> list[Experiment]:
        """The experiments for tuning: every candidate with every rate, with a validation split."""
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
        """The experiments for testing: every candidate at its best rate, with fresh seeds."""
        first = self.base.seed + self.tuning_seeds
        return [
            self.base.replace(
                **{self.setting: candidate}, learning_rate=tuned.rate, seed=first + k,
                validation=False,
            )
            for candidate, tuned in rates.items()
            for k in range(self.fresh_seeds)
        ]  # fmt: skip

    @property
    def updates(self) -> int:
        """Number of updates of all runs after tuning."""
        return len(self.candidates) * self.fresh_seeds * self.base.updates

    def final_after(self, runs: pd.DataFrame) -> list[Experiment]:
        """`final`, given a table from `RunStore.list` that includes the tuning runs."""
        wanted = {each.id for each in self.tuning()}
        return self.final(self.tuned(runs[runs["id"].isin(wanted)]))

    def tuned(self, results: pd.DataFrame) -> dict[str, "Tuned"]:
        """The best rate of each candidate, from the rows of the tuning runs.

        `results` has the columns of `RunStore.list`.  Rates at which a run diverged are excluded;
        ties go to the smallest rate.  Candidates without a valid rate are left out.
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
        """The same comparison with the grid extended by a decade at both ends."""
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
    """A candidate's best learning rate and its mean validation accuracy.

    `on_border` if the rate is at the edge of the grid, so that a better one may lie outside.
    """

    rate: float
    accuracy: float
    on_border: bool
