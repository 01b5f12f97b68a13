"""Differences between two settings, seed by seed: how large, and whether they are real.

Runs of one seed share their start and the order of their minibatches, runs of one split seed
their data.  Compared pair by pair, what chance does to both alike drops out.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
import pandas as pd

from lossopt_core.datasets import DATASETS
from lossopt_core.experiment import Experiment
from lossopt_core.groups import on_one_grid
from lossopt_core.linear import Array

FEWEST_PAIRS = 6
"""With five pairs a sign-flip test cannot go below p = 0.0625, whatever the data."""
ALL_SUBSETS = 12
"""Up to so many pairs every subset is looked at; beyond, `SUBSETS` of them by chance."""
SUBSETS = 8_191
ERROR = 0.05

ORDER, SPLIT, FRESH = "order", "split", "fresh"
"""What the seeds vary: the order of the minibatches (and the start); the split of one data set
into training and test part; or the data themselves, made anew for each split seed."""

TOO_FEW, TOO_MANY_AT_ONCE, NOT_SEEN, LOWER, HIGHER = (
    "too few", "too many at once", "not seen", "lower", "higher",
)  # fmt: skip


@dataclass(frozen=True)
class PairedDifference:
    """What is known of `other - baseline`.

    n            pairs: seeds, or splits where these vary (means over their seeds)
    difference   mean over the pairs
    share        difference / |mean of the baseline|, NaN where that is 0
    low, high    interval that holds the true mean with 95 % confidence, all `comparisons`
                 intervals at once; NaN where there are too few pairs
    p_value      of one comparison by itself: how often chance alone gives as large a mean
    gain         variance of the difference without pairing / with: what pairing was worth
    varies       one of `ORDER`, `SPLIT`, `FRESH`
    comparisons  how many differences are looked at together
    left_out     runs without a partner, or without a finite result
    fixed        neither result depends on the seed, for full batches from a start at 0: all pairs
                 are one, the interval is a point, and there is nothing to be tested
    """

    n: int
    difference: float
    share: float
    low: float
    high: float
    p_value: float
    gain: float
    varies: str
    comparisons: int
    left_out: int
    fixed: bool = False

    @property
    def verdict(self) -> str:
        """One of `TOO_FEW`, `TOO_MANY_AT_ONCE`, `NOT_SEEN`, `LOWER`, `HIGHER`."""
        if self.n < FEWEST_PAIRS:
            return TOO_FEW
        if math.isnan(self.low):
            return TOO_MANY_AT_ONCE
        return LOWER if self.high < 0 else HIGHER if self.low > 0 else NOT_SEEN


def paired_difference(
    baseline: Mapping[Experiment, float],
    other: Mapping[Experiment, float],
    comparisons: int = 1,
) -> PairedDifference:
    """The difference of two settings' results, by their experiments, which differ by seeds.

    Interval and test are exact for differences that are symmetric about their mean: the
    sign-flip test, and its inversion by the means of all subsets (Hartigan 1969).  Splits of
    one data set overlap, so that their differences are correlated: for these the interval is
    Student's with the variance of Nadeau and Bengio (2003), n_test / n_train added to 1 / n.
    Several `comparisons` share the 5 % of error (Bonferroni).
    """
    first, second, overlap = _by_seeds(baseline), _by_seeds(other), 0.0
    common = [seeds for seeds in first if seeds in second]
    pairs = np.array([(np.mean(first[seeds]), np.mean(second[seeds])) for seeds in common]).reshape(
        -1, 2
    )
    used = sum(len(first[seeds]) + len(second[seeds]) for seeds in common)
    varies = _what_varies(list(baseline), common)
    if varies != ORDER:
        pairs = _means_of_splits(pairs, [split for _, split in common])
    if varies == SPLIT:
        each = next(iter(baseline))
        overlap = each.test_examples / each.train_examples
    differences = pairs[:, 1] - pairs[:, 0]
    mean, base = _mean(differences), _mean(pairs[:, 0])
    fixed = varies == ORDER and all(map(_is_fixed, (*baseline, *other))) and _all_alike(pairs)
    level = 1.0 - ERROR / comparisons
    low, high, p_value = (
        (differences[0], differences[0], math.nan)
        if fixed
        else inference(differences, level, overlap)
    )
    return PairedDifference(
        n=len(differences),
        difference=mean,
        share=mean / abs(base) if base else math.nan,
        low=float(low),
        high=float(high),
        p_value=p_value,
        gain=_gain(pairs),
        varies=varies,
        comparisons=comparisons,
        left_out=len(baseline) + len(other) - used,
        fixed=fixed,
    )


def counted(
    baseline: Mapping[Experiment, float], other: Mapping[Experiment, float]
) -> tuple[list[Experiment], list[Experiment]]:
    """The runs that a paired difference rests on: with a finite result, and with a partner."""
    finite = [
        [e for e, value in each.items() if math.isfinite(value)] for each in (baseline, other)
    ]
    ours, theirs = ({(e.seed, e.split_seed) for e in each} for each in finite)
    common = ours & theirs
    first, second = ([e for e in each if (e.seed, e.split_seed) in common] for each in finite)
    return first, second


def _is_fixed(experiment: Experiment) -> bool:
    """Whether the seed changes nothing; results that coincide by chance are no proof of it."""
    return experiment.full_batch and experiment.init_scale == 0


def _all_alike(pairs: Array) -> bool:
    return len(pairs) > 1 and bool((pairs == pairs[0]).all())


def _by_seeds(results: Mapping[Experiment, float]) -> dict[tuple[int, int], list[float]]:
    """Finite results by the seeds that they share; a group may have several of one seed."""
    found: dict[tuple[int, int], list[float]] = {}
    for each, value in results.items():
        if math.isfinite(value):
            found.setdefault((each.seed, each.split_seed), []).append(value)
    return found


def _what_varies(experiments: Sequence[Experiment], common: Sequence[tuple[int, int]]) -> str:
    if len({split for _, split in common}) < 2:
        return ORDER
    return FRESH if DATASETS[experiments[0].dataset].generated else SPLIT


def _means_of_splits(pairs: Array, splits: Sequence[int]) -> Array:
    """Runs of one split are no independent trials of the split: their mean is one."""
    by_split = np.array(splits)
    return np.array([pairs[by_split == split].mean(axis=0) for split in dict.fromkeys(splits)])


def _mean(values: Array) -> float:
    return float(values.mean()) if len(values) else math.nan


def _gain(pairs: Array) -> float:
    if len(pairs) < 2:
        return math.nan
    paired = float((pairs[:, 1] - pairs[:, 0]).var(ddof=1))
    return float(pairs.var(axis=0, ddof=1).sum()) / paired if paired > 0 else math.inf


def inference(
    differences: Array, level: float = 1.0 - ERROR, overlap: float = 0.0
) -> tuple[float, float, float]:
    """Both ends of an interval for the mean, and the p-value of a mean of 0.

    `overlap` is n_test / n_train where the differences come from splits of one data set.
    """
    n = len(differences)
    if n < FEWEST_PAIRS:
        return math.nan, math.nan, math.nan
    if overlap:
        return _corrected_student(differences, level, overlap)
    return *interval(differences, level), sign_flip_p(differences)


def interval(differences: Array, level: float = 1.0 - ERROR) -> tuple[float, float]:
    """Both ends of Hartigan's interval for the centre; NaN where it cannot be that sure."""
    means = subset_means(differences)
    outside = math.floor((1.0 - level) / 2.0 * (len(means) + 1) + 1e-9)
    if outside < 1:
        return math.nan, math.nan
    return float(means[outside - 1]), float(means[-outside])


def pairs_for(comparisons: int) -> int:
    """The fewest pairs of which an interval can be had at so many at once; 0 where none do."""
    needed = 2.0 * comparisons / ERROR  # one mean of subsets lies outside, at each end
    return max(FEWEST_PAIRS, math.ceil(math.log2(needed))) if needed <= SUBSETS else 0


def most_comparisons() -> int:
    """How many comparisons at once can have intervals, with enough pairs."""
    return math.floor(SUBSETS * ERROR / 2.0)


def most_to_pick_from() -> int:
    """Of how many the best can be compared with others, if all their pairs are corrected for."""
    return (1 + math.isqrt(1 + 8 * most_comparisons())) // 2  # n (n - 1) / 2 of n


def subset_means(values: Array) -> Array:
    """Sorted means of all subsets but the empty one, or of many by chance: typical values.

    The true centre of symmetric values lies between any two neighbours among the means of the
    2ⁿ - 1 subsets with equal probability, 2⁻ⁿ  (Hartigan, "Using subsample values as typical
    values", 1969).
    """
    members = _subsets(len(values))
    return np.sort(members @ values / members.sum(axis=1))


@lru_cache(maxsize=32)
def _subsets(n: int) -> Array:
    """All subsets of n but the empty one, a row each, or many of them by chance."""
    if n <= ALL_SUBSETS:
        return np.array(list(product([0.0, 1.0], repeat=n)))[1:]
    random = np.random.default_rng(n)
    members = random.integers(0, 2, size=(SUBSETS, n)).astype(np.float64)
    return members[members.any(axis=1)]


def sign_flip_p(differences: Array) -> float:
    """Two-sided p-value of a mean of 0, by flipping signs: of all patterns, or of many."""
    from scipy import stats

    if not differences.any():
        return 1.0
    test = stats.permutation_test(
        (differences,),
        lambda values, axis: np.mean(values, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=9_999,
        rng=np.random.default_rng(0),
    )
    return float(test.pvalue)


def _corrected_student(
    differences: Array, level: float, overlap: float
) -> tuple[float, float, float]:
    from scipy import stats

    n, mean = len(differences), float(differences.mean())
    error = math.sqrt((1.0 / n + overlap) * float(differences.var(ddof=1)))
    half = float(stats.t.ppf(0.5 + level / 2.0, n - 1)) * error
    p_value = 2.0 * float(stats.t.sf(abs(mean) / error, n - 1)) if error > 0 else float(mean == 0)
    return mean - half, mean + half, p_value


def corrected(p_values: Sequence[float]) -> list[float]:
    """P-values of several comparisons at once  (Holm 1979); a missing one stays missing."""
    values = np.asarray(p_values, dtype=np.float64)
    order = [k for k in np.argsort(values) if math.isfinite(values[k])]
    adjusted, largest = values.copy(), 0.0
    for rank, k in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - rank) * values[k]))
        adjusted[k] = largest
    return [float(each) for each in adjusted]


def difference_curves(
    baseline: Mapping[Experiment, pd.DataFrame],
    other: Mapping[Experiment, pd.DataFrame],
    column: str,
    x: str,
) -> pd.DataFrame:
    """The mean of `other - baseline` along x, pair by pair: columns x, difference, low, high, n.

    low and high are Student's 95 % interval at each point by itself, NaN for fewer than
    `FEWEST_PAIRS` pairs.  Only pairs of equal seeds count, and points that all of them reach.
    """
    from scipy import stats

    partners = {(each.seed, each.split_seed): table for each, table in other.items()}
    pairs = [
        (table, partners[each.seed, each.split_seed])
        for each, table in baseline.items()
        if (each.seed, each.split_seed) in partners
    ]
    if not pairs:
        return pd.DataFrame(columns=["x", "difference", "low", "high", "n"], dtype=np.float64)
    grid, values = on_one_grid([table for pair in pairs for table in pair], column, x)
    differences = values[1::2] - values[::2]
    mean, n = differences.mean(axis=0), len(differences)
    half = np.full(len(grid), np.nan)
    if n >= FEWEST_PAIRS:
        half = float(stats.t.ppf(0.975, n - 1)) * differences.std(axis=0, ddof=1) / math.sqrt(n)
    reached = np.isfinite(mean)
    ends = {"low": (mean - half)[reached], "high": (mean + half)[reached]}
    return pd.DataFrame({"x": grid[reached], "difference": mean[reached], **ends, "n": n})
