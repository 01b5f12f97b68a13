"""The numbers that training computes with."""

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Precision:
    """A floating-point type of IEEE 754.  Sums over all examples are always double."""

    label: str
    summary: str
    dtype: type[np.floating[Any]]


PRECISIONS = {
    "float64": Precision("Double (float64)", "About 16 digits.", np.float64),
    "float32": Precision("Single (float32)", "About 7 digits, in less time.", np.float32),
}
