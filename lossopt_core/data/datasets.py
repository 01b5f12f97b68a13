"""The data sets that an experiment can name.

To add one, write a function from its options and a seed to `Examples`, and enter it in
`DATASETS` with the options that it takes and how many examples they give.
"""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol
from weakref import WeakValueDictionary

import numpy as np
import pandas as pd

from lossopt_core.fields import Field, Fingerprint, Number
from lossopt_core.objective.linear import Array, Labels
from lossopt_core.shipped import path_of

SHIPPED = path_of("data")


@dataclass(frozen=True)
class Examples:
    """A data set before it is split: features (n, d), labels (n,) as 0..C-1, and names."""

    features: Array
    labels: Labels
    class_names: tuple[str, ...]
    feature_names: tuple[str, ...]
    image_shape: tuple[int, int] | None = None
    """Rows and columns of an example that is an image, row by row."""


def class_sizes(examples: Examples) -> dict[str, int]:
    """How many examples each class has, by its name."""
    counts = np.bincount(examples.labels, minlength=len(examples.class_names))
    return dict(zip(examples.class_names, counts.tolist(), strict=True))


@dataclass(frozen=True)
class Size:
    """How large a data set is under given options, known before it is made."""

    examples: int
    classes: int
    features: int


@dataclass(frozen=True)
class Dataset:
    """An entry of `DATASETS`."""

    label: str
    summary: str
    source: str
    make: Callable[[Mapping[str, Any], int], Examples]
    """From options and a seed to examples; equal arguments give equal examples."""
    size: Callable[[Mapping[str, Any]], Size]
    options: Mapping[str, Field] = field(default_factory=dict)
    generated: bool = False
    """Whether each seed makes other examples; otherwise they are the same, split otherwise."""
    brought: bool = False
    """Whether somebody has to bring the examples: only who has them can load them."""


class MissingDataError(ValueError):
    """Uploaded data are not here; the message says which, and what to do.

    `options` are the data set's options in the experiment: fingerprint and size.
    """

    def __init__(self, message: str, options: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.options = dict(options)


@dataclass(frozen=True)
class Owner:
    """Who has uploaded data: a workspace of the store at an address."""

    address: str
    workspace: str


class Place(Protocol):
    """Where data lie that somebody brought, by their fingerprints."""

    @property
    def owner(self) -> Owner: ...
    def has(self, mark: str, /) -> bool: ...
    def examples(self, mark: str, /) -> Examples | None: ...


class InMemory:
    """Examples in the memory of this program, as long as some experiment on them is there."""

    owner = Owner("memory", "arrays")

    def __init__(self) -> None:
        self._examples: WeakValueDictionary[str, Examples] = WeakValueDictionary()

    def add(self, mark: str, examples: Examples) -> None:
        """Find these examples by their fingerprint from now on."""
        self._examples[mark] = examples

    def has(self, mark: str) -> bool:
        """Whether the examples of this fingerprint are here."""
        return mark in self._examples

    def examples(self, mark: str) -> Examples | None:
        """The examples of this fingerprint, if they are here."""
        return self._examples.get(mark)


class Brought:
    """Where uploaded data are looked up: a place that the program names, then its own memory.

    here    the place for a while, in one thread
    usual   the place in all other cases, asked whenever data are wanted
    """

    def __init__(self) -> None:
        self.here: ContextVar[Place | None] = ContextVar("here", default=None)
        self.usual: Callable[[], Place | None] = lambda: None

    def place(self) -> Place | None:
        """Where data are looked for now."""
        return self.here.get() or self.usual()

    def _place_of(self, mark: str) -> Place | None:
        named = self.place()
        places = [IN_MEMORY] if named is None else [named, IN_MEMORY]
        return next((place for place in places if place.has(mark)), None)

    def check(self, options: Mapping[str, Any]) -> None:
        """MissingDataError where the data of these options are not here."""
        self.owner(options)

    def owner(self, options: Mapping[str, Any]) -> Owner:
        """Whose the data of these options are; MissingDataError where they are not here."""
        place = self._place_of(options["data"])
        if place is None:
            raise _missing(options)
        return place.owner

    def class_sizes(self, mark: str) -> Mapping[str, int] | None:
        """How many examples each class of these data has, if they are here."""
        place = self._place_of(mark)
        if place is None:
            return None
        if (known := getattr(place, "class_sizes", None)) is not None:
            sizes: Mapping[str, int] | None = known(mark)
            return sizes
        examples = place.examples(mark)
        return None if examples is None else class_sizes(examples)

    def find(self, mark: str) -> Examples | None:
        """The examples of this fingerprint, if they are here."""
        place = self._place_of(mark)
        return None if place is None else place.examples(mark)


IN_MEMORY = InMemory()
BROUGHT = Brought()


def _missing(options: Mapping[str, Any]) -> MissingDataError:
    return MissingDataError(
        f"the data with the fingerprint {options['data']} ({options['examples']:,} examples,"
        f" {options['features']:,} features, {options['classes']} classes) are not here: add the"
        " file that they came from",
        options,
    )


def own(options: Mapping[str, Any], seed: int) -> Examples:
    """What somebody brought.  ValueError where it has another size than the options say."""
    examples = BROUGHT.find(options["data"])
    if examples is None:
        raise _missing(options)
    n, d = examples.features.shape
    if (n, d, len(examples.class_names)) != tuple(
        options[name] for name in ("examples", "features", "classes")
    ):
        raise ValueError(
            f"the data with the fingerprint {options['data']} have {n:,} examples, {d:,} features"
            f" and {len(examples.class_names)} classes, not what the experiment says"
        )
    return examples


def digits(options: Mapping[str, Any], seed: int) -> Examples:
    """Handwritten digits, 8 × 8 pixels of 0 to 16  (Alpaydin and Kaynak, 1998)."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return Examples(
        features=bunch.data.astype(np.float64),
        labels=bunch.target.astype(np.int64),
        class_names=tuple(str(name) for name in bunch.target_names),
        feature_names=tuple(f"pixel {row},{column}" for row in range(8) for column in range(8)),
        image_shape=(8, 8),
    )


def blobs(options: Mapping[str, Any], seed: int) -> Examples:
    """Round clouds of normal points around random centres, equally many in each class."""
    from sklearn.datasets import make_blobs

    features, labels = make_blobs(
        n_samples=options["examples"],
        n_features=options["features"],
        centers=options["classes"],
        cluster_std=options["spread"],
        center_box=(-5.0, 5.0),
        random_state=seed,
    )
    return Examples(
        features=features,
        labels=labels.astype(np.int64),
        class_names=letters(options["classes"]),
        feature_names=coordinates(options["features"]),
    )


def mnist_like(options: Mapping[str, Any], seed: int) -> Examples:
    """Ten classes in as many dimensions as MNIST's images, for work on speed  (Guyon, 2003).

    A tenth of the features tells the classes apart, another tenth repeats them in mixtures, and
    the rest is noise.
    """
    from sklearn.datasets import make_classification

    telling = max(4, options["features"] // 10)
    features, labels = make_classification(
        n_samples=options["examples"],
        n_features=options["features"],
        n_informative=telling,
        n_redundant=telling,
        n_classes=10,
        n_clusters_per_class=1,
        class_sep=2.0,
        random_state=seed,
    )
    return Examples(
        features=features,
        labels=labels.astype(np.int64),
        class_names=letters(10),
        feature_names=coordinates(options["features"]),
    )


def spiral(options: Mapping[str, Any], seed: int) -> Examples:
    """The spiral of CS231n's case-study notes, number for number for seed 0.

    It uses NumPy's legacy generator, as the notes do: their printed training log then holds.
    """
    arms, points = options["classes"], options["points"]
    random = np.random.RandomState(seed)
    features = np.empty((arms * points, 2))
    for arm in range(arms):
        radius = np.linspace(0.0, 1.0, points)
        angle = np.linspace(arm * 4, (arm + 1) * 4, points)
        angle = angle + random.randn(points) * options["noise"]
        rows = slice(arm * points, (arm + 1) * points)
        features[rows] = np.c_[radius * np.sin(angle), radius * np.cos(angle)]
    return Examples(
        features=features,
        labels=np.repeat(np.arange(arms), points),
        class_names=letters(arms),
        feature_names=coordinates(2),
    )


def course_demo(options: Mapping[str, Any], seed: int) -> Examples:
    """The nine points of the course's demo page."""
    table = pd.read_csv(SHIPPED / "course_demo.csv")
    return Examples(
        features=table[["x1", "x2"]].to_numpy(np.float64),
        labels=table["class"].to_numpy(np.int64),
        class_names=letters(3),
        feature_names=coordinates(2),
    )


def shipped_here(file: str, label: str) -> Callable[[Mapping[str, Any], int], Examples]:
    """A maker of a table in `data/`: one row an example, its class in the column `label`."""

    def make(options: Mapping[str, Any], seed: int) -> Examples:
        table = pd.read_csv(SHIPPED / file)
        classes = sorted(table[label].unique())
        features = table.drop(columns=label)
        return Examples(
            features=features.to_numpy(np.float64),
            labels=table[label].map({name: k for k, name in enumerate(classes)}).to_numpy(np.int64),
            class_names=tuple(str(name) for name in classes),
            feature_names=tuple(str(name).replace("_", " ") for name in features.columns),
        )

    return make


def shipped_with_scikit_learn(load: str) -> Callable[[Mapping[str, Any], int], Examples]:
    """A maker of one of scikit-learn's small tables, by the name of its loader."""

    def make(options: Mapping[str, Any], seed: int) -> Examples:
        import sklearn.datasets

        bunch = getattr(sklearn.datasets, load)()
        return Examples(
            features=bunch.data.astype(np.float64),
            labels=bunch.target.astype(np.int64),
            class_names=tuple(str(name) for name in bunch.target_names),
            feature_names=tuple(str(name) for name in bunch.feature_names),
        )

    return make


def moons(options: Mapping[str, Any], seed: int) -> Examples:
    """Two half circles that reach into each other."""
    from sklearn.datasets import make_moons

    return _two_classes(*make_moons(options["examples"], noise=options["noise"], random_state=seed))


def circles(options: Mapping[str, Any], seed: int) -> Examples:
    """A circle within a circle."""
    from sklearn.datasets import make_circles

    return _two_classes(
        *make_circles(
            options["examples"],
            noise=options["noise"],
            factor=options["inner_radius"],
            random_state=seed,
        )
    )


def _two_classes(features: Array, labels: Labels) -> Examples:
    return Examples(features, labels.astype(np.int64), letters(2), coordinates(2))


def letters(count: int) -> tuple[str, ...]:
    """Names for classes that have none."""
    return tuple("ABCDEFGHIJ"[:count])


def coordinates(count: int) -> tuple[str, ...]:
    """Names for features that have none."""
    return tuple(f"x{index + 1}" for index in range(count))


DATASETS: dict[str, Dataset] = {
    "digits": Dataset(
        label="Digits",
        summary="1,797 handwritten digits of 8 × 8 pixels, ten classes.",
        source="scikit-learn, load_digits",
        make=digits,
        size=lambda options: Size(1797, 10, 64),
    ),
    "blobs": Dataset(
        label="Blobs",
        summary="Round clouds of points; move them closer and no line separates them.",
        source="scikit-learn, make_blobs",
        make=blobs,
        generated=True,
        size=lambda options: Size(options["examples"], options["classes"], options["features"]),
        options={
            "examples": Number("Examples", 500, 50, 20_000, "In all classes together.", whole=True),
            "classes": Number("Classes", 3, 2, 10, "Number of clouds.", whole=True),
            "features": Number("Features", 2, 2, 50, "Two can be drawn.", whole=True),
            "spread": Number("Spread", 1.5, 0.1, 10.0, "Standard deviation of a cloud."),
        },
    ),
    "mnist_like": Dataset(
        label="Of MNIST's size",
        summary="Ten made-up classes, up to 60,000 examples of 784 features: for work on speed.",
        source="scikit-learn, make_classification",
        make=mnist_like,
        generated=True,
        size=lambda options: Size(options["examples"], 10, options["features"]),
        options={
            "examples": Number("Examples", 2_000, 200, 60_000, "In all classes.", whole=True),
            "features": Number("Features", 100, 10, 784, "A fifth of them tells.", whole=True),
        },
    ),
    "spiral": Dataset(
        label="Spiral",
        summary="Intertwined arms from the course's notes: no linear classifier can follow them.",
        source="CS231n notes, neural-networks-case-study",
        make=spiral,
        generated=True,
        size=lambda options: Size(options["classes"] * options["points"], options["classes"], 2),
        options={
            "classes": Number("Arms", 3, 2, 6, "One class an arm.", whole=True),
            "points": Number("Points per arm", 100, 20, 2_000, "In each class.", whole=True),
            "noise": Number("Noise", 0.2, 0.0, 2.0, "Standard deviation of the angle, in radians."),
        },
    ),
    "moons": Dataset(
        label="Moons",
        summary="Two half circles that reach into each other: a line gets most of them.",
        source="scikit-learn, make_moons",
        make=moons,
        generated=True,
        size=lambda options: Size(options["examples"], 2, 2),
        options={
            "examples": Number("Examples", 500, 50, 20_000, "In both classes.", whole=True),
            "noise": Number("Noise", 0.15, 0.0, 2.0, "Standard deviation of the points."),
        },
    ),
    "circles": Dataset(
        label="Circles",
        summary="A circle within a circle: for a line as good as guessing.",
        source="scikit-learn, make_circles",
        make=circles,
        generated=True,
        size=lambda options: Size(options["examples"], 2, 2),
        options={
            "examples": Number("Examples", 500, 50, 20_000, "In both classes.", whole=True),
            "noise": Number("Noise", 0.1, 0.0, 2.0, "Standard deviation of the points."),
            "inner_radius": Number("Inner radius", 0.5, 0.1, 0.9, "The outer one is 1."),
        },
    ),
    "iris": Dataset(
        label="Iris",
        summary="150 flowers of three species, four lengths of each (Fisher, 1936).",
        source="scikit-learn, load_iris",
        make=shipped_with_scikit_learn("load_iris"),
        size=lambda options: Size(150, 3, 4),
    ),
    "wine": Dataset(
        label="Wine",
        summary="178 wines of three growers, thirteen chemical measurements of each.",
        source="scikit-learn, load_wine",
        make=shipped_with_scikit_learn("load_wine"),
        size=lambda options: Size(178, 3, 13),
    ),
    "breast_cancer": Dataset(
        label="Breast cancer",
        summary="569 tumours, malignant or benign, thirty measurements of each.",
        source="scikit-learn, load_breast_cancer",
        make=shipped_with_scikit_learn("load_breast_cancer"),
        size=lambda options: Size(569, 2, 30),
    ),
    "penguins": Dataset(
        label="Penguins",
        summary="342 penguins of three species, four measurements of each.",
        source="Gorman, Williams and Fraser (2014), Palmer Station, CC0; data/README.md",
        make=shipped_here("penguins.csv", "species"),
        size=lambda options: Size(342, 3, 4),
    ),
    "glass": Dataset(
        label="Glass",
        summary="214 splinters of six kinds of glass, nine measurements: some kinds are rare.",
        source="German (1987), UCI Machine Learning Repository, CC BY 4.0; data/README.md",
        make=shipped_here("glass.csv", "glass"),
        size=lambda options: Size(214, 6, 9),
    ),
    "course_demo": Dataset(
        label="Course demo (9 points)",
        summary="The nine points of the course's own demo: small enough to follow each one.",
        source="CS231n, linear classification demo",
        make=course_demo,
        size=lambda options: Size(9, 3, 2),
    ),
    "own": Dataset(
        label="Own data",
        summary="What you brought: a table or arrays of your own.",
        source="brought by whoever made the run",
        make=own,
        brought=True,
        size=lambda options: Size(options["examples"], options["classes"], options["features"]),
        options={
            "data": Fingerprint("Fingerprint", "Which data these are."),
            "examples": Number("Examples", 100, 2, 100_000, "As the data have.", whole=True),
            "features": Number("Features", 2, 1, 1_000, "As the data have.", whole=True),
            "classes": Number("Classes", 2, 2, 100, "As the data have.", whole=True),
        },
    ),
}
