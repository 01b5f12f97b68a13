"""Curves imported from other programs, for comparison with runs."""

import hashlib
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, eq=False)
class ForeignRun:
    """A curve that another program measured. It has no experiment.

    Attributes:
        name: Its name.
        history: One row per point, with columns of `HISTORY_COLUMNS`: at least one x-axis (update,
            epoch or gradient_evaluations) and one measure; missing values are NaN.
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
