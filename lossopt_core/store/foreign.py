"""Curves imported from other programs, for comparison with runs."""

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

LOSSES = ("objective", "data_loss", "test_loss")
STEPS = ("update", "epoch", "gradient_evaluations")


@dataclass(frozen=True, eq=False)
class ForeignRun:
    """A curve that another program measured. It has no experiment.

    Attributes:
        name: Its name.
        history: One row per point, with columns of `HISTORY_COLUMNS`: at least one x-axis (update,
            epoch or gradient_evaluations) and one measure; missing values are NaN. A loss
            that ends as infinity diverged.
        source: Where it comes from, such as a file name.
    """

    name: str
    history: pd.DataFrame
    source: str

    @property
    def id(self) -> str:
        """A hash (16 hexadecimal digits) of name and numbers; importing twice gives the same id."""
        numbers = self.history.to_csv(index=False)
        return hashlib.sha256(f"{self.name}\n{numbers}".encode()).hexdigest()[:16]

    @property
    def diverged_at(self) -> float | None:
        """The first step from which on the loss is not finite, or None if it ended well."""
        measured = [name for name in LOSSES if name in self.history]
        for name in measured[:1]:
            known = self.history[self.history[name].notna()]
            finite = np.isfinite(known[name].to_numpy(np.float64))
            if len(known) and not finite[-1]:
                first = int(np.flatnonzero(finite)[-1]) + 1 if finite.any() else 0
                step = next(each for each in STEPS if each in self.history)
                return float(known[step].iloc[first])
        return None
