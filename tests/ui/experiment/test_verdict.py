"""Paired differences as sentences: true to the interval, in the direction of the metric."""

import math
import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from lossopt_core.analysis.pairing import (
    FRESH,
    ORDER,
    SPLIT,
    PairedDifference,
)
from lossopt_ui.experiment.verdict import not_comparable, note, sentence

FOUND = PairedDifference(
    n=10, difference=0.007, share=0.007, low=0.004, high=0.011, p_value=0.01, gain=2.0,
    varies=ORDER, comparisons=1, left_out=0,
)  # fmt: skip


def test_better_and_worse_depend_on_the_metric() -> None:
    said = sentence("Cross-entropy", "hinge", "test_accuracy", FOUND)
    assert said == "Cross-entropy is 0.40 to 1.10 points better than hinge (10 seeds)."
    lower = replace(FOUND, low=-0.011, high=-0.004)
    assert "1.10 points worse than" in sentence("A", "B", "test_accuracy", lower)
    assert "0.0110 better than" in sentence("A", "B", "objective", lower)
    assert "higher than" in sentence("A", "B", "weight_norm", FOUND)


def test_without_evidence_there_is_no_verdict() -> None:
    few = replace(FOUND, n=4)
    assert "too few seeds in common with B for a verdict (4)" in sentence(
        "A", "B", "test_accuracy", few
    )
    none = replace(FOUND, low=-0.001)
    assert "no detectable difference from B (10 seeds" in sentence("A", "B", "objective", none)
    assert none.low < 0 < none.high
    assert "95 % CI: 0.001 better to 0.011 worse)." in sentence("A", "B", "objective", none)
    said = sentence("A", "B", "test_accuracy", none)
    assert said.endswith("(10 seeds; 95 % CI: 0.1 points worse to 1.1 points better).")
    many = replace(FOUND, low=math.nan, high=math.nan, comparisons=30)
    assert "too few seeds (10) for 30 comparisons" in sentence("A", "B", "objective", many)


def test_fewer_comparisons_are_suggested_if_no_number_of_seeds_suffices() -> None:
    many = replace(FOUND, n=20, low=math.nan, high=math.nan, comparisons=210)
    assert sentence("A", "B", "test_accuracy", many) == (
        "A: 210 comparisons at once are too many for a verdict, with any number of seeds."
        " Make at most 204."
    )
    enough = replace(many, comparisons=204)
    assert "train at least 13 seeds" in sentence("A", "B", "test_accuracy", enough)


def test_the_note_explains_a_range_only_if_there_is_one() -> None:
    without = [
        replace(FOUND, low=math.nan, high=math.nan, comparisons=30),
        replace(FOUND, n=4),
        replace(FOUND, low=0.01, high=0.01, fixed=True),
    ]
    assert "interval" not in note(without)
    assert "interval" in note([*without, FOUND])


def test_seeds_that_change_nothing_are_no_evidence_and_digits_are_limited() -> None:
    fixed = replace(FOUND, difference=0.015012962, low=0.015012962, high=0.015012962, fixed=True)
    said = sentence("A", "B", "objective", fixed)
    assert said == "A is 0.01501 worse than B (10 seeds, which change neither result)."
    none = replace(fixed, difference=0.0, low=0.0, high=0.0)
    assert "no detectable difference from B (10 seeds, which change neither result" in sentence(
        "A", "B", "objective", none
    )
    close = replace(FOUND, low=0.5, high=math.nextafter(0.5, 1))
    said = sentence("A", "B", "weight_norm", close)
    assert said == "A is 0.5000 to 0.5001 higher than B (10 seeds)."


def test_runs_left_out_are_counted_in_the_sentence() -> None:
    said = sentence("A", "B", "test_accuracy", replace(FOUND, n=6, left_out=8))
    assert said.endswith(
        "(6 seeds). Left out: 8 runs without a comparable result, or without a run to pair with."
    )
    assert "Left out: 1 run without" in sentence("A", "B", "objective", replace(FOUND, left_out=1))


def test_the_note_mentions_new_data_only_if_the_data_vary() -> None:
    assert "new data" not in note([FOUND])
    assert "new data" in note([replace(FOUND, varies=SPLIT)])
    assert "Nadeau" in note([replace(FOUND, varies=SPLIT)])
    assert "Nadeau" not in note([replace(FOUND, varies=FRESH)])
    assert "corrected for 9 comparisons" in note([replace(FOUND, comparisons=9)])
    assert "corrected" not in note([FOUND])


def test_values_of_different_losses_are_not_compared() -> None:
    said = not_comparable("A", "B", "objective")
    assert said.startswith("A: objective is not comparable with B")


@given(st.floats(1e-9, 1e3), st.floats(1e-9, 1e3))
def test_the_range_covers_the_interval_and_never_begins_at_0(low: float, width: float) -> None:
    found = replace(FOUND, low=low, high=low + width)
    numbers = re.search(r"is (\S+) to (\S+) higher", sentence("A", "B", "weight_norm", found))
    assert numbers is not None
    near, far = map(float, numbers.groups())
    assert 0 < near <= low * (1 + 1e-12)
    assert far >= (low + width) * (1 - 1e-12)


def test_the_resolution_of_the_test_set_is_mentioned_if_it_limits_the_range() -> None:
    step = 1 / 45
    small = replace(FOUND, low=-0.02, high=0.03, step=step)
    assert sentence("A", "B", "test_accuracy", small).endswith(" One example is 2.2 points.")
    alike = replace(FOUND, n=6, difference=step, low=0.004, high=0.1, step=step, alike=True)
    assert sentence("A", "B", "test_accuracy", alike).endswith(
        "(6 seeds). All pairs differ by the same amount, but 6 pairs are too few to rule out rare"
        " differences; one example is 2.2 points."
    )
    equal = replace(alike, difference=0.0, low=-0.03, high=0.03)
    assert "No pair differs, but 6 pairs" in sentence("A", "B", "test_accuracy", equal)
    clear = replace(alike, difference=0.1, low=0.08, high=0.12, alike=False)
    assert "example" not in sentence("A", "B", "test_accuracy", clear)
    assert "no pair has shown" in note([clear])
    assert "no pair has shown" not in note([FOUND])
