"""Labelled points in the plane, few enough to edit by hand.

All points lie in the square from -SIDE to SIDE, rounded to thousandths, so that the displayed
numbers, those in the URL and those used in computations are the same.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lossopt_core.data.datasets import DATASETS, Examples, letters
from lossopt_core.experiment.loading import Data, given_data
from lossopt_core.fields import Number, brief
from lossopt_core.objective.linear import Array, Labels

SIDE = 1.5
MAX_POINTS = 300
MAX_CLASSES = 5
RASTER = 1000
"""Raster steps per unit."""
LONGEST_TEXT = MAX_POINTS * len("-1500.-1500A")
CLASS_NAMES = letters(MAX_CLASSES)
_POINT = re.compile(r"(-?\d{1,4})\.(-?\d{1,4})([A-Z])")

COORDINATE = Number("Coordinate", 0.0, -SIDE, SIDE, "Coordinate of a point along an axis.")
COUNT = Number(
    "Number of points",
    90,
    10,
    MAX_POINTS,
    "Over all classes.",
    whole=True,
)
NOISE = Number("Noise", 0.25, 0.0, 1.0, "Noise level of the points.")
TESTS = Number(
    "Test points", 0.0, 0.0, 0.5, "Share of the points that are only predicted, not trained on."
)


@dataclass(frozen=True, eq=False)
class Points:
    """Positions (n, 2) in the square and labels (n,) 0, 1, 2, …; ValueError if invalid."""

    positions: Array
    labels: Labels

    def __post_init__(self) -> None:
        count = len(self.labels)
        if not 1 <= count <= MAX_POINTS:
            raise ValueError(f"there must be 1 to {MAX_POINTS} points, got {count:,}")
        if not np.isfinite(self.positions).all() or np.abs(self.positions).max() > SIDE:
            raise ValueError(f"points must have coordinates from {-SIDE:g} to {SIDE:g}")
        if self.labels.min() < 0 or self.labels.max() >= MAX_CLASSES:
            raise ValueError(f"points must have classes {', '.join(CLASS_NAMES)}")
        object.__setattr__(self, "positions", np.round(self.positions * RASTER) / RASTER + 0.0)

    @property
    def classes(self) -> int:
        """Number of classes, up to the last one with a point; at least two."""
        return max(2, int(self.labels.max()) + 1)

    @property
    def class_names(self) -> tuple[str, ...]:
        """A, B, C, …"""
        return CLASS_NAMES[: self.classes]

    @property
    def text(self) -> str:
        """The points as text, `500.-400A…` in thousandths; `read_points` parses it."""
        places = np.round(self.positions * RASTER).astype(np.int64)
        return "".join(
            f"{x}.{y}{CLASS_NAMES[label]}"
            for (x, y), label in zip(places, self.labels, strict=True)
        )

    def data(self, features: Array) -> Data:
        """Training data with these features (n, d) instead of the positions."""
        return given_data(features, self.labels, self.class_names)


def read_points(text: str) -> Points:
    """Parse points written by `Points.text`; ValueError for any other text."""
    found = _POINT.findall(text)
    if "".join(f"{x}.{y}{name}" for x, y, name in found) != text:
        raise ValueError(
            "points must be written like 500.-400A, in thousandths with a class"
            f" {', '.join(CLASS_NAMES)}, got {brief(text)}"
        )
    places = np.array([(int(x), int(y)) for x, y, _ in found], dtype=np.float64)
    return _points(places.reshape(-1, 2) / RASTER, [ord(name) - ord("A") for *_, name in found])


def _points(positions: Array, labels: Any) -> Points:
    return Points(positions, np.asarray(labels, dtype=np.int64))


def moved(points: Points, index: int, x: float, y: float) -> Points:
    """Move one point; positions are clipped to the square."""
    positions = points.positions.copy()
    positions[_place(points, index)] = _inside(x, y)
    return Points(positions, points.labels)


def added(points: Points, x: float, y: float, label: int) -> Points:
    """Append a point."""
    positions = np.vstack([points.positions, _inside(x, y)])
    return _points(positions, [*points.labels, label])


def relabelled(points: Points, index: int, label: int) -> Points:
    """Change the class of a point."""
    labels = points.labels.copy()
    labels[_place(points, index)] = label
    return Points(points.positions, labels)


def deleted(points: Points, index: int) -> Points:
    """Delete a point; ValueError for the last remaining one."""
    place = _place(points, index)
    return Points(np.delete(points.positions, place, axis=0), np.delete(points.labels, place))


def split(points: Points, share: float, seed: int) -> tuple[Points, Points | None]:
    """Training and test points: a share of each class's points, but never all of them."""
    random = np.random.default_rng([seed, 4])
    tested = np.zeros(len(points.labels), dtype=bool)
    for label in np.unique(points.labels):
        places = random.permutation(np.flatnonzero(points.labels == label))
        tested[places[: min(round(share * len(places)), len(places) - 1)]] = True
    if not tested.any():
        return points, None
    return (
        Points(points.positions[~tested], points.labels[~tested]),
        Points(points.positions[tested], points.labels[tested]),
    )


def _inside(x: float, y: float) -> Array:
    place = np.array([x, y], dtype=np.float64)
    if not np.isfinite(place).all():
        raise ValueError("points must have finite coordinates")
    return np.clip(place, -SIDE, SIDE)


def _place(points: Points, index: int) -> int:
    if not 0 <= index < len(points.labels):
        raise ValueError(f"there is no point {brief(index)} among {len(points.labels)}")
    return index


@dataclass(frozen=True)
class PointSet:
    """An entry of `POINT_SETS`.

    make   creates examples from the number of points, a noise level from 0 to 1 and a seed
    """

    label: str
    make: Callable[[int, float, int], Examples]
    fixed: bool = False
    """Whether number, noise and seed have no effect."""
    centred: bool = False
    """Whether it is centred and scaled to fit into the square."""

    def points(self, count: int = 90, noise: float = 0.25, seed: int = 0) -> Points:
        """Generate at most `count` points; positions are clipped to the square."""
        examples = self.make(count, noise, seed)
        positions = examples.features
        if self.centred:
            positions = positions - (positions.max(axis=0) + positions.min(axis=0)) / 2
            positions = positions * (0.8 * SIDE / np.abs(positions).max())
        return Points(np.clip(positions, -SIDE, SIDE), examples.labels)


def _made(dataset: str, **options: Any) -> Examples:
    """Examples of a data set, with the seed as an option."""
    return DATASETS[dataset].make(options, options.pop("seed"))


def _two_points() -> Examples:
    return Examples(
        np.array([[-0.5, 0.0], [0.5, 0.0]]), np.array([0, 1]), CLASS_NAMES[:2], ("x1", "x2")
    )


POINT_SETS: dict[str, PointSet] = {
    "course": PointSet(
        "Course",
        lambda count, noise, seed: _made("course_demo", seed=seed),
        fixed=True,
    ),
    "blobs": PointSet(
        "Blobs",
        lambda count, noise, seed: _made(
            "blobs", examples=count, classes=3, features=2, spread=0.1 + 3 * noise, seed=seed
        ),
        centred=True,
    ),
    "spiral": PointSet(
        "Spiral",
        lambda count, noise, seed: _made(
            "spiral", classes=3, points=count // 3, noise=0.8 * noise, seed=seed
        ),
    ),
    "moons": PointSet(
        "Moons",
        lambda count, noise, seed: _made("moons", examples=count, noise=0.6 * noise, seed=seed),
        centred=True,
    ),
    "circles": PointSet(
        "Circles",
        lambda count, noise, seed: _made(
            "circles", examples=count, noise=0.4 * noise, inner_radius=0.5, seed=seed
        ),
    ),
    "own": PointSet("Blank", lambda count, noise, seed: _two_points(), fixed=True),
}

DEMO_WEIGHTS: Array = np.array([[2.06, 1.48, -0.42], [0.44, -1.82, 0.52], [2.27, -2.04, -0.10]])
"""W (3, 3) with b as last column, as printed in the course's demo next to its nine points.

Source: CS231n, linear classification demo.
"""
DEMO_SETTINGS = {"loss": "hinge", "margin": 1.0, "regularizer": "l2", "strength": 0.1}
"""The settings behind the demo's numbers."""
