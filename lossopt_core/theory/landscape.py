"""The objective on a plane through weight space, with the ways of runs on it.

Weights are classifiers theta (C, D + 1) with the bias as last column; a plane is a point and two
orthonormal directions, so that its coordinates (a, b) are distances in weight space.  Scores are
linear in the weights: on a plane they are S0 + a S1 + b S2, three products for a whole landscape.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from lossopt_core.experiment.description import Experiment, loss_of, regularizer_of
from lossopt_core.experiment.loading import load_data
from lossopt_core.objective import linear
from lossopt_core.objective.linear import Array
from lossopt_core.training.path import WeightPath

GRID = 41
"""Points along each side of a landscape; fewer where there are very many examples."""
LEAST_GRID = 15
MOST_NUMBERS = 100_000_000
"""Scores that are looked at for a landscape: about a second."""
NUMBERS_AT_ONCE = 2_000_000
ROOM = 0.2
"""Of the width of what is to be seen, left free at each side."""
NEGLIGIBLE = 1e-6
"""Length of what is new in a direction, relative to the whole, that is rounding."""


@dataclass(frozen=True, eq=False)
class Plane:
    """A plane through weight space: origin (C, D + 1), directions (2, C, D + 1)."""

    origin: Array
    directions: Array

    @classmethod
    def through(cls, start: Array, best: Array, end: Array, path: WeightPath) -> Self:
        """Through three classifiers; the first direction is from the start to the best.

        Where they lie on a line, a point of the path that leaves it takes the place of the end.
        """
        ways = [best - start, end - start, *(path.stacked[::-1] - start)]
        return cls(start, two_directions(ways))

    @classmethod
    def principal(cls, paths: Sequence[WeightPath]) -> Self:
        """The two directions in which the points of all paths together spread most."""
        points = np.concatenate([path.stacked for path in paths])
        center = points.mean(axis=0)
        rows = (points - center).reshape(len(points), -1)
        _, _, directions = np.linalg.svd(rows, full_matrices=False)
        return cls(center, two_directions(directions[:2].reshape(-1, *center.shape)))

    def coordinates(self, points: Array) -> Array:
        """Where classifiers (k, C, D + 1) are seen on the plane, (k, 2)."""
        seen: Array = np.tensordot(points - self.origin, self.directions, ((1, 2), (1, 2)))
        return seen

    def at(self, coordinates: Array) -> Array:
        """The classifiers (k, C, D + 1) at places (k, 2) of the plane."""
        moved: Array = self.origin + np.tensordot(coordinates, self.directions, 1)
        return moved

    def share(self, path: WeightPath) -> float:
        """The share of a path's variance (squared distances from its mean) that it shows."""
        points = path.stacked
        total = float(((points - points.mean(axis=0)) ** 2).sum())
        seen = self.coordinates(points)
        shown = float(((seen - seen.mean(axis=0)) ** 2).sum())
        return min(1.0, shown / total) if total > 0 else 1.0


@dataclass(frozen=True, eq=False)
class Landscape:
    """The training objective on a grid of a plane.

    a, b        places along the two directions, distances in weight space
    objective   (len(b), len(a))
    """

    a: Array
    b: Array
    objective: Array


def landscape(experiment: Experiment, plane: Plane, seen: Array) -> Landscape:
    """The objective of an experiment around what is to be seen on the plane, places (k, 2)."""
    data = load_data(experiment)
    cells = MOST_NUMBERS // (len(data.class_names) * len(data.train_labels))
    points = max(LEAST_GRID, min(GRID, int(np.sqrt(cells))))
    low, high = seen.min(axis=0), seen.max(axis=0)
    width = max(float((high - low).max()), NEGLIGIBLE)
    # Not thinner than half its length: a line needs room beside it.
    middle, half = (low + high) / 2, np.maximum(high - low, width / 2) * (0.5 + ROOM)
    a, b = (np.linspace(middle[k] - half[k], middle[k] + half[k], points) for k in (0, 1))
    places = np.stack(np.meshgrid(a, b), axis=-1).reshape(-1, 2)
    return Landscape(a, b, objective_at(experiment, plane, places).reshape(len(b), len(a)))


def objective_at(experiment: Experiment, plane: Plane, places: Array) -> Array:
    """The training objective at places (k, 2) of a plane, (k,)."""
    data = load_data(experiment)
    loss, penalty = loss_of(experiment), regularizer_of(experiment)
    X = linear.with_ones(data.train_features)
    base, one, two = linear.scores(np.stack([plane.origin, *plane.directions]), X)
    values = np.empty(len(places))
    at_once = max(1, NUMBERS_AT_ONCE // base.size)
    for first in range(0, len(places), at_once):
        some = slice(first, first + at_once)
        a, b = places[some].T[..., None, None]
        values[some] = loss.value(base + a * one + b * two, data.train_labels).mean(axis=-1)
        values[some] += penalty.value(plane.at(places[some])[..., :-1])
    return values


def objectives(experiment: Experiment, stacked: Array) -> Array:
    """The training objective at classifiers (k, C, D + 1), (k,)."""
    data = load_data(experiment)
    loss, penalty = loss_of(experiment), regularizer_of(experiment)
    X = linear.with_ones(data.train_features)
    means = [
        loss.value(linear.scores(each[None], X)[0], data.train_labels).mean() for each in stacked
    ]
    return np.array(means) + penalty.value(stacked[..., :-1])


def two_directions(ways: Iterable[Array]) -> Array:
    """Two orthonormal directions: of the first ways that lead anywhere new.

    Where there are not so many, coordinate axes stand in.
    """
    found: list[Array] = []
    for way in ways:
        _add_direction(found, way)
        if len(found) == 2:
            return np.stack(found)
    for place in range(3):
        axis = np.zeros_like(way)
        axis.flat[place] = 1.0
        _add_direction(found, axis)
    return np.stack(found[:2])


def _add_direction(found: list[Array], way: Array) -> None:
    rest = way
    for direction in found:
        rest = rest - float((rest * direction).sum()) * direction
    length = float(np.linalg.norm(rest))
    if length > NEGLIGIBLE * float(np.linalg.norm(way)):
        found.append(rest / length)
