"""The base class of data sets."""

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
    """A data set before splitting: features (n, d), labels (n,) as 0..C-1, and names."""

    features: Array
    labels: Labels
    class_names: tuple[str, ...]
    feature_names: tuple[str, ...]
    image_shape: tuple[int, int] | None = None
    """Rows and columns, if the examples are images (flattened row by row)."""
    test: np.ndarray[Any, np.dtype[np.bool_]] | None = None
    """(n,), the examples of the data's own test part, if they have one."""


def class_sizes(examples: Examples) -> dict[str, int]:
    """Number of examples per class name."""
    counts = np.bincount(examples.labels, minlength=len(examples.class_names))
    return dict(zip(examples.class_names, counts.tolist(), strict=True))


@dataclass(frozen=True)
class Size:
    """The size of a data set, known before it is loaded."""

    examples: int
    classes: int
    features: int
    test: int = 0
    """Examples of the data's own test part; 0 if they have none."""


class Dataset(ABC):
    """A data set for experiments.

    A subclass defines `label`, `size` and `make`; everything else has a default.
    """

    label: ClassVar[str]
    summary: ClassVar[str] = ""
    """One sentence, shown when choosing a data set."""
    source: ClassVar[str] = ""
    options: ClassVar[Mapping[str, Field]] = MappingProxyType({})
    """Its options by name, declared like settings."""
    generated: ClassVar[bool] = False
    """Whether each split seed generates different examples; otherwise it only affects the split."""
    uploaded: ClassVar[bool] = False
    """Whether the examples are uploaded, so that only workspaces that have them can load them."""
    numpy_code: ClassVar[str | None] = None
    """Code for scripts without lossopt: statements that define `X` (n, d) and `y` (n,).

    Option names and `{split_seed}` in braces are replaced by their values; other braces must be
    doubled.  `np` is NumPy, and `datasets` is scikit-learn's module.  None if there is no code.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "make" in vars(cls):
            drop_inherited(cls, Dataset, ("numpy_code",))

    @abstractmethod
    def size(self, options: Mapping[str, Any]) -> Size:
        """The size under these options, known before the data are loaded."""

    @abstractmethod
    def make(self, options: Mapping[str, Any], seed: int) -> Examples:
        """Load or generate the examples; equal arguments give equal examples."""
