"""The objective on a plane through weight space, with projected trajectories.

Weights are classifiers theta (C, D + 1) with the bias as last column; a plane is a point and two
orthonormal directions, so that its coordinates (a, b) are distances in weight space.  Scores are
linear in the weights: on a plane they are S0 + a S1 + b S2, so a landscape takes three products.
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
"""Grid points per side; fewer for very large data."""
MIN_GRID = 15
MAX_NUMBERS = 100_000_000
"""Maximum number of scores computed for a landscape: about 1 s."""
NUMBERS_PER_CHUNK = 250_000
"""Scores held at a time, 2 MB: little memory, and they stay in the processor's cache."""
PADDING = 0.2
"""Empty space on each side, as a fraction of the width of the content."""
NEGLIGIBLE = 1e-6
"""Relative length below which the new component of a direction is rounding error."""


@dataclass(frozen=True, eq=False)
class Plane:
    """A plane through weight space: origin (C, D + 1), directions (2, C, D + 1)."""

    origin: Array
    directions: Array

    @classmethod
    def through(cls, start: Array, best: Array, end: Array, path: WeightPath) -> Self:
        """The plane through three classifiers; the first direction is from start to best.

        If they are collinear, a point of the path off the line replaces the end.
        """
        vectors = [best - start, end - start, *(path.stacked[::-1] - start)]
        return cls(start, two_directions(vectors))

    @classmethod
    def principal(cls, paths: Sequence[WeightPath]) -> Self:
        """The plane of the first two principal components of all paths' points."""
        points = np.concatenate([path.stacked for path in paths])
        center = points.mean(axis=0)
        rows = (points - center).reshape(len(points), -1)
        _, _, directions = np.linalg.svd(rows, full_matrices=False)
        return cls(center, two_directions(directions[:2].reshape(-1, *center.shape)))

    def coordinates(self, points: Array) -> Array:
        """Project classifiers (k, C, D + 1) onto the plane: coordinates (k, 2)."""
        seen: Array = np.tensordot(points - self.origin, self.directions, ((1, 2), (1, 2)))
        return seen

    def at(self, coordinates: Array) -> Array:
        """The classifiers (k, C, D + 1) at coordinates (k, 2) of the plane."""
        moved: Array = self.origin + np.tensordot(coordinates, self.directions, 1)
        return moved

    def explained_variance(self, path: WeightPath) -> float:
        """The fraction of a path's variance that lies in the plane."""
        points = path.stacked
        total = float(((points - points.mean(axis=0)) ** 2).sum())
        coordinates = self.coordinates(points)
        shown = float(((coordinates - coordinates.mean(axis=0)) ** 2).sum())
        return min(1.0, shown / total) if total > 0 else 1.0


@dataclass(frozen=True, eq=False)
class Landscape:
    """The training objective on a grid of a plane.

    a, b        coordinates along the two directions, distances in weight space
    objective   (len(b), len(a))
    """

    a: Array
    b: Array
    objective: Array


def landscape(experiment: Experiment, plane: Plane, seen: Array) -> Landscape:
    """The objective on a grid of the plane that contains the coordinates `seen` (k, 2)."""
    data = load_data(experiment)
    cells = MAX_NUMBERS // (len(data.class_names) * len(data.train_labels))
    points = max(MIN_GRID, min(GRID, int(np.sqrt(cells))))
    low, high = seen.min(axis=0), seen.max(axis=0)
    width = max(float((high - low).max()), NEGLIGIBLE)
    # At least half as thick as long, so that a line gets some space around it.
    middle, half = (low + high) / 2, np.maximum(high - low, width / 2) * (0.5 + PADDING)
    a, b = (np.linspace(middle[k] - half[k], middle[k] + half[k], points) for k in (0, 1))
    coordinates = np.stack(np.meshgrid(a, b), axis=-1).reshape(-1, 2)
    return Landscape(a, b, objective_at(experiment, plane, coordinates).reshape(len(b), len(a)))


def objective_at(experiment: Experiment, plane: Plane, coordinates: Array) -> Array:
    """The training objective (k,) at coordinates (k, 2) of a plane."""
    data = load_data(experiment)
    loss, penalty = loss_of(experiment), regularizer_of(experiment)
    X = linear.with_ones(data.train_features)
    base, one, two = linear.scores(np.stack([plane.origin, *plane.directions]), X)
    values = np.empty(len(coordinates))
    at_once = max(1, NUMBERS_PER_CHUNK // base.size)
    for first in range(0, len(coordinates), at_once):
        some = slice(first, first + at_once)
        a, b = coordinates[some].T[..., None, None]
        values[some] = loss.value(base + a * one + b * two, data.train_labels).mean(axis=-1)
        values[some] += penalty.value(plane.at(coordinates[some])[..., :-1])
    return values


def objectives(experiment: Experiment, stacked: Array) -> Array:
    """The training objective (k,) of classifiers (k, C, D + 1)."""
    data = load_data(experiment)
    loss, penalty = loss_of(experiment), regularizer_of(experiment)
    X = linear.with_ones(data.train_features)
    means = [
        loss.value(linear.scores(each[None], X)[0], data.train_labels).mean() for each in stacked
    ]
    return np.array(means) + penalty.value(stacked[..., :-1])


def two_directions(vectors: Iterable[Array]) -> Array:
    """Two orthonormal directions from the first two linearly independent vectors.

    If there are fewer, coordinate axes are used instead.
    """
    found: list[Array] = []
    for vector in vectors:
        _add_direction(found, vector)
        if len(found) == 2:
            return np.stack(found)
    for index in range(3):
        axis = np.zeros_like(vector)
        axis.flat[index] = 1.0
        _add_direction(found, axis)
    return np.stack(found[:2])


def _add_direction(found: list[Array], vector: Array) -> None:
    rest = vector
    for direction in found:
        rest = rest - float((rest * direction).sum()) * direction
    length = float(np.linalg.norm(rest))
    if length > NEGLIGIBLE * float(np.linalg.norm(vector)):
        found.append(rest / length)
