"""Floating-point types for training."""

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Precision:
    """An IEEE 754 floating-point type.  Sums over all examples always use float64."""

    label: str
    summary: str
    dtype: type[np.floating[Any]]


PRECISIONS = {
    "float64": Precision("Double (float64)", "About 16 digits.", np.float64),
    "float32": Precision("Single (float32)", "About 7 digits, faster.", np.float32),
}
