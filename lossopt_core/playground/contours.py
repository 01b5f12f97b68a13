"""Lines along which a function on a grid is zero (marching squares).

Between neighbouring points of the grid the function is taken to be linear: a straight line
comes out exact.
"""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lossopt_core.linear import Array

Node = tuple[int, int]
Edge = tuple[Node, Node]
"""Two neighbouring points of the grid by row and column, the lower first."""


def zero_lines(values: Array, x: Array, y: Array) -> list[Array]:
    """Values (len(y), len(x)) to lines (k, 2) of places, each as long as it goes.

    A line that is closed ends where it begins.  Values that are not finite have no lines.
    """
    if not np.isfinite(values).all():
        return []
    neighbours: dict[Edge, list[Edge]] = defaultdict(list)
    for one, other in _segments(values >= 0):
        neighbours[one].append(other)
        neighbours[other].append(one)
    return [
        np.array([_crossing(edge, values, x, y) for edge in chain]) for chain in _chains(neighbours)
    ]


def _segments(positive: NDArray[np.bool_]) -> Iterator[tuple[Edge, Edge]]:
    """In each cell that a line passes, the edges by which it enters and leaves."""
    corners = positive[:-1, :-1].astype(int) + positive[1:, :-1] + positive[:-1, 1:]
    mixed = (corners + positive[1:, 1:]) % 4 != 0
    for row, column in np.argwhere(mixed).tolist():
        a, b = (row, column), (row, column + 1)
        c, d = (row + 1, column + 1), (row + 1, column)
        # Around the cell; of a saddle's four edges neighbours are joined.
        around: list[Edge] = [(a, b), (b, c), (d, c), (a, d)]
        crossed = [edge for edge in around if positive[edge[0]] != positive[edge[1]]]
        yield crossed[0], crossed[1]
        if len(crossed) == 4:
            yield crossed[2], crossed[3]


def _chains(neighbours: dict[Edge, list[Edge]]) -> Iterator[list[Edge]]:
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


def _crossing(edge: Edge, values: Array, x: Array, y: Array) -> tuple[float, float]:
    one, other = edge
    share = values[one] / (values[one] - values[other])
    across = x[one[1]] + share * (x[other[1]] - x[one[1]])
    up = y[one[0]] + share * (y[other[0]] - y[one[0]])
    return float(across), float(up)
