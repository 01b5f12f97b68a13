"""Families of runs, and the curves that stand for them."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from lossopt_core import Experiment
from lossopt_core.analysis.groups import (
    BANDS,
    CENTRES,
    aggregate,
    group_id,
)

VALUES = np.random.default_rng(0).normal(5, 1, (7, 4))
X = np.array([0.0, 1.0, 2.0, 4.0])


def histories(values: np.ndarray = VALUES) -> list[pd.DataFrame]:
    return [pd.DataFrame({"epoch": X, "objective": row}) for row in values]


def test_a_family_differs_by_seeds_alone() -> None:
    base = Experiment(dataset="blobs")
    same = [base, base.replace(seed=3), base.replace(split_seed=4, seed=9)]
    assert len({group_id(each) for each in same}) == 1
    assert group_id(base.replace(epochs=3)) != group_id(base)


def test_centres_and_bands_are_those_of_numpy_and_scipy() -> None:
    half = stats.sem(VALUES) * stats.t.ppf(0.975, 6)
    spread, mean = VALUES.std(axis=0, ddof=1), VALUES.mean(axis=0)
    expected = {
        "none": (mean, mean),
        "range": (VALUES.min(axis=0), VALUES.max(axis=0)),
        "sd": (mean - spread, mean + spread),
        "se": (mean - stats.sem(VALUES), mean + stats.sem(VALUES)),
        "ci": (mean - half, mean + half),
        "quartiles": tuple(np.quantile(VALUES, [0.25, 0.75], axis=0)),
    }
    assert set(expected) == set(BANDS)
    for band, (low, high) in expected.items():
        table = aggregate(histories(), "objective", "epoch", "mean", band)
        assert_allclose(table["centre"], mean)
        assert_allclose(table["low"], low)
        assert_allclose(table["high"], high)
    assert set(CENTRES) == {"mean", "median"}
    median = aggregate(histories(), "objective", "epoch", "median", "none")
    assert_allclose(median["centre"], np.median(VALUES, axis=0))


def test_members_with_other_points_are_interpolated_between_theirs() -> None:
    one = pd.DataFrame({"epoch": [0.0, 2.0], "objective": [4.0, 2.0]})
    two = pd.DataFrame({"epoch": [0.0, 1.0, 2.0], "objective": [4.0, 1.0, 0.0]})
    table = aggregate([one, two], "objective", "epoch", "mean", "range")
    assert_array_equal(table["x"], [0.0, 1.0, 2.0])
    assert_allclose(table["centre"], [4.0, 2.0, 1.0])
    assert_allclose(table["high"], [4.0, 3.0, 2.0])


def test_where_a_member_has_ended_the_rest_does_not_speak_for_all() -> None:
    short = histories()[0].iloc[:2]
    table = aggregate([short, *histories()[1:]], "objective", "epoch")
    assert list(table["n"]) == [7, 7, 6, 6]
    assert table["centre"].isna().tolist() == [False, False, True, True]


def test_one_member_is_its_own_curve() -> None:
    table = aggregate(histories()[:1], "objective", "epoch")
    for name in ("centre", "low", "high"):
        assert_array_equal(table[name], VALUES[0])


def test_what_is_not_registered_is_refused() -> None:
    with pytest.raises(ValueError, match="centre must be one of mean, median"):
        aggregate(histories(), "objective", "epoch", "mode")
    with pytest.raises(ValueError, match="at least one"):
        aggregate([], "objective", "epoch")


@pytest.mark.parametrize("band", BANDS)
@pytest.mark.parametrize("column", ["train_accuracy", "test_accuracy"])
def test_bands_of_accuracies_stay_within_0_and_100_percent(column: str, band: str) -> None:
    values = np.array([[0.0, 0.9, 1.0, 0.5], [0.3, 1.0, 1.0, 0.5], [0.0, 1.0, 0.4, 0.5]])
    tables = [pd.DataFrame({"epoch": X, column: row}) for row in values]
    found = aggregate(tables, column, "epoch", "mean", band)
    assert (found["low"] >= 0).all()
    assert (found["high"] <= 1).all()
    assert (found["low"] <= found["centre"]).all()
    assert (found["centre"] <= found["high"]).all()


def test_a_band_of_losses_does_not_go_below_0() -> None:
    tables = [pd.DataFrame({"epoch": X, "objective": [loss] * 4}) for loss in (0.1, 0.1, 3.0)]
    assert (aggregate(tables, "objective", "epoch", "mean", "ci")["low"] == 0).all()
