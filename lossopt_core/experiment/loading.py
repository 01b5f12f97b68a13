"""The examples that an experiment trains and tests on."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from typing_extensions import override

from lossopt_core.data.datasets import (
    BROUGHT,
    DATASETS,
    Examples,
    Size,
    class_sizes,
)
from lossopt_core.data.rare_classes import check_classes
from lossopt_core.experiment.caches import cached_by_data
from lossopt_core.experiment.description import DATA_SETTINGS, Experiment
from lossopt_core.objective.linear import Array, Labels

PLACES = 4
"""Data sets that are held at once, if they are small."""
BYTES_A_PLACE = 12_000_000


@dataclass(frozen=True, eq=False)
class Data:
    """Training and test examples as trained on; the arrays are read-only.

    Features are (n, d), labels (n,) as 0..C-1.  With a test share of 0 the test arrays have
    no rows.
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
        """Features in the data set's own units, from features as trained on."""
        return features * self.scale + self.center

    def as_trained(self, features: Array) -> Array:
        """Features as trained on, from features in the data set's own units."""
        return (features - self.center) / self.scale


@dataclass(frozen=True, kw_only=True)
class GivenExperiment(Experiment):
    """An experiment on data that have no name, all of them to train on."""

    examples: int
    classes: int
    features: int

    @property
    @override
    def size(self) -> Size:
        return Size(self.examples, self.classes, self.features)


def given_data(features: Array, labels: Labels, class_names: Sequence[str]) -> Data:
    """Examples (n, d) that no experiment names as data to train on, with none to test on."""
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
    """Make, split (stratified, by `split_seed`) and standardise the experiment's data.

    With `validation` the test part is set aside, and as many of the training examples take its
    place.  A share `label_noise` of the training labels is replaced by another class.  The
    standardisation is fitted on the training part only.  A constant feature becomes 0.
    """
    return _load(without_say(experiment))


def check_present(experiment: Experiment) -> None:
    """MissingDataError where the experiment is on data that somebody has to bring first."""
    if DATASETS[experiment.dataset].brought:
        BROUGHT.check(experiment.dataset_options)


def without_say(experiment: Experiment) -> Experiment:
    """An experiment on the same data whose other fields are at fixed values: a key for caches."""
    return experiment.replace(**_WITHOUT_SAY)


# Fields that do not touch the data, at fixed values: experiments that share their data share
# one entry of the cache.  Full batch, because a batch size must fit the data.
_WITHOUT_SAY = {
    name: getattr(Experiment(), name)
    for name in Experiment.__dataclass_fields__
    if name not in DATA_SETTINGS
} | {"optimizer": "gd"}


def _share(data: Data) -> float:
    """How much of the cache some data take: more than one place where they are large.

    Even the largest are held, alone: to make them at every look would take much longer.
    """
    bytes = data.train_features.nbytes + data.test_features.nbytes
    return min(PLACES, max(1.0, bytes / BYTES_A_PLACE))


_LOADING = threading.Lock()
"""Large data take several times their size while they are made: not twice at once."""


@cached_by_data(PLACES, size=_share)
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
    center, scale = np.zeros(features), np.ones(features)
    if experiment.standardize:
        from sklearn.preprocessing import StandardScaler

        scaler = StandardScaler().fit(parts[0])
        center, scale = scaler.mean_, scaler.scale_
    for part in parts:  # in place, since they may be large
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
    """ValueError where a data set is not as large as it says: batches and splits rest on that."""
    features, labels = examples.features, examples.labels
    made = Size(len(labels), len(examples.class_names), features.shape[1])
    if made != experiment.size or len(features) != len(labels):
        raise ValueError(
            f"the data set {experiment.dataset} has {made.examples:,} examples, {made.classes}"
            f" classes and {made.features:,} features, but its size() says"
            f" {experiment.size.examples:,}, {experiment.size.classes} and"
            f" {experiment.size.features:,}"
        )


def _with_noise(labels: Labels, classes: int, experiment: Experiment) -> Labels:
    """Labels of which a share, chosen by the split's seed, is replaced by another class each."""
    random = np.random.default_rng([experiment.split_seed, 2])
    wrong = random.permutation(len(labels))[: round(experiment.label_noise * len(labels))]
    noisy = labels.copy()
    noisy[wrong] = (labels[wrong] + random.integers(1, classes, len(wrong))) % classes
    return noisy


def _split(examples: Examples, experiment: Experiment) -> tuple[Labels, Labels]:
    """Row numbers of the training and of the test part."""
    rows = np.arange(len(examples.labels))
    if experiment.test_fraction == 0:
        return rows, rows[:0]
    # Uploaded data may not have been here when the experiment was made.
    sizes = class_sizes(examples)
    check_classes(sizes, experiment.test_examples, validation=experiment.validation)
    from sklearn.model_selection import train_test_split

    train, test = train_test_split(
        rows,
        test_size=experiment.test_fraction,
        stratify=examples.labels,
        random_state=experiment.split_seed,
    )
    if experiment.validation:  # the test part itself is never looked at
        train, test = train_test_split(
            train,
            test_size=len(test),
            stratify=examples.labels[train],
            random_state=experiment.split_seed,
        )
    return train, test
