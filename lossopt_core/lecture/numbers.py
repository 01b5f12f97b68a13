"""The numbers of CS231n's lecture 3 and its notes, as they are given there.

What follows from them is computed where it is shown.  Where the course printed a result that
does not follow, it is an `Erratum`.
"""

from dataclasses import dataclass

import numpy as np

from lossopt_core.linear import Array

ANIMALS = ("cat", "car", "frog")
SCORES: Array = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])
"""Scores of three images (rows: cat, car, frog) for the three classes (columns)."""


@dataclass(frozen=True)
class Erratum:
    """A result that the course printed, and why it is another."""

    printed: str
    where: str
    why: str


ERRATA = {
    "frog": Erratum(
        "10.9 and a mean of 4.6",
        "the slides of 2016",
        "the margin of 1 was left out for the frog",
    ),
    "log10": Erratum(
        "0.89",
        "the slides",
        "it is the logarithm to base 10, and the formula means the natural one",
    ),
    "bias": Erratum("61.95", "the notes", "the bias of -1.2 was left out"),
}
