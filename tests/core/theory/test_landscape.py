"""The objective on a plane through weight space."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from numpy.testing import assert_allclose

from lossopt_core import (
    LOSSES,
    REGULARIZERS,
    Experiment,
    certify,
    train,
)
from lossopt_core.certify.duality import Problem
from lossopt_core.inspect.diagnostics import principal_plane
from lossopt_core.theory import landscape as landscapes
from lossopt_core.theory.landscape import (
    Plane,
    landscape,
    objective_at,
    two_directions,
)
from lossopt_core.training.path import WeightPath

BLOBS = Experiment(dataset="blobs", epochs=3, evaluations=8, init_scale=0.5, strength=0.05)


def path_of(experiment: Experiment) -> WeightPath:
    [run] = train([experiment])
    return WeightPath.of(run)


def plane_of(path: WeightPath) -> Plane:
    best = certify(BLOBS).theta
    return Plane.through(path.stacked[0], best, path.stacked[-1], path)


@pytest.mark.parametrize("regularizer", REGULARIZERS)
@pytest.mark.parametrize("loss", LOSSES)
def test_the_landscape_is_the_objective_on_the_plane(loss, regularizer):
    experiment = BLOBS.replace(loss=loss, regularizer=regularizer)
    plane = plane_of(path_of(experiment))
    places = np.random.default_rng(1).normal(size=(30, 2))
    expected = [Problem.of(experiment).objective(theta) for theta in plane.at(places)]
    assert_allclose(objective_at(experiment, plane, places), expected, rtol=1e-10)


def test_start_optimum_and_end_lie_on_their_plane():
    path, best = path_of(BLOBS), certify(BLOBS)
    plane = plane_of(path)
    three = np.stack([path.stacked[0], best.theta, path.stacked[-1]])
    seen = plane.coordinates(three)
    assert_allclose(plane.at(seen), three, atol=1e-10)
    values = objective_at(BLOBS, plane, seen)
    assert values[1] == pytest.approx(best.objective, rel=1e-9)
    assert values[1] < values[2] < values[0]
    lengths = np.linalg.norm((three - three[0]).reshape(3, -1), axis=1)
    assert_allclose(np.linalg.norm(seen - seen[0], axis=1), lengths)


def test_no_point_of_the_landscape_is_below_the_certified_bound():
    path = path_of(BLOBS)
    plane = plane_of(path)
    found = landscape(BLOBS, plane, plane.coordinates(path.stacked))
    assert found.objective.shape == (len(found.b), len(found.a))
    assert found.objective.min() >= certify(BLOBS).lower_bound
    for k, places in enumerate((found.a, found.b)):
        seen = plane.coordinates(path.stacked)[:, k]
        assert places[0] < seen.min()
        assert places[-1] > seen.max()


def test_principal_directions_explain_the_same_variance_as_the_diagnostics():
    runs = train([BLOBS, BLOBS.replace(optimizer="gd")])
    plane = Plane.principal([WeightPath.of(run) for run in runs])
    known = principal_plane(runs)
    seen = plane.coordinates(WeightPath.of(runs[0]).stacked)
    assert_allclose(np.abs(seen), np.abs(known.trajectories[0]), atol=1e-5)
    alone = WeightPath.of(runs[0])
    assert Plane.principal([alone]).explained_variance(alone) == pytest.approx(
        principal_plane(runs[:1]).explained_variance, rel=1e-5
    )


def test_the_principal_plane_explains_the_most_variance_of_a_path():
    path = path_of(BLOBS)
    assert (
        plane_of(path).explained_variance(path)
        <= Plane.principal([path]).explained_variance(path)
        <= 1
    )


@given(some.integers(0, 10_000), some.integers(0, 3))
def test_two_directions_are_orthonormal_for_any_vectors(seed, rank):
    random = np.random.default_rng(seed)
    basis = random.normal(size=(rank, 2, 3))
    ways = np.tensordot(random.normal(size=(4, rank)), basis, 1)
    one, two = two_directions(ways)
    assert (one * one).sum() == pytest.approx(1)
    assert (two * two).sum() == pytest.approx(1)
    assert (one * two).sum() == pytest.approx(0, abs=1e-9)


def test_with_many_examples_the_grid_is_coarser(monkeypatch):
    path = path_of(BLOBS)
    plane = plane_of(path)
    monkeypatch.setattr(landscapes, "MAX_NUMBERS", 400 * 375 * 3)
    assert len(landscape(BLOBS, plane, plane.coordinates(path.stacked)).a) == 20
