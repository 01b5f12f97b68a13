"""Load, split and standardise the data of an experiment."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from typing_extensions import override

from lossopt_core.data.datasets import (
    DATASETS,
    UPLOADED,
    Examples,
    Size,
    class_sizes,
)
from lossopt_core.data.rare_classes import check_classes
from lossopt_core.experiment.caches import cached_by_data
from lossopt_core.experiment.description import DATA_SETTINGS, Experiment
from lossopt_core.objective.linear import Array, Labels

CACHE_BYTES = 24_000_000
SMALLEST_BYTES = 1_000_000
"""What even the smallest data set counts for, so that at most 24 are cached."""


@dataclass(frozen=True, eq=False)
class Data:
    """Training and test examples as trained on. The arrays are read-only.

    Attributes:
        train_features: (n, d).
        train_labels: (n,), classes as 0 to C - 1.
        test_features: (m, d); no rows if `test_fraction` is 0.
        test_labels: (m,).
        class_names: The C names of the classes.
        feature_names: The d names of the features.
        image_shape: Height and width if the examples are images.
        center: (d,), what standardisation subtracted.
        scale: (d,), what it divided by.
    """

    train_features: Array
    train_labels: Labels
    test_features: Array
    test_labels: Labels
    class_names: tuple[str, ...]
    feature_names: tuple[str, ...]
    image_shape: tuple[int, int] | None
    center: Array
    scale: Array

    def original(self, features: Array) -> Array:
        """Undo the standardisation: features in the original units."""
        return features * self.scale + self.center

    def as_trained(self, features: Array) -> Array:
        """Standardise features given in the original units."""
        return (features - self.center) / self.scale


@dataclass(frozen=True, kw_only=True)
class GivenExperiment(Experiment):
    """An experiment on given arrays, all of which are training data."""

    examples: int
    classes: int
    features: int

    @property
    @override
    def size(self) -> Size:
        return Size(self.examples, self.classes, self.features)


def given_data(features: Array, labels: Labels, class_names: Sequence[str]) -> Data:
    """Wrap features (n, d) and labels (n,) as training data without a test set."""
    width = features.shape[1]
    return Data(
        train_features=features,
        train_labels=labels,
        test_features=features[:0],
        test_labels=labels[:0],
        class_names=tuple(class_names),
        feature_names=tuple(f"x{index + 1}" for index in range(width)),
        image_shape=None,
        center=np.zeros(width),
        scale=np.ones(width),
    )


def load_data(experiment: Experiment) -> Data:
    """Load or generate the experiment's data, split and standardise them.

    The split is stratified and determined by `split_seed`, unless the data have a test part of
    their own, which is used as it is. With `validation` the test set is left
    untouched, and a validation set of the same size is split off the training set and used in its
    place. A fraction `label_noise` of the training labels is replaced by a random other class.
    Standardisation is fitted on the training set only; a constant feature becomes 0.

    Raises:
        MissingDataError: The experiment is on uploaded data that are not here.
    """
    return _load(data_only(experiment))


def check_present(experiment: Experiment) -> None:
    """Raise MissingDataError if the experiment uses uploaded data that are not available."""
    if DATASETS[experiment.dataset].uploaded:
        UPLOADED.check(experiment.dataset_options)


def data_only(experiment: Experiment) -> Experiment:
    """An experiment on the same data with all other fields fixed: a cache key."""
    return experiment.replace(**_FIXED_VALUES)


# Fixed values for fields that do not affect the data, so that experiments on the same data
# share one cache entry.  Full batch, because a batch size must fit the data.
_FIXED_VALUES = {
    name: getattr(Experiment(), name)
    for name in Experiment.__dataclass_fields__
    if name not in DATA_SETTINGS
} | {"optimizer": "gd"}


def _cached_bytes(data: Data) -> float:
    """What data take in the cache.

    Even the largest data are cached (alone), since reloading them each time would be slow.
    """
    bytes = data.train_features.nbytes + data.test_features.nbytes
    return min(CACHE_BYTES, max(SMALLEST_BYTES, bytes))


_LOADING = threading.Lock()
"""Loading takes several times the size of the data, so only one load runs at a time."""


@cached_by_data(CACHE_BYTES, size=_cached_bytes)
def _load(experiment: Experiment) -> Data:
    with _LOADING:
        return _made(experiment)


def _made(experiment: Experiment) -> Data:
    entry = DATASETS[experiment.dataset]
    examples = entry.make(experiment.dataset_options, experiment.split_seed)
    _check_size(examples, experiment)
    train, test = _split(examples, experiment)
    parts = [examples.features[rows] for rows in (train, test)]
    features = examples.features.shape[1]
    examples = replace(examples, features=np.empty((0, features)))  # they may be large
    center, scale = np.zeros(features), np.ones(features)
    if experiment.standardize:
        from sklearn.preprocessing import StandardScaler

        scaler = StandardScaler().fit(parts[0])
        center, scale = scaler.mean_, scaler.scale_
    for part in parts:  # in place, because they may be large
        part -= center
        part /= scale
    data = Data(
        train_features=parts[0],
        train_labels=_with_noise(examples.labels[train], len(examples.class_names), experiment),
        test_features=parts[1],
        test_labels=examples.labels[test],
        class_names=examples.class_names,
        feature_names=examples.feature_names,
        image_shape=examples.image_shape,
        center=center,
        scale=scale,
    )
    for array in vars(data).values():
        if isinstance(array, np.ndarray):
            array.setflags(write=False)
    return data


def _check_size(examples: Examples, experiment: Experiment) -> None:
    """Raise ValueError if a data set does not have its declared size."""
    features, labels = examples.features, examples.labels
    test = 0 if examples.test is None else int(examples.test.sum())
    made = Size(len(labels), len(examples.class_names), features.shape[1], test)
    if made != experiment.size or len(features) != len(labels):
        raise ValueError(
            f"the data set {experiment.dataset} has {made.examples:,} examples, {made.classes}"
            f" classes and {made.features:,} features, but its size() says"
            f" {experiment.size.examples:,}, {experiment.size.classes} and"
            f" {experiment.size.features:,}"
        )


def _with_noise(labels: Labels, classes: int, experiment: Experiment) -> Labels:
    """Replace a random fraction of the labels, chosen by the split seed, by other classes."""
    random = np.random.default_rng([experiment.split_seed, 2])
    wrong = random.permutation(len(labels))[: round(experiment.label_noise * len(labels))]
    noisy = labels.copy()
    noisy[wrong] = (labels[wrong] + random.integers(1, classes, len(wrong))) % classes
    return noisy


def _own_split(examples: Examples, experiment: Experiment) -> tuple[Labels, Labels]:
    """The data's own test part, or a validation set of its size out of the rest."""
    assert examples.test is not None
    train, test = np.flatnonzero(~examples.test), np.flatnonzero(examples.test)
    if not experiment.validation:
        return train, test
    labels = examples.labels[train]
    sizes = dict(zip(examples.class_names, np.bincount(labels).tolist(), strict=True))
    check_classes(sizes, len(test), validation=False)
    from sklearn.model_selection import train_test_split

    train, test = train_test_split(
        train, test_size=len(test), stratify=labels, random_state=experiment.split_seed
    )
    return train, test


def _split(examples: Examples, experiment: Experiment) -> tuple[Labels, Labels]:
    """Row numbers of the training set and the test set."""
    rows = np.arange(len(examples.labels))
    if experiment.test_fraction == 0:
        return rows, rows[:0]
    if examples.test is not None:
        return _own_split(examples, experiment)
    # Uploaded data may not have been available when the experiment was created.
    sizes = class_sizes(examples)
    check_classes(sizes, experiment.test_examples, validation=experiment.validation)
    from sklearn.model_selection import train_test_split

    train, test = train_test_split(
        rows,
        test_size=experiment.test_fraction,
        stratify=examples.labels,
        random_state=experiment.split_seed,
    )
    if experiment.validation:  # the test set itself is never used
        train, test = train_test_split(
            train,
            test_size=len(test),
            stratify=examples.labels[train],
            random_state=experiment.split_seed,
        )
    return train, test
