"""The weights that a run passed through: which are kept, and how they are looked up."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from numpy.testing import assert_array_equal

from lossopt_core import train
from lossopt_core.training import path as weight_path
from lossopt_core.training.path import PATH_BYTES, WeightPath, recording_interval
from tests.experiments import TINY


@given(points=some.integers(1, 2_000), numbers=some.integers(1, 100_000))
def test_recorded_points_are_bounded_and_include_first_and_last(points, numbers):
    every = recording_interval(points, numbers)
    kept = {*range(0, points, every), points - 1}
    most = max(2, PATH_BYTES // (4 * numbers))
    assert len(kept) <= most
    assert every == 1 or len(range(0, points, every - 1)) > most - 1, "more would have had room"


def test_a_long_path_is_thinned_evenly_and_ends_at_the_final_weights(monkeypatch):
    experiment = TINY.replace(epochs=40, evaluations=100)
    [whole] = train([experiment])
    monkeypatch.setattr(weight_path, "PATH_BYTES", 10 * 4 * 9)
    [run] = train([experiment])
    assert run.path.nbytes <= 10 * 4 * 9
    assert set(run.path_updates) < set(whole.path_updates)
    path = WeightPath.of(run)
    assert path.updates[0] == 0
    assert path.updates[-1] == run.final["update"]
    assert_array_equal(path.weights[-1], run.weights)
    assert_array_equal(path.stacked[-1, :, -1], run.bias)


def test_points_are_looked_up_by_updates():
    path = WeightPath(np.array([0, 3, 7]), np.zeros((3, 2, 2)))
    assert [path.last_until(update) for update in (-1, 0, 2, 3, 6.5, 7, 1e9)] == [
        0, 0, 0, 1, 1, 2, 2,
    ]  # fmt: skip


@given(points=some.integers(1, 300), most=some.integers(2, 60))
def test_thinning_keeps_both_ends(points, most):
    path = WeightPath(np.arange(points), np.zeros((points, 1, 1)))
    thin = path.thinned(most)
    assert len(thin) == min(points, most)
    assert (thin.updates[0], thin.updates[-1]) == (0, points - 1)
    assert (np.diff(thin.updates) > 0).all()


def test_the_path_of_a_diverged_run_has_its_finite_points():
    [run] = train([TINY.replace(learning_rate=10.0)])
    beyond = run.path.copy()
    beyond[-1] = np.inf
    gone = dataclasses.replace(run, path=beyond, weights=run.weights * np.nan)
    assert_array_equal(WeightPath.of(gone).updates, run.path_updates[:-1])


def test_a_run_without_its_path_raises_an_error():
    [run] = train([TINY])
    without = dataclasses.replace(run, path=run.path[:0], path_updates=run.path_updates[:0])
    with pytest.raises(ValueError, match="has no recorded weights"):
        WeightPath.of(without)
