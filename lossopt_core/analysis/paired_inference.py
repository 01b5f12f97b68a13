"""Confidence intervals and p-values for the mean of paired differences.

Continuous metrics (losses, norms) use the sign-flip test and its inversion, or Student's t
interval with a correction if the pairs overlap.  Accuracies change in steps of one example, and
a few pairs may easily show no variation at all.  Their intervals also allow for values beyond
those observed: see `unseen_ends`.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np

from lossopt_core.objective.linear import Array

MIN_PAIRS = 6
"""With five pairs, a sign-flip test cannot give p < 0.0625 for any data."""
ALL_SUBSETS = 12
"""Up to this many pairs all subsets are enumerated; beyond it `SUBSETS` random ones are drawn."""
SUBSETS = 8_191
WEIGHTINGS = 4_095
"""Random weightings of the pairs in `unseen_ends`."""
ERROR = 0.05
SPLIT_CAUTION = 0.7
"""Nadeau and Bengio's variance is an approximation.  In the simulations of `benchmarks.coverage`,
their interval for accuracies misses in up to 6 of 100 cases instead of 5.  It is therefore
computed with 0.7 of the allowed error."""


@dataclass(frozen=True)
class Resolution:
    """The resolution of a metric's differences.

    step    one example as a fraction of all examples; 0 for a continuous metric
    unseen  how far from 0 a pair may be if all observed pairs agree exactly: the standard
            deviation of the difference without pairing, at least two steps
    most    the largest possible difference; -most is the smallest
    """

    step: float = 0.0
    unseen: float = 0.0
    most: float = math.inf


CONTINUOUS = Resolution()
UNKNOWN = Resolution(math.inf, math.inf)


def accuracy_resolution(examples: int, level: float) -> Resolution:
    """The resolution of an accuracy on `examples` examples with mean `level`.

    The difference of two independent accuracies on m examples has variance 2 p (1 - p) / m.  p is
    estimated by Laplace's rule (p m + 1) / (m + 2), so that 0 and 1 keep some variance.
    """
    p = (level * examples + 1.0) / (examples + 2.0)
    unseen = max(2.0 / examples, math.sqrt(2.0 * p * (1.0 - p) / examples))
    return Resolution(1.0 / examples, unseen, most=1.0)


def guessed_resolution(differences: Array) -> Resolution:
    """The resolution estimated from the differences: are all of them multiples of the smallest?

    If all differences are 0, the resolution is unknown and `unseen` is infinite.
    """
    sizes = np.abs(differences[differences != 0])
    if len(sizes) == 0:
        return UNKNOWN
    multiples = sizes / sizes.min()
    if (np.abs(multiples - multiples.round()) > 1e-6).any():
        return CONTINUOUS
    return Resolution(float(sizes.min()), 2.0 * float(sizes.min()))


def inference(
    differences: Array,
    level: float = 1.0 - ERROR,
    overlap: float = 0.0,
    resolution: Resolution | None = None,
    rounding: float = 0.0,
) -> tuple[float, float, float]:
    """A confidence interval for the mean, and the p-value of a mean of 0: (low, high, p).

    `overlap` is n_test / n_train if the differences come from splits of one data set.  The
    `resolution` is guessed from the differences if not given.  Subset means within `rounding` of 0
    count as 0.
    """
    n = len(differences)
    if n < MIN_PAIRS:
        return math.nan, math.nan, math.nan
    resolution = guessed_resolution(differences) if resolution is None else resolution
    if not differences.any() and resolution in (CONTINUOUS, UNKNOWN):
        return -resolution.unseen, resolution.unseen, 1.0
    if overlap:
        low, high, p_value = _corrected_student(differences, level, overlap, resolution, rounding)
    else:
        means = subset_means(differences)
        low, high = _typical_values(means, level)
        p_value = _sign_flip_p(means, differences, rounding)
    if resolution.step and not math.isnan(low):
        low, high, p_value = _allow_unseen(
            differences, (low, high, p_value), level, overlap, resolution
        )
    low, high = (0.0 if abs(end) <= rounding else float(end) for end in (low, high))
    return low, high, float(p_value)


def _typical_values(means: Array, level: float) -> tuple[float, float]:
    """Hartigan's interval for the centre, from subset means; NaN if the level is not attainable."""
    outside = _outside(len(means), level)
    if outside < 1:
        return math.nan, math.nan
    parted = np.partition(means, (outside - 1, len(means) - outside))
    return float(parted[outside - 1]), float(parted[-outside])


def _outside(count: int, level: float) -> int:
    """How many of `count` equally likely values lie outside the interval at each end."""
    return math.floor((1.0 - level) / 2.0 * (count + 1) + 1e-9)


def subset_means(values: Array) -> Array:
    """Means of all non-empty subsets, or of many random ones ("typical values").

    The true centre of symmetric values lies between any two neighbours among the sorted means
    of the 2ⁿ - 1 subsets with equal probability, 2⁻ⁿ  (Hartigan, "Using subsample values as
    typical values", 1969).
    """
    means: Array = _subsets(len(values)) @ values
    return means


@lru_cache(maxsize=8)
def _subsets(n: int) -> Array:
    """All non-empty subsets of n, or many random ones, as rows of weights that sum to 1."""
    if n <= ALL_SUBSETS:
        members = np.array(list(product([0.0, 1.0], repeat=n)))[1:]
    else:
        members = np.random.default_rng(n).integers(0, 2, size=(SUBSETS, n)).astype(np.float64)
        members = members[members.any(axis=1)]
    weights: Array = members / members.sum(axis=1, keepdims=True)
    weights.setflags(write=False)
    return weights


def _sign_flip_p(means: Array, differences: Array, rounding: float) -> float:
    """The two-sided p-value of mean 0 from subset means, of a sign-flip test over these patterns.

    Flipping a subset does not shrink the mean if the mean of the subset is <= 0.
    The empty subset, which changes nothing, is counted too.
    """
    against = means <= rounding if differences.mean() > 0 else means >= -rounding
    return min(1.0, 2.0 * (1.0 + float(against.sum())) / (len(means) + 1.0))


def _corrected_student(
    differences: Array, level: float, overlap: float, resolution: Resolution, rounding: float
) -> tuple[float, float, float]:
    """Student's t interval with the variance of Nadeau and Bengio, and its p-value.

    The variance is at least that of n pairs of which one differs by one step.  Identical pairs
    carry less evidence than that variance suggests, so they must also pass the sign-flip test.
    """
    from scipy.special import stdtr, stdtrit

    n, mean = len(differences), float(differences.mean())
    caution = SPLIT_CAUTION if resolution.step else 1.0
    step = max(resolution.step, rounding)
    spread = float(differences.var(ddof=1))
    variance = max(spread, step**2 / n)
    error = math.sqrt((1.0 / n + overlap) * variance)
    half = float(-stdtrit(n - 1, caution * (1.0 - level) / 2.0)) * error
    p_value = 1.0 if error == 0 else 2.0 * float(stdtr(n - 1, -abs(mean) / error)) / caution
    low, high, p_value = mean - half, mean + half, min(1.0, p_value)
    if math.sqrt(spread) <= max(rounding, 1e-9 * step):
        means = subset_means(differences)
        p_value = max(p_value, _sign_flip_p(means, differences, rounding))
        exact = _typical_values(means, level)
        low, high = (math.nan, math.nan) if math.isnan(exact[0]) else (low, high)
    return low, high, p_value


def _allow_unseen(
    differences: Array,
    found: tuple[float, float, float],
    level: float,
    overlap: float,
    resolution: Resolution,
) -> tuple[float, float, float]:
    """Interval and p-value of an accuracy difference that allow for unobserved values."""
    low, high, p_value = found
    n, step = len(differences), resolution.step
    (below,), (above,), (against,) = unseen_ends(differences[:, None], level, overlap, resolution)
    if overlap:
        # Student's test decides the sign.  The mean of n pairs changes in steps of step / n.
        below = max(below, min(low, step / n)) if low > 0 else below
        above = min(above, max(high, -step / n)) if high < 0 else above
    else:
        p_value = max(p_value, against)
    low, high = _at_least_wide(min(low, below), max(high, above), step, step / n)
    return max(-resolution.most, low), min(resolution.most, high), p_value


def _at_least_wide(low: float, high: float, width: float, least: float) -> tuple[float, float]:
    """Widen the interval to at least `width` around its middle, without changing its sign."""
    missing = width - (high - low)
    if missing <= 0:
        return low, high
    wider = (low - missing / 2.0, high + missing / 2.0)
    if low > 0 and wider[0] <= 0:
        start = min(low, least)
        return start, start + width
    if high < 0 and wider[1] >= 0:
        end = max(high, -least)
        return end - width, end
    return wider


def unseen_ends(
    differences: Array, level: float, overlap: float, resolution: Resolution
) -> tuple[Array, Array, Array]:
    """Intervals that allow for values beyond those observed, and p-values of a mean of 0.

    differences  (n, columns): each column is a separate sample

    Gaffke's bounds for the mean ("Three test statistics for a nonparametric one-sided hypothesis
    on the mean of a nonnegative variable", 2005; Learned-Miller and Thomas, "A new confidence
    interval for the mean of a bounded random variable", 2020): the n values and one at the end of
    the possible range get random weights, uniform on the simplex, and a quantile of the
    weighted mean is the end of the interval.  For binary values it is exactly the Clopper-Pearson
    interval, so that zero changes in n pairs allow a rate of up to 1 - 0.025^(1/n).

    The full range of an accuracy would make the interval useless.  Instead an unobserved pair is
    assumed to lie at most one step beyond the observed ones; if all pairs agree, which says
    nothing about their variance, `resolution.unseen` beyond them, or at 0.  If splits overlap, n
    is replaced by the number of independent pairs with the same variance of the mean,
    1 / (1/n + overlap).
    """
    n = len(differences)
    smallest, largest = differences.min(axis=0), differences.max(axis=0)
    alike = largest - smallest <= 1e-9 * resolution.step
    bottom = smallest - np.where(alike, resolution.unseen, resolution.step)
    top = largest + np.where(alike, resolution.unseen, resolution.step)
    bottom = np.where(alike & (smallest > 0), 0.0, np.maximum(bottom, -resolution.most))
    top = np.where(alike & (largest < 0), 0.0, np.minimum(top, resolution.most))
    unseen, weights = _weightings(n, 1.0 / (1.0 / n + overlap))
    seen = weights @ differences
    lower, upper = seen + unseen * bottom, seen + unseen * top
    mean = differences.mean(axis=0)
    rounding = 1e-9 * resolution.step
    against = np.where(mean > 0, (lower <= rounding).sum(axis=0), (upper >= -rounding).sum(axis=0))
    p_values = np.minimum(1.0, 2.0 * (1.0 + against) / (WEIGHTINGS + 1.0))
    outside = _outside(WEIGHTINGS, level)
    if outside < 1:
        return bottom, top, p_values
    lower.partition(outside - 1, axis=0)
    upper.partition(WEIGHTINGS - outside, axis=0)
    return lower[outside - 1], upper[-outside], p_values


@lru_cache(maxsize=8)
def _weightings(n: int, pairs: float) -> tuple[Array, Array]:
    """Weights of the unobserved value (WEIGHTINGS, 1) and the pairs (WEIGHTINGS, n); they sum to 1.

    Dirichlet with parameter 1 for the unobserved value and `pairs` / n for each pair.  The weight
    of the unobserved value, Beta(1, pairs), is stratified by quantiles instead of sampled.
    """
    random = np.random.default_rng(n)
    beyond = random.permutation((np.arange(WEIGHTINGS) + 0.5) / WEIGHTINGS)[:, None]
    unseen = 1.0 - beyond ** (1.0 / pairs)
    drawn = random.dirichlet(np.full(n, pairs / n), size=WEIGHTINGS)
    weights = drawn * (1.0 - unseen)
    for each in (unseen, weights):
        each.setflags(write=False)
    return unseen, weights
