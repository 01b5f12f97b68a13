"""Gaussian smoothing: against numerical integration and SciPy's filter."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.integrate import quad
from scipy.ndimage import gaussian_filter1d
from scipy.stats import norm

from lossopt_core.analysis.smoothing import gaussian, smoothed


@pytest.mark.parametrize("length", [0.4, 3.0])
def test_it_is_the_mean_of_the_line_under_a_gaussian_over_the_curve(length):
    x, y = np.array([0.0, 1.0, 1.2, 4.0]), np.array([2.0, -1.0, 3.0, 0.0])
    expected = [
        quad(lambda t, u=u: np.interp(t, x, y) * norm.pdf(t, u, length), 0, 4, points=x[1:-1])[0]
        / (norm.cdf(4, u, length) - norm.cdf(0, u, length))
        for u in x
    ]
    assert_allclose(gaussian(x, y, length), expected, atol=1e-3)


def test_it_is_scipys_filter_on_dense_even_points_away_from_the_ends():
    y = np.random.default_rng(0).normal(size=400).cumsum()
    expected = gaussian_filter1d(y, 8.0, truncate=6.0)
    found = gaussian(np.arange(400.0), y, 8.0)
    assert_allclose(found[60:-60], expected[60:-60], atol=0.01 * np.ptp(y))


def test_unlike_a_moving_average_it_does_not_lag_behind_a_straight_line():
    x = np.linspace(0.0, 100.0, 201)
    middle = slice(60, 141)
    assert_allclose(gaussian(x, 2.0 * x, 3.0)[middle], 2.0 * x[middle], atol=1e-6)
    # The lag of the average is its length: 3 in x, 6 in y.
    assert_allclose(smoothed(x, 2.0 * x, 3.0)[middle], 2.0 * x[middle] - 6.0, atol=1e-3)


def test_gaps_stay_gaps_and_zero_length_changes_nothing():
    x, y = np.arange(4.0), np.array([1.0, np.nan, 3.0, np.inf])
    result = gaussian(x, y, 1.0)
    assert np.isnan(result[1])
    assert np.isinf(result[3])
    assert 1.0 < result[0] < 2.0 < result[2] < 3.0
    assert_array_equal(gaussian(x, y, 0.0), y)
    assert_array_equal(gaussian(x[:1], y[:1], 1.0), y[:1])
