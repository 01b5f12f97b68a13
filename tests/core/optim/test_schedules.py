"""Every schedule of the registry."""

import math
from itertools import pairwise

import numpy as np
import pytest

from lossopt_core import SCHEDULES

SHARES = np.linspace(0.0, 1.0, 1001)[:-1].tolist()


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_starts_at_one_and_never_increases_or_becomes_negative(name):
    factors = [SCHEDULES[name].factor(done) for done in SHARES]
    assert factors[0] == 1.0
    assert all(later <= earlier for earlier, later in pairwise(factors))
    assert all(factor > 0 and math.isfinite(factor) for factor in factors)


@pytest.mark.parametrize("name", SCHEDULES)
def test_an_entry_has_a_summary_and_a_formula(name):
    entry = SCHEDULES[name]
    assert entry.label.strip()
    assert entry.formula.strip()
    assert entry.summary.strip()


@pytest.mark.parametrize(
    ("name", "done", "factor"),
    [
        ("constant", 0.99, 1.0),
        ("step", 0.19, 1.0),
        ("step", 0.2, 0.5),
        ("step", 0.99, 1 / 16),
        ("inverse_time", 0.5, 1 / 5.5),
        ("cosine", 0.5, 0.5),
        ("cosine", 2 / 3, 0.25),
    ],
)
def test_a_schedule_follows_its_formula(name, done, factor):
    assert SCHEDULES[name].factor(done) == pytest.approx(factor)
