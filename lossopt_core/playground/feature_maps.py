r"""Feature maps from the plane to the inputs of a linear classifier.

A classifier that is linear in nonlinear features has curved decision boundaries.  Maps do not
depend on data or training, so moving a point does not change the features of others.  Features
have size about 1 on the square of the playground, so that one learning rate suits all maps.

To add a map, write a frozen dataclass with `features` and `names` and add it to `FEATURE_MAPS`; its
fields are named after `MAP_FIELDS`, or `seed`.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from typing_extensions import override

from lossopt_core.experiment.description import FIELDS, parameter_names
from lossopt_core.fields import Field, Number
from lossopt_core.objective.linear import Array
from lossopt_core.playground.points import SIDE

MAP_FIELDS: dict[str, Number] = {
    "degree": Number("Degree", 3, 1, 8, "Maximum total degree.", whole=True),
    "waves": Number("Features", 30, 1, 50, "Number of random Fourier features.", whole=True),
    "frequency": Number(
        "Frequency", 2.0, 0.1, 10.0, "Standard deviation of the frequencies: higher is finer."
    ),
}
DECLARED: dict[str, Field] = {**MAP_FIELDS, "seed": FIELDS["seed"]}


@dataclass(frozen=True)
class FeatureMap(ABC):
    """Interface of a feature map."""

    label: ClassVar[str]
    formula: ClassVar[str]
    """LaTeX of the features of a point."""

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """Feature names, (d,)."""

    @abstractmethod
    def features(self, positions: Array) -> Array:
        """Features (n, d) at positions (n, 2)."""


@dataclass(frozen=True)
class Plain(FeatureMap):
    """The two coordinates."""

    label = "x1, x2"
    formula = r"x_1,\; x_2"

    @property
    @override
    def names(self) -> tuple[str, ...]:
        return ("x1", "x2")

    @override
    def features(self, positions: Array) -> Array:
        return positions


@dataclass(frozen=True)
class Squares(Plain):
    """The coordinates and their squares: axis-aligned ellipses."""

    label = "x1, x2, squares"
    formula = r"x_1,\; x_2,\; x_1^2,\; x_2^2"

    @property
    @override
    def names(self) -> tuple[str, ...]:
        return ("x1", "x2", "x1²", "x2²")

    @override
    def features(self, positions: Array) -> Array:
        return np.hstack([positions, positions**2])


@dataclass(frozen=True)
class Product(Plain):
    """The coordinates and their product: saddles, as needed for XOR."""

    label = "x1, x2, product"
    formula = r"x_1,\; x_2,\; x_1 x_2"

    @property
    @override
    def names(self) -> tuple[str, ...]:
        return ("x1", "x2", "x1 x2")

    @override
    def features(self, positions: Array) -> Array:
        return np.hstack([positions, positions.prod(axis=1, keepdims=True)])


@dataclass(frozen=True)
class Sines(Plain):
    """The coordinates and a sine along each axis."""

    label = "x1, x2, sines"
    formula = r"x_1,\; x_2,\; \sin \pi x_1,\; \sin \pi x_2"

    @property
    @override
    def names(self) -> tuple[str, ...]:
        return ("x1", "x2", "sin πx1", "sin πx2")

    @override
    def features(self, positions: Array) -> Array:
        return np.hstack([positions, np.sin(np.pi * positions)])


@dataclass(frozen=True)
class Polynomial(FeatureMap):
    """All monomials up to a degree, scaled to mean square 1 on the square."""

    degree: int = 3

    label = "Polynomial"
    formula = r"x_1^a x_2^b \;/\; \mathrm{rms}, \quad 1 \le a + b \le \text{degree}"

    @property
    def powers(self) -> Array:
        """The exponents of both coordinates in each feature, (d, 2)."""
        pairs = [
            (total - second, second)
            for total in range(1, self.degree + 1)
            for second in range(total + 1)
        ]
        return np.array(pairs, dtype=np.float64)

    @property
    @override
    def names(self) -> tuple[str, ...]:
        return tuple(
            " ".join(
                f"{name}{'⁰¹²³⁴⁵⁶⁷⁸'[int(power)] if power > 1 else ''}"
                for name, power in zip(("x1", "x2"), row, strict=True)
                if power
            )
            for row in self.powers
        )

    @override
    def features(self, positions: Array) -> Array:
        powers = self.powers
        # The mean of x^2a over the square is SIDE^2a / (2a + 1).
        scale = np.sqrt(2 * powers + 1).prod(axis=1)
        scaled: Array = ((positions / SIDE)[:, None, :] ** powers).prod(axis=2) * scale
        return scaled


@dataclass(frozen=True)
class RandomFourier(FeatureMap):
    """Random Fourier features, which approximate a Gaussian kernel  (Rahimi and Recht, 2007)."""

    waves: int = 30
    frequency: float = 2.0
    seed: int = 0

    label = "Random Fourier"
    formula = r"\sqrt2\, \cos(\omega^\top x + \varphi), \quad \omega \sim N(0, \text{frequency}^2)"

    @property
    @override
    def names(self) -> tuple[str, ...]:
        return tuple(f"wave {number}" for number in range(1, self.waves + 1))

    @override
    def features(self, positions: Array) -> Array:
        random = np.random.default_rng([self.seed, 3])
        directions = self.frequency * random.standard_normal((2, self.waves))
        phases = random.uniform(0.0, 2.0 * np.pi, self.waves)
        waves: Array = np.sqrt(2.0) * np.cos(positions @ directions + phases)
        return waves


FEATURE_MAPS: dict[str, type[FeatureMap]] = {
    "plain": Plain,
    "squares": Squares,
    "product": Product,
    "sines": Sines,
    "polynomial": Polynomial,
    "fourier": RandomFourier,
}


def feature_map(name: str, settings: Mapping[str, Any]) -> FeatureMap:
    """The map of this name with its validated settings."""
    entry = FEATURE_MAPS[name]
    return entry(
        **{each: DECLARED[each].check(each, settings[each]) for each in parameter_names(entry)}
    )
