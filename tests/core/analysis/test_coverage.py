"""Intervals for accuracies hold the truth as often as they promise: simulations.

The limits are those of the promise, 95 % and 5 %, without an allowance for the chance of a
simulation: the seeds are fixed, and 2,000 repetitions err by 0.5 % (one standard error).
"""

import math
from itertools import product

import numpy as np
import pytest

from benchmarks.coverage import PAIRS, PARTS, REPETITIONS, SCENARIOS, simulate
from lossopt_core import paired_difference
from lossopt_core.analysis.pairing import NOT_SEEN

IN_SHORT = [
    ("order: 2 more in 25 % of the pairs", 45, 6),
    ("order: 1 more in 80 % of the pairs", 450, 20),
    ("order: equal results", 450, 6),
    ("order: 1 more or less in every pair", 45, 6),
    ("order: 3 more or less in 30 %", 45, 20),
    ("order: both 90 %, independent", 450, 10),
    ("order: 98 % and 90 %, independent", 45, 6),
    ("splits: 1 more in 10 % of the pairs", 45, 6),
    ("splits: equal results", 45, 6),
    ("splits: each alone right on 3 %", 450, 6),
    ("splits: each alone right on 0.5 %", 450, 10),
    ("splits: one alone right on 1 %", 450, 6),
]
"""Of the scenarios those that come closest to the limits; the whole grid is slow."""
REST = [each for each in product(SCENARIOS, PARTS, PAIRS) if each not in IN_SHORT]


@pytest.mark.parametrize(
    ("name", "examples", "pairs"),
    IN_SHORT + [pytest.param(*each, marks=pytest.mark.slow) for each in REST],
)
def test_accuracies_are_covered_and_false_alarms_are_rare(
    name: str, examples: int, pairs: int
) -> None:
    found = simulate(SCENARIOS[name], examples, pairs, REPETITIONS)
    assert found.coverage >= 0.95
    if SCENARIOS[name].equal:
        assert found.alarms <= 0.05


@pytest.mark.parametrize("pairs", PAIRS)
def test_a_clear_difference_of_accuracies_is_found(pairs: int) -> None:
    """4 more of 45, give or take 1: room for what was not seen must not hide it."""
    random = np.random.default_rng(3)
    base = PARTS[45]
    firsts = [base.replace(seed=k) for k in range(pairs)]
    seconds = [each.replace(loss="hinge") for each in firsts]
    seen = 0
    for _ in range(200):
        counts = random.integers(36, 40, pairs)
        more = counts + 4 + random.integers(-1, 2, pairs)
        found = paired_difference(
            dict(zip(firsts, (counts / 45).tolist(), strict=True)),
            dict(zip(seconds, (more / 45).tolist(), strict=True)),
        )
        seen += found.verdict != NOT_SEEN
    assert seen >= 0.99 * 200


def test_the_best_and_the_worst_of_equal_accuracies_are_seldom_told_apart() -> None:
    random = np.random.default_rng(9)
    base = PARTS[45]
    experiments = [base.replace(seed=k) for k in range(12)]
    alarms = 0
    for _ in range(300):
        results = random.binomial(45, 0.9, (10, 12)) / 45
        order = results.mean(axis=1).argsort()
        best, worst = (
            dict(zip(experiments, results[order[place]].tolist(), strict=True)) for place in (-1, 0)
        )
        alarms += paired_difference(best, worst, math.comb(10, 2)).verdict != NOT_SEEN
    assert alarms <= 0.05 * 300
