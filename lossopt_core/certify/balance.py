"""Exactly balanced dual points, as the optimality conditions of the biases require.

Duals are rounded down to multiples of a power of two, so that their sums are exact integers;
then the surplus is subtracted.  That is always possible: duals of class j at examples of class
k are a flow from k to j, and if flows do not balance, there is a path of positive flows from a
class with excess outflow to one with excess inflow.
"""

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

from lossopt_core.objective.domains import Domain
from lossopt_core.objective.linear import Array, Labels

Integers = NDArray[np.int64]

# Smaller duals count as zero: their unit would be a subnormal number.
SMALLEST = 1e-250


def balanced(duals: Array, labels: Labels, domain: type[Domain], *, pairwise: bool) -> Array:
    """Reduce the duals (C, n) slightly so that they balance exactly for each class.

    Pairwise: the duals of a class sum to the same as those at its examples.  Otherwise: the
    duals of a class at its own examples sum to the same as at all other examples.  Duals that
    lie in the domain up to rounding lie in it exactly afterwards.
    """
    largest = float(duals.max(initial=0.0))
    if not largest > SMALLEST:
        return np.zeros_like(duals)
    bits = min(52, 62 - math.ceil(math.log2(duals.size)))
    unit = math.ldexp(1.0, math.ceil(math.log2(largest)) - bits)
    counts = np.floor(duals / unit).astype(np.int64)
    if domain.highest / unit < 2.0**62:
        most = math.floor(domain.highest / unit)
        np.minimum(counts, most, out=counts)
        if domain.coupled:
            above = np.maximum(counts.sum(axis=0) - most, 0)
            counts[counts.argmax(axis=0), np.arange(len(labels))] -= above
    if pairwise:
        _balance_flows(counts, labels)
    else:
        _balance_classes(counts, labels)
    exact: Array = counts.astype(np.float64) * unit
    return exact


def _balance_classes(counts: Integers, labels: Labels) -> None:
    """Balance each class separately: its own examples against all others."""
    for label, row in enumerate(counts):
        own = labels == label
        surplus = int(row[~own].sum()) - int(row[own].sum())
        side = ~own if surplus > 0 else own
        row[side] = _reduced(row[side], abs(surplus))


def _balance_flows(counts: Integers, labels: Labels) -> None:
    """Balance inflow and outflow of each class."""
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
        counts[to, rows] = _reduced(counts[to, rows], int(before[to, by] - flows[to, by]))


def _path(flows: Integers, surplus: Integers) -> list[int]:
    """A path of classes along positive flows, from one with a deficit to one with a surplus."""
    start = int(surplus.argmin())
    previous = {start: start}
    queue = deque([start])
    while queue:
        here = queue.popleft()
        if surplus[here] > 0:
            path = [here]
            while path[-1] != start:
                path.append(previous[path[-1]])
            return path[::-1]
        for there in np.flatnonzero(flows[:, here]).tolist():
            if there not in previous:
                previous[there] = here
                queue.append(there)
    raise ArithmeticError("no path between unbalanced flows")


def _reduced(counts: Integers, amount: int) -> Integers:
    """Subtract an amount from the counts, largest first."""
    if amount == 0:
        return counts
    order = np.argsort(-counts)
    ordered = counts[order]
    before = np.cumsum(ordered) - ordered
    left = counts.copy()
    left[order] = ordered - np.clip(amount - before, 0, ordered)
    return left
