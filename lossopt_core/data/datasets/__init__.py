"""Data sets, one class per file.

To add a data set, write a class like those here and add it to `DATASETS`; from another package,
use the entry point group `lossopt.datasets`.
"""

from lossopt_core.data.datasets.base import Dataset, Examples, Size, class_sizes
from lossopt_core.data.datasets.blobs import Blobs
from lossopt_core.data.datasets.breast_cancer import BreastCancer
from lossopt_core.data.datasets.circles import Circles
from lossopt_core.data.datasets.course_demo import CourseDemo
from lossopt_core.data.datasets.digits import Digits
from lossopt_core.data.datasets.glass import Glass
from lossopt_core.data.datasets.iris import Iris
from lossopt_core.data.datasets.making import SHIPPED, coordinates, letters
from lossopt_core.data.datasets.mnist_like import MnistLike
from lossopt_core.data.datasets.moons import Moons
from lossopt_core.data.datasets.own import Own
from lossopt_core.data.datasets.penguins import Penguins
from lossopt_core.data.datasets.spiral import Spiral
from lossopt_core.data.datasets.uploaded import (
    IN_MEMORY,
    UPLOADED,
    DataSource,
    InMemory,
    MissingDataError,
    Owner,
    Uploaded,
)
from lossopt_core.data.datasets.wine import Wine
from lossopt_core.fields import Field
from lossopt_core.plugins.accept import accept_instance
from lossopt_core.plugins.registry import NAME, Registry

__all__ = [
    "DATASETS",
    "IN_MEMORY",
    "SHIPPED",
    "UPLOADED",
    "DataSource",
    "Dataset",
    "Examples",
    "InMemory",
    "MissingDataError",
    "Owner",
    "Size",
    "Uploaded",
    "class_sizes",
    "coordinates",
    "letters",
]


def _accept(candidate: object) -> Dataset:
    dataset = accept_instance(candidate, Dataset)  # type: ignore[type-abstract]
    for name, option in dataset.options.items():
        if not NAME.fullmatch(name) or not isinstance(option, Field):
            raise ValueError(
                f"its option {name!r} must have a valid name and a field of lossopt_core.fields"
            )
    return dataset


DATASETS: Registry[Dataset] = Registry(
    "data set",
    "lossopt.datasets",
    _accept,
    {
        "digits": Digits(),
        "blobs": Blobs(),
        "mnist_like": MnistLike(),
        "spiral": Spiral(),
        "moons": Moons(),
        "circles": Circles(),
        "iris": Iris(),
        "wine": Wine(),
        "breast_cancer": BreastCancer(),
        "penguins": Penguins(),
        "glass": Glass(),
        "course_demo": CourseDemo(),
        "own": Own(),
    },
)
