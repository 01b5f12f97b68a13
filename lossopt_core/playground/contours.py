"""Lines along which a function on a grid is zero."""

from typing import cast

import contourpy
import numpy as np

from lossopt_core.objective.linear import Array


def zero_lines(values: Array, x: Array, y: Array) -> list[Array]:
    """Values (len(y), len(x)) to lines (k, 2) of places, each as long as it goes.

    Between neighbouring points of the grid the function is taken to be linear: a straight line
    comes out exact.  A line that is closed ends where it begins.  Values that are not finite have
    no lines.
    """
    if not np.isfinite(values).all():
        return []
    generator = contourpy.contour_generator(x, y, values, line_type=contourpy.LineType.Separate)
    return cast(list[Array], generator.lines(0.0))  # its type covers all types of lines


def without_needless(line: Array, tolerance: float) -> Array:
    """A line (k, 2) without places that lie, but for the tolerance, on a straight piece of it."""
    while len(line) > 2:
        before, here, after = line[:-2:2], line[1:-1:2], line[2::2]
        (across, up), (right, above) = (after - before).T, (here - before).T
        chord = np.hypot(across, up)
        needless = (chord > 0) & (np.abs(across * above - up * right) <= tolerance * chord)
        if not needless.any():
            break
        line = np.delete(line, 1 + 2 * np.flatnonzero(needless), axis=0)
    return line
