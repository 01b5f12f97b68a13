"""Which settings go with the differences between results: main effects and what chance would give.

The share of a setting is that of the variance between configurations explained by the means of its
values (the correlation ratio η²; on a full grid, the main effect of a functional ANOVA: Hutter,
Hoos, Leyton-Brown 2014).  With few configurations every share is above 0 by chance, so each comes
with what shuffled results give.
"""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossopt_core.objective.linear import Array

MIN_CONFIGURATIONS = 8
SHUFFLES = 999
MAX_BINS = 5
PER_BIN = 4
"""Numbers that hardly repeat are binned, with at least so many configurations in each bin."""
REPEATED = 2
"""Numbers are not binned if each occurs at least so often on average."""
CHANCE = 0.95
MISSING = None
"""The value of a setting where it does not apply."""

_Levels = NDArray[np.intp]


@dataclass(frozen=True)
class Level:
    """A value of a setting, or a range of values (low to high), and the mean result there."""

    low: Any
    high: Any
    n: int
    mean: float


@dataclass(frozen=True)
class Share:
    """How much of the variance between configurations goes with a setting.

    share     a fraction from 0 to 1
    chance    the share that 95 % of shuffles stay below
    p         the share of shuffles that reach `share`
    levels    its values in their order
    """

    setting: str
    share: float
    chance: float
    p: float
    levels: tuple[Level, ...]

    @property
    def beyond_chance(self) -> bool:
        """Whether fewer than 5 % of the shuffles reach the share."""
        return self.p < 1.0 - CHANCE


@dataclass(frozen=True)
class Importance:
    """The shares of all settings that vary, the largest first.

    n             number of configurations
    interactions  on a full grid, the share that no setting has alone; None otherwise: the shares
                  of settings may then overlap
    together      pairs of settings of which one determines the other
    """

    shares: tuple[Share, ...]
    n: int
    interactions: float | None
    together: tuple[tuple[str, str], ...]


def importance(settings: Sequence[Mapping[str, Hashable]], results: Sequence[float]) -> Importance:
    """The importance of each setting for the results of some configurations.

    `settings` has the settings of each configuration that may matter; a missing one does not apply.
    `results` has one finite number for each, such as the mean over its seeds.

    On a full grid (every combination equally often) the results are shuffled only between
    configurations that agree in all other settings, so other effects do not hide a setting's.

    Raises ValueError for fewer than 8 configurations, fewer than two settings that vary, and
    results that are all equal or not finite.
    """
    y = np.asarray(results, np.float64)
    if len(y) != len(settings) or not np.isfinite(y).all():
        raise ValueError("each configuration needs one finite result")
    if len(y) < MIN_CONFIGURATIONS:
        raise ValueError(
            f"at least {MIN_CONFIGURATIONS} configurations with a result are needed, got {len(y)}"
        )
    values = {
        name: [each.get(name, MISSING) for each in settings]
        for name in dict.fromkeys(name for each in settings for name in each)
    }
    values = {name: column for name, column in values.items() if len(set(column)) > 1}
    if len(values) < 2:
        raise ValueError(
            "at least two settings must vary; with one, compare the results of its values"
        )
    if np.ptp(y) == 0:
        raise ValueError("all results are equal")
    levels = {name: _levels(column) for name, column in values.items()}
    grid = _is_grid(list(levels.values()))
    shares = [_share(name, values[name], levels, y, grid=grid) for name in values]
    rest = max(0.0, 1.0 - sum(each.share for each in shares)) if grid else None
    ordered = sorted(shares, key=lambda each: -each.share)
    return Importance(tuple(ordered), len(y), rest, _together(levels))


def _levels(column: Sequence[Hashable]) -> _Levels:
    """The level of each configuration, from 0: its value, or the bin of many numbers.

    Bins have equally many configurations, except that equal numbers share one.
    """
    distinct = sorted(set(column), key=lambda each: (str(type(each)), each))
    numeric = all(isinstance(each, int | float) for each in column)
    if numeric and len(distinct) * REPEATED > len(column):
        bins = max(2, min(MAX_BINS, len(column) // PER_BIN))
        numbers = np.array(column, np.float64)
        edges = np.quantile(numbers, np.linspace(0.0, 1.0, bins + 1)[1:-1])
        return np.unique(np.searchsorted(edges, numbers, side="left"), return_inverse=True)[1]
    place = {value: k for k, value in enumerate(distinct)}
    return np.array([place[each] for each in column])


def _is_grid(levels: Sequence[_Levels]) -> bool:
    """Whether every combination of levels occurs, and equally often."""
    counts = Counter(zip(*(each.tolist() for each in levels), strict=True))
    combinations_ = int(np.prod([int(each.max()) + 1 for each in levels]))
    return len(counts) == combinations_ and len(set(counts.values())) == 1


def _share(
    name: str, column: Sequence[Any], levels: Mapping[str, _Levels], y: Array, *, grid: bool
) -> Share:
    own = levels[name]
    others = np.array([each for other, each in levels.items() if other != name])
    blocks = np.zeros(len(y), np.intp)
    if grid:
        blocks = np.unique(others, axis=1, return_inverse=True)[1].ravel()
    share = float(_explained(y[None], own)[0])
    by_chance = _explained(_shuffled(y, blocks), own)
    reached = int((by_chance >= share * (1.0 - 1e-9)).sum())
    known = [
        Level(*_ends(column, own == k), int((own == k).sum()), float(y[own == k].mean()))
        for k in range(int(own.max()) + 1)
    ]
    chance = float(np.quantile(by_chance, CHANCE))
    return Share(name, share, chance, (1 + reached) / (1 + SHUFFLES), tuple(known))


def _ends(column: Sequence[Any], there: NDArray[np.bool_]) -> tuple[Any, Any]:
    found = [each for each, is_there in zip(column, there, strict=True) if is_there]
    return (found[0], found[0]) if len(set(found)) == 1 else (min(found), max(found))


def _explained(y: Array, levels: _Levels) -> Array:
    """For each row of results (rows, n), the share of its variance between the levels' means."""
    of_level = np.eye(int(levels.max()) + 1)[levels]
    centred = y - y.mean(axis=1, keepdims=True)
    sums = centred @ of_level
    between = (sums**2 / of_level.sum(axis=0)).sum(axis=1)
    shares: Array = between / (centred**2).sum(axis=1)
    return shares


def _shuffled(y: Array, blocks: _Levels) -> Array:
    """Results (SHUFFLES, n) shuffled within blocks; always the same shuffles."""
    keys = blocks + np.random.default_rng(0).random((SHUFFLES, len(y)))
    found = np.empty_like(keys)
    # Sorted by block and then at random: the places of a block in both orders correspond.
    found[:, np.argsort(blocks, kind="stable")] = y[np.argsort(keys, axis=1)]
    return found


def _together(levels: Mapping[str, _Levels]) -> tuple[tuple[str, str], ...]:
    """Pairs of settings such that each level of one occurs with a single level of the other."""
    found = []
    for (one, ours), (other, theirs) in combinations(levels.items(), 2):
        pairs = len(set(zip(ours.tolist(), theirs.tolist(), strict=True)))
        if pairs in (int(ours.max()) + 1, int(theirs.max()) + 1):
            found.append((one, other))
    return tuple(found)
