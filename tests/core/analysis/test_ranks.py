"""Ranks over data sets: by hand, by SciPy, and against Demšar's published example."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from lossopt_core.analysis.ranks import ranking

# Demšar (2006), table 6: AUC of C4.5 and three variants on 14 data sets.
DEMSAR = np.array(
    [
        (0.763, 0.768, 0.771, 0.798), (0.599, 0.591, 0.590, 0.569), (0.954, 0.971, 0.968, 0.967),
        (0.628, 0.661, 0.654, 0.657), (0.882, 0.888, 0.886, 0.898), (0.936, 0.931, 0.916, 0.931),
        (0.661, 0.668, 0.609, 0.685), (0.583, 0.583, 0.563, 0.625), (0.775, 0.838, 0.866, 0.875),
        (1.000, 1.000, 1.000, 1.000), (0.940, 0.962, 0.965, 0.962), (0.619, 0.666, 0.614, 0.669),
        (0.972, 0.981, 0.9751, 0.975), (0.957, 0.978, 0.946, 0.970),
    ]
)  # fmt: skip


def test_demsars_example():
    found = ranking(DEMSAR, higher_is_better=True)
    assert_allclose(found.mean, [3.143, 2.000, 2.893, 1.964], atol=5e-4)
    assert found.critical_difference == pytest.approx(1.25, abs=0.005)
    # He has 9.28 without a correction for ties.
    assert found.statistic == pytest.approx(stats.friedmanchisquare(*DEMSAR.T).statistic)
    assert found.p == pytest.approx(stats.friedmanchisquare(*DEMSAR.T).pvalue, abs=0.01)


def test_equal_results_share_ranks_and_missing_ones_are_last():
    results = np.array([[0.9, 0.8, 0.9, np.nan], [np.nan, 0.5, np.nan, 0.7]])
    found = ranking(results, higher_is_better=True)
    assert_array_equal(found.ranks, [[1.5, 3, 1.5, 4], [3.5, 2, 3.5, 1]])
    lower = ranking(np.array([[1.0, 2.0], [4.0, 3.0]]), higher_is_better=False)
    assert_array_equal(lower.ranks, [[1, 2], [2, 1]])


def test_ranks_are_scipys():
    results = np.random.default_rng(0).integers(0, 5, (8, 6)).astype(float)
    found = ranking(results, higher_is_better=False)
    assert_array_equal(found.ranks, stats.rankdata(results, axis=1))
    assert found.statistic == pytest.approx(stats.friedmanchisquare(*results.T).statistic)


def test_p_of_two_configurations_is_that_of_the_sign_test():
    results = np.array([[1.0, 0.0]] * 7 + [[0.0, 1.0]])
    exact = stats.binomtest(7, 8).pvalue
    assert ranking(results, higher_is_better=True).p == pytest.approx(exact, abs=0.01)


def test_p_is_that_of_all_permutations_within_data_sets():
    results = np.array([[1.0, 2, 3], [1, 3, 2], [1, 2, 3], [2, 1, 3], [1, 2, 3], [1, 2, 3]])
    found = ranking(results, higher_is_better=False)
    every = list(itertools.permutations((1.0, 2.0, 3.0)))
    # By sums of ranks, in the order of data sets: 6 ** 6 in all.
    sums = {(0.0, 0.0, 0.0): 1}
    for _ in range(6):
        after: dict[tuple[float, ...], int] = {}
        for total, row in itertools.product(sums, every):
            key = tuple(a + b for a, b in zip(total, row, strict=True))
            after[key] = after.get(key, 0) + sums[total]
        sums = after
    least = sum((each - 12) ** 2 for each in results.sum(axis=0))
    reached = sum(k for total, k in sums.items() if sum((x - 12) ** 2 for x in total) >= least)
    assert found.p == pytest.approx(reached / 6**6, abs=0.005)


def test_there_is_no_verdict_with_few_data_sets():
    few = ranking(DEMSAR[:5], higher_is_better=True)
    assert (few.p, few.critical_difference) == (None, None)
    some = ranking(DEMSAR[:9], higher_is_better=True)
    assert some.p is not None
    assert some.critical_difference is None


def test_equal_results_differ_in_nothing():
    found = ranking(np.ones((7, 3)), higher_is_better=True)
    assert_array_equal(found.ranks, np.full((7, 3), 2.0))
    assert found.p == 1.0


@pytest.mark.parametrize("shape", [(1, 3), (3, 1), (3,)])
def test_one_data_set_or_configuration_is_refused(shape):
    with pytest.raises(ValueError, match="at least two data sets and two configurations"):
        ranking(np.ones(shape), higher_is_better=True)
