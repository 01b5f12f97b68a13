"""Lines along which a function on a grid is zero (marching squares).

Between neighbouring points of the grid the function is taken to be linear: a straight line
comes out exact.  An edge joins a point (row, column) to the next in its row, or to the next in
its column: its number is 2 (row · columns + column), or that and 1.
"""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lossopt_core.objective.linear import Array, Labels


def zero_lines(values: Array, x: Array, y: Array) -> list[Array]:
    """Values (len(y), len(x)) to lines (k, 2) of places, each as long as it goes.

    A line that is closed ends where it begins.  Values that are not finite have no lines.
    """
    if not np.isfinite(values).all():
        return []
    neighbours: dict[int, list[int]] = defaultdict(list)
    for one, other in _segments(values >= 0).tolist():
        neighbours[one].append(other)
        neighbours[other].append(one)
    places = _crossings(values, x, y)
    return [places[chain] for chain in _chains(neighbours)]


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


def _segments(positive: NDArray[np.bool_]) -> Labels:
    """In each cell that a line passes, the edges by which it enters and leaves, (k, 2)."""
    first = 2 * np.arange(positive.size).reshape(positive.shape)
    along_row = positive[:, :-1] != positive[:, 1:]
    along_column = positive[:-1] != positive[1:]
    # Around the cell; of a saddle's four edges neighbours are joined.
    around = (
        (first[:-1, :-1], along_row[:-1]),
        (first[:-1, 1:] + 1, along_column[:, 1:]),
        (first[1:, :-1], along_row[1:]),
        (first[:-1, :-1] + 1, along_column[:, :-1]),
    )
    edges, crossed = (np.stack(each, axis=-1) for each in zip(*around, strict=True))
    pairs: Labels = edges[crossed].reshape(-1, 2)
    return pairs


def _chains(neighbours: dict[int, list[int]]) -> Iterator[list[int]]:
    """Edges that follow each other: first lines with ends, then closed ones."""
    left = {edge: list(others) for edge, others in neighbours.items()}
    ends = [edge for edge, others in left.items() if len(others) == 1]
    for start in [*ends, *left]:
        chain = [start]
        while left[chain[-1]]:
            following = left[chain[-1]].pop()
            left[following].remove(chain[-1])
            chain.append(following)
        if len(chain) > 1:
            yield chain


def _crossings(values: Array, x: Array, y: Array) -> Array:
    """Where the function is zero on each edge, (edges, 2); without meaning where it is not."""
    places = np.empty((*values.shape, 2, 2))
    places[..., 0], places[..., 1] = x[:, None], y[:, None, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        places[:, :-1, 0, 0] += values[:, :-1] / -np.diff(values, axis=1) * np.diff(x)
        places[:-1, :, 1, 1] += values[:-1] / -np.diff(values, axis=0) * np.diff(y)[:, None]
    return places.reshape(-1, 2)
