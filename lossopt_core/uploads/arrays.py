"""Experiments on user-provided arrays, without a file or a store.

    experiment = experiment_on(X, y, loss="hinge")
    [run] = train([experiment])

The arrays are identified by their fingerprint, like uploaded files, and stay in memory as long as
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
from lossopt_core.uploads.serialization import MIN_PER_CLASS, checked, fingerprint

DATA_FIELDS = ("dataset", "dataset_options")


@dataclass(frozen=True, kw_only=True)
class ArrayExperiment(Experiment):
    """An experiment that carries its examples with it, also when pickled to another process."""

    given: Examples = field(compare=False, repr=False)

    def __post_init__(self) -> None:
        self._register()  # validation needs the classes
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
    """An experiment on arrays of your own, usable wherever an `Experiment` is.

    Args:
        X: Features (n, d). The columns of a DataFrame give the features their names.
        y: Labels (n,) of any type that can be sorted.
        class_names: Names of the classes in sorted order; by default the labels as text.
        feature_names: Names of the features; by default those of a DataFrame, or x1, x2, ....
        **settings: Fields of `Experiment` other than `dataset` and `dataset_options`.

    Raises:
        ValueError: X or y has the wrong shape, X has values that are not finite numbers, labels are
            missing, there are fewer than two classes or too few examples of one, the number of
            names is wrong, or `Experiment` refuses a setting.
    """
    for name in DATA_FIELDS:
        if name in settings:
            raise ValueError(f"{name} cannot be set: X and y are the data set")
    features = _features(X)
    labels, found = _labels(y, len(features))
    names = found if class_names is None else _names("class_names", class_names, len(found))
    if feature_names is None:
        feature_names = [str(name) for name in getattr(X, "columns", ())] or [
            f"x{column + 1}" for column in range(features.shape[1])
        ]
    of_features = _names("feature_names", feature_names, features.shape[1])
    tested = settings.get("test_fraction", FIELDS["test_fraction"].default) != 0
    minimum = MIN_PER_CLASS if tested else 1
    examples = checked(Examples(features, labels, names, of_features), minimum=minimum)
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
        raise ValueError("X must be numeric with shape (n, d)") from None
    if features.ndim != 2:
        raise ValueError(f"X must be numeric with shape (n, d), got {brief(features.shape)}")
    return features


def _labels(y: ArrayLike, examples: int) -> tuple[np.ndarray[Any, Any], tuple[str, ...]]:
    """Labels (n,) as 0..C-1, and the classes as strings."""
    given = np.asarray(y)
    if given.shape != (examples,):
        raise ValueError(f"y must be one label per row of X, ({examples},), got {given.shape}")
    missing = [row for row, each in enumerate(given.tolist()) if each is None or each != each]
    if missing:
        raise ValueError(f"y must have no missing labels; row {missing[0] + 1:,} has none")
    try:
        classes, labels = np.unique(given, return_inverse=True)
    except TypeError:
        raise ValueError("y must have labels of one type, all numbers or all strings") from None
    return labels.astype(np.int64), tuple(str(each) for each in classes.tolist())


def _names(what: str, given: Sequence[str], wanted: int) -> tuple[str, ...]:
    if isinstance(given, str) or len(given) != wanted:
        counted = brief(given) if isinstance(given, str) else str(len(given))
        raise ValueError(f"{what} must be {wanted} names, got {counted}")
    return cast("tuple[str, ...]", tuple(str(each) for each in given))
