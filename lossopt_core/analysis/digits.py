"""Formatting numbers with their significant digits."""

import math

MAX_DECIMALS = 6
ROUNDING = 1e-12
"""Below this fraction of the mean, a spread is rounding error of equal results."""
LARGE = 1e5
"""A spread of this size or more hides all digits of a whole number but the first."""


def with_spread(mean: float, spread: float) -> str:
    """'96.23 ± 0.41': two digits of the spread, and as many decimals of the mean.

    Six digits of the mean if there is no spread; scientific notation if both are small, or large.
    """
    if 0 < spread < ROUNDING * abs(mean):
        spread = 0.0
    if not spread > 0 or not math.isfinite(spread):
        return f"{mean:.6g} ± {spread:g}"
    decimals = max(0, 1 - math.floor(math.log10(spread)))
    if decimals > MAX_DECIMALS or spread >= LARGE:
        return f"{mean:.4g} ± {spread:.2g}"
    return f"{mean:.{decimals}f} ± {spread:.{decimals}f}"
