"""Smoothing depends on the curve, not on how often it was evaluated."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from lossopt_core.analysis.smoothing import REFERENCE_POINTS, gaussian, smoothed, smoothing_length

CURVES = st.lists(
    st.tuples(st.floats(0.01, 10.0), st.floats(-5.0, 5.0)), min_size=2, max_size=12
).map(lambda steps: (np.cumsum([step for step, _ in steps]), np.array([y for _, y in steps])))


@pytest.mark.parametrize(("smooth", "error"), [(smoothed, 1e-9), (gaussian, 1e-6)])
@given(
    curve=CURVES, places=st.lists(st.floats(0.0, 1.0), max_size=10), length=st.floats(0.05, 20.0)
)
def test_more_evaluations_of_the_same_line_change_nothing(smooth, error, curve, places, length):
    x, y = curve
    between = np.array([x[0] + each * (x[-1] - x[0]) for each in places])
    dense = np.unique(np.concatenate([x, between]))
    again = smooth(dense, np.interp(dense, x, y), length)
    assert_allclose(again[np.searchsorted(dense, x)], smooth(x, y, length), atol=error)


@given(CURVES, st.floats(0.05, 20.0))
def test_the_average_stays_within_the_range_of_values(curve, length):
    x, y = curve
    average = smoothed(x, y, length)
    assert (average >= np.minimum.accumulate(y) - 1e-9).all()
    assert (average <= np.maximum.accumulate(y) + 1e-9).all()


def test_it_solves_its_differential_equation():
    """Against small steps of Euler's method."""
    x, y = np.array([0.0, 1.0, 1.5, 4.0]), np.array([2.0, -1.0, 3.0, 3.0])
    fine = np.linspace(0.0, 4.0, 400_001)
    value, line = 2.0, np.interp(fine, x, y)
    for each in line[:-1]:
        value += (each - value) / 0.7 * (fine[1] - fine[0])
    assert smoothed(x, y, 0.7)[-1] == pytest.approx(value, abs=1e-4)


def test_a_step_decays_with_the_smoothing_length():
    x = np.array([0.0, 1e-9, 2.0])
    assert smoothed(x, np.array([1.0, 0.0, 0.0]), 2.0)[-1] == pytest.approx(math.exp(-1), abs=1e-6)


def test_a_smoothing_weight_matches_other_tools_on_evenly_spaced_points():
    x = np.linspace(0.0, 20.0, REFERENCE_POINTS)
    assert math.exp(-(x[1] - x[0]) / smoothing_length(0.9, 20.0)) == pytest.approx(0.9)


def test_gaps_stay_gaps_and_zero_length_changes_nothing():
    x, y = np.arange(4.0), np.array([1.0, np.nan, 3.0, np.inf])
    result = smoothed(x, y, 1.0)
    assert np.isnan(result[1])
    assert np.isinf(result[3])
    assert 1.0 < result[2] < 3.0
    assert_array_equal(smoothed(x, y, smoothing_length(0.0, 3.0)), y)
