"""Paired differences: against simulations whose truth is known, and against hand calculation."""

import math
from itertools import product

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from lossopt_core import Experiment, train
from lossopt_core.analysis.paired_inference import (
    CONTINUOUS,
    inference,
)
from lossopt_core.analysis.pairing import (
    FRESH,
    HIGHER,
    LOWER,
    NOT_SEEN,
    ORDER,
    SPLIT,
    TOO_FEW,
    TOO_MANY_AT_ONCE,
    corrected,
    difference_curves,
    max_candidates,
    max_comparisons,
    paired_difference,
    paired_runs,
    pairs_for,
)

REPETITIONS = 2_000
BLOBS = Experiment(dataset="blobs", dataset_options={"examples": 60})


def by_seed(values: list[float], base: Experiment = BLOBS) -> dict[Experiment, float]:
    return {base.replace(seed=k): value for k, value in enumerate(values)}


def interval(differences: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    low, high, _ = inference(differences, level, resolution=CONTINUOUS)
    return low, high


def p_of(differences: np.ndarray) -> float:
    return inference(differences, resolution=CONTINUOUS, rounding=1e-12)[2]


def intervals(samples: np.ndarray, level: float = 0.95) -> np.ndarray:
    """Both ends for each row of samples."""
    return np.array([interval(row, level) for row in samples])


def test_intervals_cover_the_truth_and_false_alarms_are_at_the_nominal_rate() -> None:
    random = np.random.default_rng(3)
    seeds = random.normal(0.9, 0.05, (REPETITIONS, 10))
    others = seeds + random.normal(0, 0.01, seeds.shape)
    experiments = list(by_seed([0.0] * 10))
    found = [
        paired_difference(
            dict(zip(experiments, one, strict=True)), dict(zip(experiments, other, strict=True))
        )
        for one, other in zip(seeds, others, strict=True)
    ]
    assert np.mean([each.verdict != NOT_SEEN for each in found]) == pytest.approx(0.05, abs=0.01)
    assert np.mean([each.p_value <= 0.05 for each in found]) == pytest.approx(0.05, abs=0.01)
    covered = np.mean([each.low <= 0 <= each.high for each in found])
    assert covered == pytest.approx(0.95, abs=0.015)


def test_intervals_cover_the_truth_of_heavy_tails_too() -> None:
    ends = intervals(np.random.default_rng(4).standard_t(3, (REPETITIONS, 10)))
    covered = ((ends[:, 0] <= 0) & (ends[:, 1] >= 0)).mean()
    assert covered == pytest.approx(0.95, abs=0.015)
    assert 1 - covered == pytest.approx(0.05, abs=0.01)


def test_splits_of_equally_good_classifiers_give_false_alarms_at_the_nominal_rate() -> None:
    """Each learns from one of two features that are alike, on ten splits of one sample."""
    random = np.random.default_rng(11)
    size, tested, splits = 200, 50, 10
    labels = np.tile([-1, 1], size // 2)
    covered = []
    for _ in range(2 * REPETITIONS):
        features = random.standard_normal((size, 2)) + 0.7 * labels[:, None]
        order = random.random((splits, size)).argsort(axis=1)
        test, train_part = order[:, :tested], order[:, tested:]
        above = (labels[train_part] > 0)[..., None]
        high = features[train_part].mean(axis=1, where=above)
        low = features[train_part].mean(axis=1, where=~above)
        side = np.sign(high - low)[:, None]
        guesses = np.sign(features[test] - (high + low)[:, None] / 2) * side
        accuracy = (guesses == labels[test][..., None]).mean(axis=1)
        overlap = tested / (size - tested)
        ends = inference(accuracy[:, 1] - accuracy[:, 0], overlap=overlap, resolution=CONTINUOUS)
        covered.append(ends[0] <= 0 <= ends[1])
    assert np.mean(covered) == pytest.approx(0.95, abs=0.015)
    assert 1 - np.mean(covered) == pytest.approx(0.05, abs=0.01)


@pytest.mark.slow
def test_simultaneous_comparisons_keep_the_false_alarm_rate() -> None:
    random = np.random.default_rng(5)
    others = random.standard_normal((500, 9, 10)) - random.standard_normal((500, 1, 10))
    ends = intervals(others.reshape(-1, 10), level=1 - 0.05 / 9).reshape(500, 9, 2)
    alarms = ((ends[..., 0] > 0) | (ends[..., 1] < 0)).any(axis=1).mean()
    assert alarms <= 0.06


def test_the_interval_is_what_the_sign_flips_do_not_reject() -> None:
    random = np.random.default_rng(7)
    for differences in random.standard_normal((12, 10)):
        low, high, _ = inference(differences)
        for inside in np.linspace(low, high, 7)[1:-1]:
            assert p_of(differences - inside) > 0.05
        room = 0.01 * (high - low)
        assert p_of(differences - (low - room)) <= 0.05
        assert p_of(differences - (high + room)) <= 0.05


def test_the_p_value_counts_all_patterns_of_signs() -> None:
    differences = np.array([0.1, 0.3, -0.05, 0.2, 0.4, 0.15])
    means = [(np.array(signs) * differences).mean() for signs in product([-1, 1], repeat=6)]
    larger = np.mean(np.abs(means) >= differences.mean() - 1e-12)
    assert p_of(differences) == pytest.approx(larger)
    assert p_of(np.zeros(8)) == 1.0


def test_splits_of_one_data_set_get_a_wider_interval_that_covers() -> None:
    """Means of random halves of one finite sample overlap: without a correction they mislead."""
    random = np.random.default_rng(11)
    covered, naive = [], []
    for _ in range(400):
        sample = random.standard_normal(200)
        test, parts = 50, []
        for _ in range(10):
            order = random.permutation(200)
            # What a classifier learns and what it is tested on both come from the sample.
            parts.append(sample[order[:test]].mean() + 0.5 * sample[order[test:]].mean())
        differences = np.array(parts)
        low, high, _ = inference(differences, overlap=test / 150)
        covered.append(low <= 0 <= high)
        low, high, _ = inference(differences)
        naive.append(low <= 0 <= high)
    assert np.mean(covered) > np.mean(naive) + 0.1
    assert np.mean(covered) >= 0.75


def test_a_difference_is_found_with_its_size_and_its_gain() -> None:
    random = np.random.default_rng(0)
    common = random.normal(0.9, 0.05, 10)
    base = by_seed(list(common))
    other = by_seed(list(common + 0.01 + random.normal(0, 0.001, 10)), BLOBS.replace(loss="hinge"))
    found = paired_difference(base, other)
    assert found.verdict == HIGHER
    assert found.low < 0.01 < found.high
    assert found.difference == pytest.approx(0.01, abs=0.001)
    assert found.share == pytest.approx(found.difference / common.mean())
    assert found.gain > 100
    assert (found.n, found.varies, found.left_out) == (10, ORDER, 0)
    assert paired_difference(other, base).verdict == LOWER


def test_without_a_difference_none_is_detected() -> None:
    random = np.random.default_rng(1)
    first, second = random.normal(0.9, 0.05, (2, 10))
    assert paired_difference(by_seed(list(first)), by_seed(list(second))).verdict == NOT_SEEN


def test_results_independent_of_the_seed_are_not_tested() -> None:
    """Full batches from a start at 0: ten seeds are ten times the same run."""
    base = BLOBS.replace(optimizer="gd", epochs=3)
    runs = train(
        [base.replace(seed=k, learning_rate=rate) for rate in (0.1, 0.3) for k in range(10)]
    )
    slow, fast = (
        {run.experiment: run.final["objective"] for run in half} for half in (runs[:10], runs[10:])
    )
    found = paired_difference(slow, fast)
    assert found.fixed
    assert (found.verdict, found.n) == (LOWER, 10)
    assert found.low == found.high == pytest.approx(found.difference)
    assert math.isnan(found.p_value)
    assert paired_difference(slow, slow).verdict == NOT_SEEN
    assert not paired_difference(slow, {e: v + e.seed / 1e6 for e, v in fast.items()}).fixed


def test_results_that_coincide_by_chance_are_tested() -> None:
    """Of thirty test examples one is wrong under each of six seeds, which proves little."""
    base = by_seed([1.0] * 6)
    other = by_seed([29 / 30] * 6)
    found = paired_difference(base, other)
    assert not found.fixed
    assert found.verdict == LOWER
    assert found.p_value == pytest.approx(2 * 2.0**-6)
    assert paired_difference(base, other, comparisons=20).verdict == TOO_MANY_AT_ONCE
    splits = [
        {BLOBS.replace(optimizer="gd", split_seed=k): value for k in range(6)} for value in (1, 0.9)
    ]
    assert not paired_difference(*splits).fixed


def test_best_and_worst_of_many_equal_candidates_are_rarely_significant() -> None:
    """Both are picked by their means: all pairs are corrected for, since one by one is too few."""
    random = np.random.default_rng(8)
    alarms = {9: 0, math.comb(10, 2): 0}
    for _ in range(400):
        results = random.normal(0.9, 0.01, (10, 12))
        order = results.mean(axis=1).argsort()
        best, worst = (by_seed(list(results[order[place]])) for place in (-1, 0))
        for comparisons in alarms:
            found = paired_difference(best, worst, comparisons)
            alarms[comparisons] += found.verdict != NOT_SEEN
    assert alarms[45] <= 0.05 * 400
    assert alarms[9] > 0.05 * 400


def test_too_few_seeds_or_too_many_comparisons_give_no_verdict() -> None:
    five = by_seed([0.1, 0.2, 0.3, 0.4, 0.5])
    found = paired_difference(five, {each: value + 1 for each, value in five.items()})
    assert found.verdict == TOO_FEW
    assert math.isnan(found.low)
    six = by_seed([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    more = {each: value + 1 + each.seed / 100 for each, value in six.items()}
    assert paired_difference(six, more).verdict == HIGHER
    assert paired_difference(six, more, comparisons=9).verdict == TOO_MANY_AT_ONCE


def test_only_common_seeds_are_compared_and_the_rest_is_counted() -> None:
    base = by_seed([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, math.nan])
    other = {e: v + 1 for e, v in base.items() if e.seed not in (0, 1)}
    found = paired_difference(base, other)
    assert found.n == 5
    assert found.difference == pytest.approx(1.0)
    assert found.left_out == 4


def test_splits_are_the_units_where_they_vary() -> None:
    runs = {
        BLOBS.replace(seed=seed, split_seed=split): split + 0.1 * seed
        for split in range(7)
        for seed in range(3)
    }
    more = {each: value + 1 + 0.01 * each.split_seed for each, value in runs.items()}
    found = paired_difference(runs, more)
    assert (found.n, found.varies) == (7, FRESH)
    digits = {Experiment(split_seed=k): 0.9 + k / 1000 for k in range(7)}
    random = np.random.default_rng(2)
    better = {each: value + 0.01 + random.normal(0, 0.001) for each, value in digits.items()}
    resplit = paired_difference(digits, better)
    assert resplit.varies == SPLIT
    spread = np.std([better[e] - digits[e] for e in digits], ddof=1)
    # Student's t with 6 degrees of freedom, and n_test / n_train of about a third added to 1/7.
    assert resplit.high - resplit.low == pytest.approx(2 * 2.447 * spread * 0.690, rel=0.01)


def test_p_values_are_corrected_by_holms_rule() -> None:
    assert_allclose(corrected([0.01, 0.04, 0.03]), [0.03, 0.06, 0.06])
    assert corrected([0.5, 0.9])[1] == 1.0 or corrected([0.5, 0.9])[1] == 0.9 + 0.1
    assert math.isnan(corrected([math.nan, 0.01])[0])


def test_difference_curves_pair_the_runs() -> None:
    x = np.array([0.0, 1.0, 2.0])
    noise = np.random.default_rng(4).normal(0, 1, (8, 1))
    base = {
        BLOBS.replace(seed=k): pd.DataFrame({"epoch": x, "objective": 3 - x + noise[k]})
        for k in range(8)
    }
    other = {
        each.replace(loss="hinge"): table.assign(objective=table["objective"] + 0.5 * x)
        for each, table in base.items()
    }
    table = difference_curves(base, other, "objective", "epoch")
    assert_allclose(table["difference"], 0.5 * x)
    assert_allclose(table["high"] - table["low"], 0, atol=1e-12)
    few = dict(list(other.items())[:3])
    assert difference_curves(base, few, "objective", "epoch")["low"].isna().all()
    assert difference_curves(base, {}, "objective", "epoch").empty


def test_a_difference_rests_on_runs_with_a_result_and_a_partner() -> None:
    base, other = by_seed([1.0, math.nan, 3.0]), by_seed([1.0, 2.0], BLOBS.replace(loss="hinge"))
    ours, theirs = paired_runs(base, other)
    assert [each.seed for each in ours] == [each.seed for each in theirs] == [0]
    assert [each.loss for each in theirs] == ["hinge"]


def test_the_maximum_number_of_comparisons_has_intervals() -> None:
    most = max_comparisons()
    enough = pairs_for(most)
    assert pairs_for(most + 1) == 0
    values = np.random.default_rng(5).normal(size=enough)
    assert math.isfinite(interval(values, 1.0 - 0.05 / most)[0])
    assert math.comb(max_candidates(), 2) <= most < math.comb(max_candidates() + 1, 2)
