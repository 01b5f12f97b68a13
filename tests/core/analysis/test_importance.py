"""Importance of settings: shares by hand and by another library, and what chance gives."""

from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from sklearn.feature_selection import f_classif

from lossopt_core.analysis.importance import importance

GRID = [{"loss": a, "rate": r} for a, r in product(("hinge", "softmax"), (0.1, 0.2, 0.3, 0.4))]


def shares(found):
    return {each.setting: each.share for each in found.shares}


def test_shares_of_a_grid_by_hand():
    # Effects: the loss ±3, the rates -1, -1, 1, 1; the interaction is ±1 in the last two columns.
    y = [-4, -4, -3, -1, 2, 2, 5, 3]
    found = importance(GRID, y)
    # Sum of squares: 84 in all, 8 · 9 for the loss, 8 · 1 for the rates, 4 · 1 for the rest.
    assert shares(found) == pytest.approx({"loss": 72 / 84, "rate": 8 / 84})
    assert found.interactions == pytest.approx(4 / 84)
    assert [each.setting for each in found.shares] == ["loss", "rate"]
    assert found.n == 8
    assert [(each.low, each.n, each.mean) for each in found.shares[1].levels] == [
        (0.1, 2, -1), (0.2, 2, -1), (0.3, 2, 1), (0.4, 2, 1)
    ]  # fmt: skip


def test_shares_are_those_of_an_analysis_of_variance():
    rng = np.random.default_rng(1)
    rows = [{"loss": rng.choice(list("abc")), "size": int(rng.choice([8, 32]))} for _ in range(30)]
    y = rng.normal(size=30)
    found = importance(rows, y)
    for name in ("loss", "size"):
        labels = np.array([str(row[name]) for row in rows])
        groups = [y[labels == each] for each in np.unique(labels)]
        f = stats.f_oneway(*groups).statistic
        between, within = len(groups) - 1, 30 - len(groups)
        assert shares(found)[name] == pytest.approx(f * between / (f * between + within))
        assert f_classif(y[:, None], labels)[0][0] == pytest.approx(f)
    assert found.interactions is None, "without a grid the shares overlap"


def test_p_is_that_of_all_permutations():
    rng = np.random.default_rng(2)
    rows = [{"a": k % 2, "b": "xyz"[k % 3 if k < 8 else 0]} for k in range(9)]
    y = np.where(np.arange(9) % 2 == 1, 1.0, 0.0) + 0.3 * rng.normal(size=9)
    [share] = [each for each in importance(rows, y).shares if each.setting == "a"]
    odd = np.arange(9) % 2 == 1

    def distance(one, other):
        return np.abs(np.mean(one) - np.mean(other))

    exact = stats.permutation_test((y[odd], y[~odd]), distance, alternative="greater")
    assert share.p == pytest.approx(exact.pvalue, abs=0.02)


def test_chance_covers_shares_of_settings_without_effect():
    rng = np.random.default_rng(3)
    beyond = sum(
        each.beyond_chance
        for _ in range(60)
        for each in importance(
            [{"a": rng.choice(list("pqr")), "b": rng.uniform()} for _ in range(12)],
            rng.normal(size=12),
        ).shares
    )
    assert beyond <= stats.binom.ppf(0.999, 120, 0.05)


def test_on_a_grid_a_large_effect_does_not_hide_a_small_one():
    rows = [{"a": a, "b": b} for a, b in product(range(2), range(8))]
    y = [100.0 * row["b"] + row["a"] for row in rows]
    found = {each.setting: each for each in importance(rows, y).shares}
    assert found["a"].share < 0.001
    assert found["a"].beyond_chance
    assert found["b"].beyond_chance


def test_many_numbers_are_binned_with_equally_many_in_each():
    rows = [{"rate": 10.0**-k, "loss": "ab"[k % 2]} for k in range(16)]
    found = {each.setting: each for each in importance(rows, np.arange(16.0)).shares}
    levels = found["rate"].levels
    assert [each.n for each in levels] == [4, 4, 4, 4]
    assert (levels[0].low, levels[0].high) == (1e-15, 1e-12)
    # Means 13.5, 9.5, 5.5, 1.5 around 7.5: 4 · (36 + 4 + 4 + 36) of 16 · 255 / 12.
    assert found["rate"].share == pytest.approx(320 / 340)


def test_a_setting_that_does_not_apply_everywhere_has_a_level_without_it():
    rows = [{"loss": "a"} | ({"margin": k % 3} if k % 2 else {}) for k in range(12)]
    rows = [row | {"rate": k // 6} for k, row in enumerate(rows)]
    [margin] = [each for each in importance(rows, range(12)).shares if each.setting == "margin"]
    assert sorted((each.n, str(each.low)) for each in margin.levels) == [
        (2, "0"), (2, "1"), (2, "2"), (6, "None")
    ]  # fmt: skip


def test_settings_that_vary_together_are_named():
    rows = [row | {"penalty": row["loss"].upper()} for row in GRID]
    found = importance(rows, [1, 2, 3, 4, 6, 5, 4, 9])
    assert found.together == (("loss", "penalty"),)
    assert_allclose(shares(found)["loss"], shares(found)["penalty"])
    assert found.interactions is None


@pytest.mark.parametrize(
    ("rows", "results", "words"),
    [
        (GRID[:7], range(7), "at least 8 configurations with a result are needed, got 7"),
        ([{"a": k} for k in range(9)], range(9), "at least two settings must vary"),
        (GRID, [1.0] * 8, "all results are equal"),
        (GRID, [np.nan] * 8, "one finite result"),
        (GRID, range(7), "one finite result"),
    ],
)
def test_what_cannot_be_judged_is_refused(rows, results, words):
    with pytest.raises(ValueError, match=words):
        importance(rows, list(results))
