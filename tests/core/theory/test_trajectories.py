"""Trajectories of runs on a plane through the landscape of their objective."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from lossopt_core import Experiment, certify, train
from lossopt_core.certify.duality import Problem
from lossopt_core.theory.trajectories import on_a_plane
from lossopt_core.training.path import WeightPath

BLOBS = Experiment(dataset="blobs", epochs=3, evaluations=8, init_scale=0.5, strength=0.05)
PAIR = [BLOBS, BLOBS.replace(optimizer="gd")]


@pytest.fixture(scope="module")
def paths() -> list[WeightPath]:
    return [WeightPath.of(run) for run in train(PAIR)]


@pytest.mark.parametrize("kind", ["optimum", "principal"])
def test_heights_are_those_of_the_objective(paths: list[WeightPath], kind: str) -> None:
    objective = Problem.of(BLOBS).objective
    best = certify(BLOBS).theta
    seen = on_a_plane(PAIR, paths, best, 1, kind)
    for path, values, below in zip(paths, seen.values, seen.below, strict=True):
        assert_allclose(values, [objective(theta) for theta in path.stacked])
        shadows = seen.plane.at(seen.plane.coordinates(path.stacked))
        assert_allclose(below, [objective(theta) for theta in shadows])
    assert seen.best_value == pytest.approx(objective(best))
    [shadow] = seen.plane.at(seen.plane.coordinates(best[None]))
    assert seen.best_below == pytest.approx(objective(shadow))


def test_without_an_optimum_the_best_saved_point_of_all_runs_takes_its_place(
    paths: list[WeightPath],
) -> None:
    seen = on_a_plane(PAIR, paths, None, 1, "optimum")
    points = np.concatenate([path.stacked for path in paths])
    assert any(np.array_equal(seen.best, point) for point in points)
    assert seen.best_value == pytest.approx(min(values.min() for values in seen.values))
    assert seen.best_below == pytest.approx(seen.best_value), "it spans the plane"


def test_the_grid_holds_start_optimum_and_end(paths: list[WeightPath]) -> None:
    best = certify(BLOBS).theta
    seen = on_a_plane(PAIR, paths, best, 0, "optimum")
    ends = np.stack([paths[0].stacked[0], best, paths[0].stacked[-1]])
    for place in seen.plane.coordinates(ends):
        for axis, at in zip((seen.land.a, seen.land.b), place, strict=True):
            assert axis[0] <= at <= axis[-1]
