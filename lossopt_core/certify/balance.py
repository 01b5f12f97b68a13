"""Dual points whose pulls balance exactly for every class, as the bias of each class demands.

Pulls are rounded down to whole multiples of a power of two, so that sums are integers without
rounding; what is then left over is taken away.  Taking away is always possible: pulls on
class j by examples of class k are a flow from k to j, and where flows do not balance there is
a path of positive flows from a class with too much going out to one with too much coming in.
"""

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

from lossopt_core.objective.domains import Domain
from lossopt_core.objective.linear import Array, Labels

Integers = NDArray[np.int64]

# Pulls below this are none: a unit of theirs would not be an ordinary number.
SMALLEST = 1e-250


def balanced(pulls: Array, labels: Labels, domain: type[Domain], *, pairwise: bool) -> Array:
    """The pulls (C, n) a little smaller, so that they balance for each class exactly.

    Pairwise, the pulls on a class add up to those by its examples; else the pulls on a class
    by its own examples add up to those by all others.  Pulls that lie in the domain up to
    rounding lie in it exactly afterwards.
    """
    largest = float(pulls.max(initial=0.0))
    if not largest > SMALLEST:
        return np.zeros_like(pulls)
    bits = min(52, 62 - math.ceil(math.log2(pulls.size)))
    unit = math.ldexp(1.0, math.ceil(math.log2(largest)) - bits)
    counts = np.floor(pulls / unit).astype(np.int64)
    if domain.highest / unit < 2.0**62:
        most = math.floor(domain.highest / unit)
        np.minimum(counts, most, out=counts)
        if domain.coupled:
            above = np.maximum(counts.sum(axis=0) - most, 0)
            counts[counts.argmax(axis=0), np.arange(len(labels))] -= above
    if pairwise:
        _take_from_flows(counts, labels)
    else:
        _take_from_classes(counts, labels)
    exact: Array = counts.astype(np.float64) * unit
    return exact


def _take_from_classes(counts: Integers, labels: Labels) -> None:
    """Balance each class by itself: own examples against all others."""
    for label, row in enumerate(counts):
        own = labels == label
        surplus = int(row[~own].sum()) - int(row[own].sum())
        side = ~own if surplus > 0 else own
        row[side] = _less(row[side], abs(surplus))


def _take_from_flows(counts: Integers, labels: Labels) -> None:
    """Balance what comes in and what goes out of each class."""
    members = [np.flatnonzero(labels == label) for label in range(len(counts))]
    flows = np.stack([counts[:, rows].sum(axis=1) for rows in members], axis=1)
    before = flows.copy()
    surplus = flows.sum(axis=1) - flows.sum(axis=0)
    while surplus.any():
        path = _path(flows, surplus)
        arcs = path[1:], path[:-1]
        amount = min(flows[arcs].min(), -surplus[path[0]], surplus[path[-1]])
        flows[arcs] -= amount
        surplus[path[0]] += amount
        surplus[path[-1]] -= amount
    for to, by in np.argwhere(flows < before):
        rows = members[by]
        counts[to, rows] = _less(counts[to, rows], int(before[to, by] - flows[to, by]))


def _path(flows: Integers, surplus: Integers) -> list[int]:
    """Classes along positive flows from one with a deficit to one with a surplus."""
    start = int(surplus.argmin())
    came_from = {start: start}
    waiting = deque([start])
    while waiting:
        here = waiting.popleft()
        if surplus[here] > 0:
            path = [here]
            while path[-1] != start:
                path.append(came_from[path[-1]])
            return path[::-1]
        for there in np.flatnonzero(flows[:, here]).tolist():
            if there not in came_from:
                came_from[there] = here
                waiting.append(there)
    raise ArithmeticError("flows that do not balance have a path")


def _less(counts: Integers, amount: int) -> Integers:
    """The counts with an amount taken away, from the largest first."""
    if amount == 0:
        return counts
    order = np.argsort(-counts)
    ordered = counts[order]
    before = np.cumsum(ordered) - ordered
    left = counts.copy()
    left[order] = ordered - np.clip(amount - before, 0, ordered)
    return left
