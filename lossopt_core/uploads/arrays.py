"""Experiments on arrays of one's own, without a file and without a store.

    experiment = experiment_on(X, y, loss="hinge")
    [run] = train([experiment])

The arrays are known by their fingerprint, as an uploaded file is, and stay in memory as long as
the experiment does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike

from lossopt_core.data.datasets import IN_MEMORY, Examples
from lossopt_core.experiment.description import FIELDS, Experiment
from lossopt_core.fields import brief
from lossopt_core.objective.linear import Array
from lossopt_core.uploads.serialization import FEWEST_OF_A_CLASS, checked, fingerprint

DATA_FIELDS = ("dataset", "dataset_options")


@dataclass(frozen=True, kw_only=True)
class ArrayExperiment(Experiment):
    """An experiment that brings its examples along, also into another process."""

    given: Examples = field(compare=False, repr=False)

    def __post_init__(self) -> None:
        self._register()  # its classes are looked at
        super().__post_init__()

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._register()

    def _register(self) -> None:
        if self.dataset == "own":
            IN_MEMORY.add(self.dataset_options["data"], self.given)


def experiment_on(
    X: ArrayLike,
    y: ArrayLike,
    *,
    class_names: Sequence[str] | None = None,
    feature_names: Sequence[str] | None = None,
    **settings: Any,
) -> Experiment:
    """An experiment on features X (n, d) and labels y (n,), usable wherever an `Experiment` is.

    Labels may be of any type that can be sorted; equal ones are a class, and the classes are in
    sorted order.  `class_names` are their names in that order, by default the labels as text;
    `feature_names` are by default the columns of a DataFrame, or x1, x2, ....  `settings` are
    fields of `Experiment` other than `dataset` and `dataset_options`.

    Raises ValueError that names what is wrong: arrays of other shapes, features that are not
    finite numbers, missing labels, fewer than two classes, too few examples of one, names of the
    wrong number, and settings that an `Experiment` refuses.
    """
    for name in DATA_FIELDS:
        if name in settings:
            raise ValueError(f"{name} cannot be set here: X and y are the data set")
    features = _features(X)
    labels, found = _labels(y, len(features))
    names = found if class_names is None else _names("class_names", class_names, len(found))
    if feature_names is None:
        feature_names = [str(name) for name in getattr(X, "columns", ())] or [
            f"x{column + 1}" for column in range(features.shape[1])
        ]
    of_features = _names("feature_names", feature_names, features.shape[1])
    tested = settings.get("test_fraction", FIELDS["test_fraction"].default) != 0
    fewest = FEWEST_OF_A_CLASS if tested else 1
    examples = checked(Examples(features, labels, names, of_features), fewest=fewest)
    options = {
        "data": fingerprint(examples),
        "examples": len(features),
        "features": features.shape[1],
        "classes": len(names),
    }
    return ArrayExperiment(dataset="own", dataset_options=options, given=examples, **settings)


def _features(X: ArrayLike) -> Array:
    try:
        features = np.asarray(X, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError("X must be numbers of shape (n, d)") from None
    if features.ndim != 2:
        raise ValueError(f"X must be numbers of shape (n, d), got {brief(features.shape)}")
    return features


def _labels(y: ArrayLike, examples: int) -> tuple[np.ndarray[Any, Any], tuple[str, ...]]:
    """Labels (n,) as 0..C-1, and the classes as text."""
    given = np.asarray(y)
    if given.shape != (examples,):
        raise ValueError(f"y must be one label per row of X, ({examples},), got {given.shape}")
    missing = [row for row, each in enumerate(given.tolist()) if each is None or each != each]
    if missing:
        raise ValueError(f"y must have a label in every row; in row {missing[0] + 1:,} it has none")
    try:
        classes, labels = np.unique(given, return_inverse=True)
    except TypeError:
        raise ValueError("y must be labels of one type, all numbers or all text") from None
    return labels.astype(np.int64), tuple(str(each) for each in classes.tolist())


def _names(what: str, given: Sequence[str], wanted: int) -> tuple[str, ...]:
    if isinstance(given, str) or len(given) != wanted:
        counted = brief(given) if isinstance(given, str) else str(len(given))
        raise ValueError(f"{what} must be {wanted} names, got {counted}")
    return cast("tuple[str, ...]", tuple(str(each) for each in given))
