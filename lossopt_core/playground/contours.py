"""Lines along which a function on a grid is zero."""

from typing import cast

import contourpy
import numpy as np

from lossopt_core.objective.linear import Array


def zero_lines(values: Array, x: Array, y: Array) -> list[Array]:
    """Values (len(y), len(x)) to lines (k, 2) of points, each as long as it goes.

    Between neighbouring points of the grid the function is taken to be linear: a straight line
    comes out exact.  A line that is closed ends where it begins.  Values that are not finite have
    no lines.
    """
    if not np.isfinite(values).all():
        return []
    generator = contourpy.contour_generator(x, y, values, line_type=contourpy.LineType.Separate)
    return cast(list[Array], generator.lines(0.0))  # its type covers all types of lines


def simplified(line: Array, tolerance: float) -> Array:
    """Remove points of a line (k, 2) that lie on a straight segment, within the tolerance."""
    while len(line) > 2:
        before, here, after = line[:-2:2], line[1:-1:2], line[2::2]
        (across, up), (right, above) = (after - before).T, (here - before).T
        chord = np.hypot(across, up)
        redundant = (chord > 0) & (np.abs(across * above - up * right) <= tolerance * chord)
        if not redundant.any():
            break
        line = np.delete(line, 1 + 2 * np.flatnonzero(redundant), axis=0)
    return line
