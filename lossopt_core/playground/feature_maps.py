r"""Feature maps from the plane to the inputs of a linear classifier.

A classifier that is linear in nonlinear features has curved decision boundaries.  Maps do not
depend on data or training, so moving a point does not change the features of others.  Features
have size about 1 on the square of the playground, so that one learning rate suits all maps.

All features have one form, `scale x1^a x2^b cos(u x1 + v x2 + phase)`, so that whoever draws them
needs only these six numbers.

To add a map, write a frozen dataclass with `terms` and `names` and add it to `FEATURE_MAPS`; its
fields are named after `MAP_FIELDS`, or `seed`.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from typing_extensions import override

from lossopt_core.experiment.description import FIELDS, parameter_names
from lossopt_core.fields import Field, Number, brief
from lossopt_core.objective.linear import Array
from lossopt_core.playground.points import SIDE

_SINE = -np.pi / 2.0
"""The phase that makes a cosine a sine."""
PIECES: dict[str, tuple[str, tuple[float, ...]]] = {
    "x1": ("x1", (1, 1, 0, 0, 0, 0)),
    "x2": ("x2", (1, 0, 1, 0, 0, 0)),
    "x1sq": ("x1²", (1, 2, 0, 0, 0, 0)),
    "x2sq": ("x2²", (1, 0, 2, 0, 0, 0)),
    "x1x2": ("x1 x2", (1, 1, 1, 0, 0, 0)),
    "sin1": ("sin πx1", (1, 0, 0, np.pi, 0, _SINE)),
    "sin2": ("sin πx2", (1, 0, 0, 0, np.pi, _SINE)),
}
"""Single features, each with its name and its term, from which a map can be put together."""


@dataclass(frozen=True)
class Pick:
    """A nonempty subset of the `PIECES`."""

    label: str
    default: tuple[str, ...]
    help: str

    def check(self, name: str, value: Any) -> tuple[str, ...]:
        """The pieces in their fixed order; ValueError for unknown ones, or none."""
        given = value if isinstance(value, list | tuple) else [value]
        unknown = [each for each in given if not isinstance(each, str) or each not in PIECES]
        if unknown or not given:
            got = brief(unknown[0]) if unknown else "none"
            raise ValueError(f"{name} must be chosen from {', '.join(PIECES)}; got {got}")
        return tuple(each for each in PIECES if each in given)


MAP_FIELDS: dict[str, Number] = {
    "degree": Number("Degree", 3, 1, 8, "Maximum total degree.", whole=True),
    "waves": Number("Features", 30, 1, 50, "Number of random Fourier features.", whole=True),
    "frequency": Number(
        "Frequency", 2.0, 0.1, 10.0, "Standard deviation of the frequencies: higher is finer."
    ),
}
PICKED = Pick("Picked features", ("x1", "x2"), "Inputs of the classifier, any number of them.")
DECLARED: dict[str, Field | Pick] = {**MAP_FIELDS, "picked": PICKED, "seed": FIELDS["seed"]}


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

    @property
    @abstractmethod
    def terms(self) -> Array:
        """Scale, a, b, u, v and phase of each feature, (d, 6)."""

    def features(self, positions: Array) -> Array:
        """Features (n, d) at positions (n, 2)."""
        scale, powers, waves, phase = np.split(self.terms, [1, 3, 5], axis=1)
        found: Array = (positions[:, None, :] ** powers).prod(axis=2) * scale[:, 0]
        if waves.any() or phase.any():
            found *= np.cos(positions @ waves.T + phase[:, 0])
        return found


@dataclass(frozen=True)
class Pieces(FeatureMap):
    """A map of some of the `PIECES`."""

    @property
    @abstractmethod
    def pieces(self) -> tuple[str, ...]:
        """Their names in `PIECES`."""

    @property
    @override
    def names(self) -> tuple[str, ...]:
        return tuple(PIECES[each][0] for each in self.pieces)

    @property
    @override
    def terms(self) -> Array:
        return np.array([PIECES[each][1] for each in self.pieces], dtype=np.float64)


@dataclass(frozen=True)
class Plain(Pieces):
    """The two coordinates."""

    label = "x1, x2"
    formula = r"x_1,\; x_2"
    pieces = ("x1", "x2")


@dataclass(frozen=True)
class Squares(Pieces):
    """The coordinates and their squares: axis-aligned ellipses."""

    label = "x1, x2, squares"
    formula = r"x_1,\; x_2,\; x_1^2,\; x_2^2"
    pieces = ("x1", "x2", "x1sq", "x2sq")


@dataclass(frozen=True)
class Product(Pieces):
    """The coordinates and their product: saddles, as needed for XOR."""

    label = "x1, x2, product"
    formula = r"x_1,\; x_2,\; x_1 x_2"
    pieces = ("x1", "x2", "x1x2")


@dataclass(frozen=True)
class Sines(Pieces):
    """The coordinates and a sine along each axis."""

    label = "x1, x2, sines"
    formula = r"x_1,\; x_2,\; \sin \pi x_1,\; \sin \pi x_2"
    pieces = ("x1", "x2", "sin1", "sin2")


@dataclass(frozen=True)
class Picked(Pieces):
    """Any of the pieces, picked by hand."""

    picked: tuple[str, ...] = ("x1", "x2")

    label = "Picked from the pictures"
    formula = r"\text{the highlighted pictures}"

    @property
    @override
    def pieces(self) -> tuple[str, ...]:
        return self.picked


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

    @property
    @override
    def terms(self) -> Array:
        powers = self.powers
        # The mean of x^2a over the square is SIDE^2a / (2a + 1).
        scale = (np.sqrt(2 * powers + 1) / SIDE**powers).prod(axis=1)
        return np.column_stack([scale, powers, np.zeros((len(powers), 3))])


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

    @property
    @override
    def terms(self) -> Array:
        random = np.random.default_rng([self.seed, 3])
        directions = self.frequency * random.standard_normal((2, self.waves))
        phases = random.uniform(0.0, 2.0 * np.pi, self.waves)
        scales = np.full(self.waves, np.sqrt(2.0))
        powers = np.zeros((self.waves, 2))
        return np.column_stack([scales, powers, directions.T, phases])


FEATURE_MAPS: dict[str, type[FeatureMap]] = {
    "plain": Plain,
    "squares": Squares,
    "product": Product,
    "sines": Sines,
    "picked": Picked,
    "polynomial": Polynomial,
    "fourier": RandomFourier,
}


def feature_map(name: str, settings: Mapping[str, Any]) -> FeatureMap:
    """The map of this name with its validated settings."""
    entry = FEATURE_MAPS[name]
    return entry(
        **{each: DECLARED[each].check(each, settings[each]) for each in parameter_names(entry)}
    )
