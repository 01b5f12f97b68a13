"""Curves that another program has measured, so that they can stand beside ours."""

import hashlib
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, eq=False)
class ForeignRun:
    """A curve from elsewhere: no experiment of ours, only what was measured.

    name      what it is called
    history   one row a point: columns out of `HISTORY_COLUMNS`, at least one of the x-axes
              (update, epoch, gradient_evaluations) and one that is measured; missing ones NaN
    source    where it comes from, in words: a file's name, for one
    """

    name: str
    history: pd.DataFrame
    source: str

    @property
    def id(self) -> str:
        """16 hexadecimal digits of name and numbers: what is brought in twice is kept once."""
        numbers = self.history.to_csv(index=False)
        return hashlib.sha256(f"{self.name}\n{numbers}".encode()).hexdigest()[:16]
