"""Paired differences between two groups: their size and significance.

Runs with the same seed share initial weights and minibatch order; runs with the same split seed
share their data.  Pairing removes the randomness that both have in common.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
import pandas as pd

from lossopt_core.analysis.groups import on_one_grid
from lossopt_core.analysis.paired_inference import (
    CONTINUOUS,
    ERROR,
    MIN_PAIRS,
    SUBSETS,
    Resolution,
    accuracy_resolution,
    inference,
    unseen_ends,
)
from lossopt_core.data.datasets import DATASETS
from lossopt_core.experiment.description import Experiment
from lossopt_core.experiment.measures import MEASURES
from lossopt_core.objective.linear import Array

ROUNDING = 1e-9
"""Relative tolerance: curves of stable runs agree to 1e-9 between machines and cohorts, so smaller
differences count as equal."""

ORDER, SPLIT, FRESH = "order", "split", "fresh"
"""What the seeds vary: minibatch order (and initial weights); the train/test split of one data
set; or the data themselves, generated for each split seed."""

TOO_FEW, TOO_MANY_AT_ONCE, NOT_SEEN, LOWER, HIGHER = (
    "too few", "too many at once", "not seen", "lower", "higher",
)  # fmt: skip


@dataclass(frozen=True)
class PairedDifference:
    """What is known about `other - baseline`.

    Attributes:
        n: Number of pairs: seeds, or splits where these vary (means over their seeds).
        difference: Mean over the pairs.
        share: difference / |mean of the baseline|; NaN where that is 0.
        low: Lower end of the 95 % confidence interval, simultaneous over all `comparisons`; NaN
            with too few pairs.
        high: Upper end of the interval.
        p_value: Of this comparison alone, uncorrected.
        gain: Variance without pairing divided by variance with pairing: what pairing was worth.
        varies: What the seeds vary: `ORDER`, `SPLIT` or `FRESH`.
        comparisons: How many comparisons share the 5 % error.
        left_out: Runs without a partner or without a finite result.
        fixed: Neither result depends on the seed (full batches from zero weights): all pairs are
            one, the interval is a point, and there is nothing to test.
        step: For accuracies 1 / number of examples; 0 for other measures.
        alike: All pairs differ by the same amount, so they do not show how much it varies.
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
    step: float = 0.0
    alike: bool = False

    @property
    def verdict(self) -> str:
        """One of `TOO_FEW`, `TOO_MANY_AT_ONCE`, `NOT_SEEN`, `LOWER`, `HIGHER`."""
        if self.n < MIN_PAIRS:
            return TOO_FEW
        if math.isnan(self.low):
            return TOO_MANY_AT_ONCE
        return LOWER if self.high < 0 else HIGHER if self.low > 0 else NOT_SEEN


def paired_difference(
    baseline: Mapping[Experiment, float],
    other: Mapping[Experiment, float],
    comparisons: int = 1,
    *,
    measure: str | None = None,
) -> PairedDifference:
    """Compare the results of two settings seed by seed.

    The interval and the test are exact for differences that are symmetric about their mean: a
    sign-flip test, and its inversion through the means of all subsets (Hartigan, 1969). Splits of
    one data set overlap, so their differences are correlated: for them the interval is Student's
    with the variance of Nadeau and Bengio (2003), which adds n_test / n_train to 1 / n. Several
    `comparisons` share the 5 % error (Bonferroni). Differences of at most `ROUNDING`, relative to
    the two results, count as 0.

    Args:
        baseline: Results of one setting, by experiments that differ in their seeds.
        other: Results of the other setting.
        comparisons: How many comparisons are made at once.
        measure: The column of the history that the results are, see `experiment.measures.MEASURES`.
            Accuracies move in steps of one example between 0 and 1, and their intervals allow for
            results that no pair has shown yet (`paired_inference.unseen_ends`). Without it, results
            count as accuracies if all of them are multiples of 1 / test_examples, or of
            1 / train_examples, between 0 and 1.
    """
    first, second, overlap = _by_seeds(baseline), _by_seeds(other), 0.0
    common = [seeds for seeds in first if seeds in second]
    means = [(fmean(first[seeds]), fmean(second[seeds])) for seeds in common]
    pairs = np.array(means).reshape(-1, 2)
    used = sum(len(first[seeds]) + len(second[seeds]) for seeds in common)
    varies = _what_varies(list(baseline), common)
    if varies != ORDER:
        pairs = _means_of_splits(pairs, [split for _, split in common])
    if varies == SPLIT:
        overlap = _overlap(next(iter(baseline)))
    differences = _without_rounding(pairs)
    mean, base = _mean(differences), _mean(pairs[:, 0])
    fixed = varies == ORDER and all(map(_is_fixed, (*baseline, *other))) and _all_alike(pairs)
    examples = 0 if fixed or not len(pairs) else _examples(baseline, other, measure)
    resolution = accuracy_resolution(examples, float(pairs.mean())) if examples else CONTINUOUS
    low, high, p_value = (
        (mean, mean, math.nan)
        if fixed
        else inference(
            differences, 1.0 - ERROR / comparisons, overlap, resolution, _rounding(pairs)
        )
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
        step=resolution.step,
        alike=len(differences) > 1 and float(np.ptp(differences)) <= 1e-9 * resolution.step,
    )


def paired_runs(
    baseline: Mapping[Experiment, float], other: Mapping[Experiment, float]
) -> tuple[list[Experiment], list[Experiment]]:
    """The runs that enter a paired difference: those with a finite result and a partner."""
    finite = [
        [e for e, value in each.items() if math.isfinite(value)] for each in (baseline, other)
    ]
    ours, theirs = ({(e.seed, e.split_seed) for e in each} for each in finite)
    common = ours & theirs
    first, second = ([e for e in each if (e.seed, e.split_seed) in common] for each in finite)
    return first, second


def _is_fixed(experiment: Experiment) -> bool:
    """Whether the result is independent of the seed by construction, not by coincidence."""
    return experiment.full_batch and experiment.init_scale == 0


def _all_alike(pairs: Array) -> bool:
    return len(pairs) > 1 and bool(np.isclose(pairs, pairs[0], rtol=ROUNDING, atol=0.0).all())


def _rounding(pairs: Array) -> float:
    """The tolerance below which differences of these results are rounding error."""
    return ROUNDING * float(np.abs(pairs).max(initial=0.0))


def _without_rounding(pairs: Array) -> Array:
    """other - baseline of each pair, with rounding errors set to 0."""
    differences: Array = pairs[:, 1] - pairs[:, 0]
    differences[np.abs(differences) <= ROUNDING * np.abs(pairs).max(axis=1)] = 0.0
    return differences


def _overlap(experiment: Experiment) -> float:
    """n_test / n_train, the correction term for overlapping splits of one data set."""
    return experiment.test_examples / experiment.train_examples


def _examples(
    baseline: Mapping[Experiment, float], other: Mapping[Experiment, float], measure: str | None
) -> int:
    """The number of examples behind accuracies; 0 for other metrics."""
    if measure is not None and not (measure in MEASURES and MEASURES[measure].percent):
        return 0
    results = [
        (each, value)
        for group in (baseline, other)
        for each, value in group.items()
        if math.isfinite(value)
    ]
    values = np.array([value for _, value in results])
    if values.min() < 0.0 or values.max() > 1.0:
        return 0
    sizes = _sizes([each for each, _ in results])
    if measure is not None:
        return int(sizes[:, 1 if measure.startswith("train") else 0].min())
    for size in sizes.T:
        counts = values * size
        if (size > 0).all() and (np.abs(counts - counts.round()) <= 1e-9 * size).all():
            return int(size.min())
    return 0


def _sizes(experiments: Sequence[Experiment]) -> Array:
    """Numbers of test and training examples of each experiment, (experiments, 2)."""
    sizes: list[tuple[int, int]] = []
    last = None
    for each in experiments:
        if last is None or not _same_parts(each, last):
            counts = (each.test_examples, each.train_examples)
        sizes.append(counts)
        last = each
    return np.array(sizes, dtype=np.float64)


def _same_parts(one: Experiment, two: Experiment) -> bool:
    return (
        one.dataset == two.dataset
        and one.test_fraction == two.test_fraction
        and one.validation == two.validation
        and (
            one.dataset_options is two.dataset_options or one.dataset_options == two.dataset_options
        )
    )


def _by_seeds(results: Mapping[Experiment, float]) -> dict[tuple[int, int], list[float]]:
    """Finite results by (seed, split seed); there may be several per pair of seeds."""
    found: dict[tuple[int, int], list[float]] = {}
    for each, value in results.items():
        if math.isfinite(value):
            found.setdefault((each.seed, each.split_seed), []).append(value)
    return found


def _what_varies(experiments: Sequence[Experiment], common: Sequence[tuple[int, int]]) -> str:
    fixed = experiments[0].size.test and not experiments[0].validation  # a test part of their own
    if fixed or len({split for _, split in common}) < 2:
        return ORDER
    return FRESH if DATASETS[experiments[0].dataset].generated else SPLIT


def _means_of_splits(pairs: Array, splits: Sequence[int]) -> Array:
    """Average the runs of each split, because they are not independent samples of splits."""
    if len(set(splits)) == len(splits):
        return pairs
    by_split = np.array(splits)
    return np.array([pairs[by_split == split].mean(axis=0) for split in dict.fromkeys(splits)])


def _mean(values: Array) -> float:
    return float(values.mean()) if len(values) else math.nan


def _gain(pairs: Array) -> float:
    if len(pairs) < 2:
        return math.nan
    paired = float((pairs[:, 1] - pairs[:, 0]).var(ddof=1))
    return float(pairs.var(axis=0, ddof=1).sum()) / paired if paired > 0 else math.inf


def pairs_for(comparisons: int) -> int:
    """The minimum number of pairs for an interval with this many comparisons; 0 if impossible."""
    needed = 2.0 * comparisons / ERROR  # one subset mean lies outside at each end
    return max(MIN_PAIRS, math.ceil(math.log2(needed))) if needed <= SUBSETS else 0


def max_comparisons() -> int:
    """The maximum number of simultaneous comparisons that can have intervals."""
    return math.floor(SUBSETS * ERROR / 2.0)


def max_candidates() -> int:
    """The maximum number of candidates if all pairs of them are corrected for."""
    return (1 + math.isqrt(1 + 8 * max_comparisons())) // 2  # n (n - 1) / 2 of n


def corrected(p_values: Sequence[float]) -> list[float]:
    """Holm-corrected p-values  (Holm 1979); missing values stay missing."""
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
    """Mean paired difference `other - baseline` along x: columns x, difference, low, high, n.

    low and high are a pointwise 95 % interval, NaN for fewer than `MIN_PAIRS` pairs: Student's t
    interval, with the variance of Nadeau and Bengio if splits of one data set vary; for
    accuracies it is at least as wide as `unseen_ends`.  Only pairs of equal seeds are used, and
    only points that all of them reach.
    """
    partners = {(each.seed, each.split_seed): each for each in other}
    shared = [each for each in baseline if (each.seed, each.split_seed) in partners]
    if not shared:
        return pd.DataFrame(columns=["x", "difference", "low", "high", "n"], dtype=np.float64)
    theirs = [partners[each.seed, each.split_seed] for each in shared]
    grid, values = on_one_grid(
        [table for one, two in zip(shared, theirs, strict=True)
         for table in (baseline[one], other[two])], column, x,
    )  # fmt: skip
    reached = np.isfinite(values).all(axis=0)
    grid, pairs = grid[reached], np.stack([values[::2, reached], values[1::2, reached]], axis=1)
    varies = _what_varies(shared, [(each.seed, each.split_seed) for each in shared])
    if varies != ORDER:
        pairs = _means_of_splits(pairs, [each.split_seed for each in shared])
    differences = pairs[:, 1] - pairs[:, 0]
    differences[np.abs(differences) <= ROUNDING * np.abs(pairs).max(axis=1)] = 0.0
    mean, n = differences.mean(axis=0), len(differences)
    low = high = np.full(len(grid), np.nan)
    if n >= MIN_PAIRS and len(grid):
        resolution = CONTINUOUS
        if not (varies == ORDER and all(map(_is_fixed, (*shared, *theirs)))):
            examples = _examples(dict.fromkeys(shared, 1.0), dict.fromkeys(theirs, 1.0), column)
            resolution = (
                accuracy_resolution(examples, float(pairs.mean())) if examples else CONTINUOUS
            )
        overlap = _overlap(shared[0]) if varies == SPLIT else 0.0
        low, high = _ends_of_curves(differences, overlap, resolution)
    return pd.DataFrame({"x": grid, "difference": mean, "low": low, "high": high, "n": n})


def _ends_of_curves(
    differences: Array, overlap: float, resolution: Resolution
) -> tuple[Array, Array]:
    """Interval ends at each point: (pairs, points) to two arrays (points,)."""
    from scipy import stats

    n, mean = len(differences), differences.mean(axis=0)
    variance = np.maximum(differences.var(axis=0, ddof=1), resolution.step**2 / n)
    half = float(stats.t.ppf(1.0 - ERROR / 2.0, n - 1)) * np.sqrt((1.0 / n + overlap) * variance)
    low, high = mean - half, mean + half
    if not resolution.step:
        return low, high
    for some in np.array_split(np.arange(len(mean)), math.ceil(len(mean) / 64)):
        below, above, _ = unseen_ends(differences[:, some], 1.0 - ERROR, overlap, resolution)
        low[some], high[some] = np.minimum(low[some], below), np.maximum(high[some], above)
    return np.maximum(low, -1.0), np.minimum(high, 1.0)
