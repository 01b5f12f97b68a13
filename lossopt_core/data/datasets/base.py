"""What a data set is."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from lossopt_core.fields import Field
from lossopt_core.objective.linear import Array, Labels
from lossopt_core.plugins.subclasses import drop_inherited


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


class Dataset(ABC):
    """A data set that an experiment can name.

    A subclass defines `label`, `size` and `make`; everything else has a fallback.
    """

    label: ClassVar[str]
    summary: ClassVar[str] = ""
    """One sentence for people who choose a data set."""
    source: ClassVar[str] = ""
    options: ClassVar[Mapping[str, Field]] = MappingProxyType({})
    """What can be chosen about it, by name: each option is declared like a setting."""
    generated: ClassVar[bool] = False
    """Whether each seed makes other examples; otherwise seeds only split them differently."""
    brought: ClassVar[bool] = False
    """Whether somebody has to bring the examples: only who has them can load them."""
    numpy_code: ClassVar[str | None] = None
    """For scripts that do not import lossopt: statements that make `X` (n, d) and `y` (n,).

    Names of options and `{split_seed}` in braces are replaced by their values, and other braces
    are doubled.  NumPy is `np`, and scikit-learn's `datasets` can be used.  None for a data set
    that has no such code.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "make" in vars(cls):
            drop_inherited(cls, Dataset, ("numpy_code",))

    @abstractmethod
    def size(self, options: Mapping[str, Any]) -> Size:
        """How large it is under these options, known before it is made."""

    @abstractmethod
    def make(self, options: Mapping[str, Any], seed: int) -> Examples:
        """The examples; equal arguments give equal examples."""
