"""Accuracies move in steps between 0 and 1, and rounding is no difference."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from lossopt_core import Experiment, paired_difference
from lossopt_core.analysis.paired_inference import Resolution, inference, unseen_ends
from lossopt_core.analysis.pairing import (
    HIGHER,
    LOWER,
    NOT_SEEN,
    difference_curves,
)

WINE = Experiment(dataset="wine")
TESTED = WINE.test_examples
VARIED = st.sampled_from(["seed", "split_seed"])


def by_seed(values: list[float], varied: str = "seed") -> dict[Experiment, float]:
    return {WINE.replace(**{varied: k}): value for k, value in enumerate(values)}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(1e-6, 1e6), min_size=6, max_size=14),
    st.floats(1e-16, 5e-10),
    st.sampled_from([-1.0, 1.0]),
    VARIED,
)
def test_results_that_agree_to_rounding_are_equal(
    values: list[float], share: float, sign: float, varied: str
) -> None:
    other = [value * (1.0 + sign * share) for value in values]
    found = paired_difference(by_seed(values, varied), by_seed(other, varied), measure="objective")
    assert (found.verdict, found.p_value, found.difference) == (NOT_SEEN, 1.0, 0.0)


def test_rounding_of_means_over_several_runs_gives_no_verdict() -> None:
    for varied in ("seed", "split_seed"):
        several = {
            WINE.replace(**{varied: k}, evaluations=20 + more): 0.7
            for k in range(10)
            for more in range(3)
        }
        found = paired_difference(several, by_seed([0.7] * 10, varied))
        assert (found.verdict, found.p_value) == (NOT_SEEN, 1.0)


def test_full_batches_that_differ_by_rounding_are_equal() -> None:
    base = WINE.replace(optimizer="gd")
    results = {base.replace(seed=k): 0.3 for k in range(8)}
    found = paired_difference(results, dict.fromkeys(results, 0.3 + 1e-16))
    assert found.fixed
    assert (found.verdict, found.low, found.high) == (NOT_SEEN, 0.0, 0.0)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, TESTED)] * 2), min_size=6, max_size=14), VARIED)
def test_intervals_of_accuracies_are_as_wide_as_an_example_and_within_their_range(
    counts: list[tuple[int, int]], varied: str
) -> None:
    first, second = ([pair[k] / TESTED for pair in counts] for k in (0, 1))
    found = paired_difference(by_seed(first, varied), by_seed(second, varied))
    assert found.step == 1 / TESTED
    assert -1.0 <= found.low <= found.difference + 1e-12
    assert found.difference - 1e-12 <= found.high <= 1.0
    assert found.high - found.low >= (1 / TESTED) * (1 - 1e-9) or max(-found.low, found.high) == 1
    assert 2.0**-13 <= found.p_value <= 1.0
    assert (found.verdict == NOT_SEEN) == (found.low <= 0 <= found.high) == (found.p_value > 0.05)
    turned = paired_difference(by_seed(second, varied), by_seed(first, varied))
    assert {found.verdict, turned.verdict} in ({NOT_SEEN}, {LOWER, HIGHER})


def test_zero_variance_is_not_certainty() -> None:
    for varied in ("seed", "split_seed"):
        one_more = paired_difference(by_seed([0.8] * 6, varied), by_seed([37 / 45] * 6, varied))
        assert one_more.alike
        assert one_more.verdict == HIGHER
        assert one_more.p_value == pytest.approx(2 * 2.0**-6)
        assert 0 < one_more.low < 1 / 45 < one_more.high
        equal = paired_difference(by_seed([0.8] * 6, varied), by_seed([0.8] * 6, varied))
        assert equal.low < -0.4 / 45
        assert equal.high > 0.4 / 45


def test_an_unseen_change_may_be_as_frequent_as_clopper_and_pearson_allow() -> None:
    for n in (6, 10, 20):
        none = np.zeros((n, 1))
        low, high, _ = unseen_ends(none, 0.95, 0.0, Resolution(step=1.0, unseen=1.0))
        allowed = stats.binomtest(0, n).proportion_ci(0.95, method="exact").high
        assert_allclose([-low[0], high[0]], allowed, rtol=5e-3)


def test_accuracies_are_recognised_by_their_steps_and_losses_are_not() -> None:
    random = np.random.default_rng(0)
    counts = random.integers(30, 45, 8)
    assert paired_difference(by_seed([0.8] * 8), by_seed(list(counts / 45))).step == 1 / 45
    trained = WINE.train_examples
    found = paired_difference(by_seed([1.0] * 8), by_seed(list(counts / trained)))
    assert found.step == 1 / trained
    losses = paired_difference(by_seed([0.8] * 8), by_seed(list(random.random(8))))
    assert losses.step == 0
    named = paired_difference(by_seed([0.8] * 8), by_seed(list(counts / 45)), measure="weight_norm")
    assert named.step == 0


def test_an_unknown_resolution_is_guessed_from_the_differences() -> None:
    assert inference(np.zeros(6))[:2] == (-math.inf, math.inf)
    low, high, p_value = inference(np.full(6, 0.25))
    assert 0 < low < 0.25 < high
    assert p_value == 2 * 2.0**-6


def curves(values: np.ndarray, column: str, varied: str) -> dict[Experiment, pd.DataFrame]:
    return {
        WINE.replace(**{varied: k}): pd.DataFrame({"epoch": np.arange(len(row)), column: row})
        for k, row in enumerate(values)
    }


def test_curves_of_differences_of_accuracies_are_as_wide_as_their_steps_allow() -> None:
    base = np.full((8, 3), 0.8)
    base[:, 2] = 0.0
    other = base + np.array([0.0, 1 / 45, 1.0])
    column = "test_accuracy"
    first, second = (curves(each, column, "seed") for each in (base, other))
    alike = difference_curves(first, second, column, "epoch")
    assert_allclose(alike["difference"], [0, 1 / 45, 1])
    assert ((alike["high"] - alike["low"]) > 0.5 / 45).all()
    assert (alike["high"] <= 1).all()
    assert alike["low"].iloc[0] < 0 < alike["high"].iloc[0]


def test_curves_of_differences_over_splits_allow_for_their_overlap() -> None:
    random = np.random.default_rng(1)
    base, other = random.random((2, 8, 4))
    found = {
        name: difference_curves(
            curves(base, "objective", name), curves(other, "objective", name), "objective", "epoch"
        )
        for name in ("seed", "split_seed")
    }
    widths = {name: (table["high"] - table["low"]).to_numpy() for name, table in found.items()}
    overlap = WINE.test_examples / WINE.train_examples
    assert_allclose(widths["split_seed"], widths["seed"] * math.sqrt(1 + 8 * overlap))
