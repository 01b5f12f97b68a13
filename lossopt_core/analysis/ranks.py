"""Ranks of configurations over several data sets, and whether they differ (Demšar 2006).

Accuracies on different data sets are not comparable, so configurations are ranked within each data
set.  J. Demšar, "Statistical comparisons of classifiers over multiple data sets", JMLR 7 (2006).
"""

import math
from dataclasses import dataclass

import numpy as np

from lossopt_core.objective.linear import Array

MIN_DATA_SETS = 6
"""With fewer, even a configuration that is best on all of two cannot pass 5 %."""
MIN_FOR_DIFFERENCE = 10
"""The critical difference holds for many data sets; with fewer it is not stated."""
SHUFFLES = 9_999
LEVEL = 0.05


@dataclass(frozen=True, eq=False)
class Ranking:
    """The ranks of k configurations on n data sets.

    ranks                 (n, k), 1 is best; equal results share the mean of their ranks
    statistic             of the Friedman test, corrected for ties; NaN if all results are equal
    p                     its p-value by permutation; None with too few data sets
    critical_difference   of two mean ranks, by the Nemenyi test at 5 %; None if it is not stated
    """

    ranks: Array
    statistic: float
    p: float | None
    critical_difference: float | None

    @property
    def mean(self) -> Array:
        """The mean rank of each configuration, (k,)."""
        mean: Array = self.ranks.mean(axis=0)
        return mean


def ranking(results: Array, *, higher_is_better: bool) -> Ranking:
    """Rank results (data sets, configurations); NaN, as of a diverged run, shares the last ranks.

    Raises ValueError for fewer than two data sets or configurations.
    """
    if results.ndim != 2 or min(results.shape) < 2:
        raise ValueError("at least two data sets and two configurations are needed")
    costs = np.where(np.isnan(results), np.inf, -results if higher_is_better else results)
    ranks = np.array([_ranks(row) for row in costs])
    n, k = ranks.shape
    statistic = _friedman(ranks)
    p = None if n < MIN_DATA_SETS else _p(ranks, statistic)
    stated = n >= MIN_FOR_DIFFERENCE and k > 2
    return Ranking(ranks, statistic, p, _nemenyi(n, k) if stated else None)


def _ranks(costs: Array) -> Array:
    """Ranks from 1 for the lowest cost; ties share the mean of their ranks."""
    below = (costs[None] < costs[:, None]).sum(axis=1)
    equal = (costs[None] == costs[:, None]).sum(axis=1)
    ranks: Array = below + (equal + 1) / 2
    return ranks


def _friedman(ranks: Array) -> float:
    """The statistic of the Friedman test: the variance of rank sums, by that within data sets."""
    n, k = ranks.shape
    within = float(((ranks - (k + 1) / 2) ** 2).sum()) / (k - 1)
    between = float(((ranks.sum(axis=0) - n * (k + 1) / 2) ** 2).sum())
    return between / within if within > 0 else math.nan


def _p(ranks: Array, statistic: float) -> float:
    """The share of shuffles within data sets that reach the statistic; always the same shuffles.

    The usual χ² approximation is for more data sets than people have.
    """
    if math.isnan(statistic):
        return 1.0
    rng = np.random.default_rng(0)
    n, k = ranks.shape
    sums = np.zeros((SHUFFLES, k))
    for row in ranks:
        sums += row[np.argsort(rng.random((SHUFFLES, k)), axis=1)]
    between = ((sums - n * (k + 1) / 2) ** 2).sum(axis=1)
    within = ((ranks - (k + 1) / 2) ** 2).sum() / (k - 1)
    reached = int((between >= statistic * within * (1.0 - 1e-9)).sum())
    return (1 + reached) / (1 + SHUFFLES)


def _nemenyi(n: int, k: int) -> float:
    """Two mean ranks that differ by at least this are told apart at 5 %, among all pairs."""
    from scipy import stats

    q = float(stats.studentized_range.ppf(1.0 - LEVEL, k, np.inf)) / math.sqrt(2.0)
    return q * math.sqrt(k * (k + 1) / (6.0 * n))
