"""Every data set of the registry: its size, its names, its split."""

import tracemalloc
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import make_classification

from lossopt_core import (
    DATASETS,
    Experiment,
    load_data,
    train,
)
from lossopt_core.data.datasets import Dataset, Examples, Size
from lossopt_core.experiment.description import LARGEST_SEED
from lossopt_core.fields import Choice, Number, Switch
from tests.experiments import MADE


def at_the_ends(entry: Dataset) -> list[dict[str, object]]:
    """The options by default, all at their smallest, and each at its largest with that."""
    least, most = {}, {}
    for name, declaration in entry.options.items():
        match declaration:
            case Number():
                least[name], most[name] = declaration.low, declaration.high
            case Switch():
                least[name], most[name] = False, True
            case Choice():
                names = list(declaration.registry)
                least[name], most[name] = names[0], names[-1]
    return [{}, least, most, *({**least, name: most[name]} for name in most)]


CASES = [
    pytest.param(name, options, id=f"{name}-{number}")
    for name in MADE
    for number, options in enumerate(at_the_ends(DATASETS[name]))
]


@pytest.mark.parametrize(("name", "options"), CASES)
def test_a_data_set_has_the_size_that_its_entry_declares(name, options):
    experiment = Experiment(
        dataset=name, dataset_options=options, test_fraction=0.0, optimizer="gd"
    )
    examples = DATASETS[name].make(experiment.dataset_options, 0)
    size = experiment.size
    assert examples.features.shape == (size.examples, size.features)
    assert examples.features.dtype == np.float64
    assert np.isfinite(examples.features).all()
    assert examples.labels.shape == (size.examples,)
    assert examples.labels.dtype == np.int64
    assert np.unique(examples.labels).tolist() == list(range(size.classes))
    assert len(set(examples.class_names)) == size.classes
    assert len(set(examples.feature_names)) == size.features
    assert all(isinstance(each, str) for each in examples.class_names + examples.feature_names)
    if examples.image_shape is not None:
        assert np.prod(examples.image_shape) == size.features


@pytest.mark.parametrize("name", MADE)
def test_equal_options_and_seeds_make_equal_examples(name):
    options, make = Experiment(dataset=name, optimizer="gd").dataset_options, DATASETS[name].make
    for seed in (0, 7):
        once, again = make(options, seed), make(options, seed)
        assert_array_equal(once.features, again.features)
        assert_array_equal(once.labels, again.labels)


@pytest.mark.parametrize("name", MADE)
def test_an_entry_has_a_summary_and_a_source(name):
    entry = DATASETS[name]
    for text in (entry.label, entry.summary, entry.source):
        assert text.strip()
    for option, declaration in entry.options.items():
        assert declaration.check(option, declaration.default) == declaration.default
        assert declaration.label
        assert declaration.help


@pytest.mark.parametrize("name", MADE)
def test_training_and_test_sets_partition_the_examples_of_each_class(name):
    share = 1 / 3
    experiment = Experiment(
        dataset=name, test_fraction=share, standardize=False, optimizer="gd", split_seed=3
    )
    data, whole = load_data(experiment), DATASETS[name].make(experiment.dataset_options, 3)
    assert len(data.train_labels) == experiment.train_examples
    assert len(data.test_labels) == experiment.test_examples
    together = np.vstack([data.train_features, data.test_features])
    assert_array_equal(np.sort(together, axis=0), np.sort(whole.features, axis=0))
    for label in range(experiment.size.classes):
        expected = (whole.labels == label).sum() * share
        assert abs((data.test_labels == label).sum() - expected) <= 1


def test_digits_are_images_of_8_by_8_in_ten_classes():
    data = load_data(Experiment())
    assert data.image_shape == (8, 8)
    assert data.class_names == tuple("0123456789")
    assert data.feature_names[0] == "pixel 0,0"
    assert data.feature_names[-1] == "pixel 7,7"
    assert len(data.train_labels) + len(data.test_labels) == 1797


def test_points_are_not_images_and_have_letters_for_classes():
    data = load_data(Experiment(dataset="spiral"))
    assert data.image_shape is None
    assert data.class_names == ("A", "B", "C")
    assert data.feature_names == ("x1", "x2")


def test_without_a_test_set_all_examples_are_for_training_in_order():
    data = load_data(Experiment(dataset="spiral", test_fraction=0.0, standardize=False))
    whole = DATASETS["spiral"].make(Experiment(dataset="spiral").dataset_options, 0)
    assert_array_equal(data.train_features, whole.features)
    assert_array_equal(data.train_labels, whole.labels)
    assert data.test_features.shape == (0, 2)
    assert data.test_labels.shape == (0,)


def test_standardisation_uses_the_training_set_only():
    raw = load_data(Experiment(standardize=False))
    data = load_data(Experiment(standardize=True))
    assert_allclose(data.train_features.mean(axis=0), 0.0, atol=1e-12)
    varies = raw.train_features.std(axis=0) > 0
    assert not varies.all(), "some pixels of digits are always 0"
    assert_allclose(data.train_features[:, varies].std(axis=0), 1.0, rtol=1e-12)
    assert not data.train_features[:, ~varies].any()
    mean, deviation = raw.train_features.mean(axis=0), raw.train_features.std(axis=0)
    expected = (raw.test_features - mean)[:, varies] / deviation[varies]
    assert_allclose(data.test_features[:, varies], expected, atol=1e-12)


def test_standardisation_can_be_undone_and_redone():
    raw, data = load_data(Experiment(standardize=False)), load_data(Experiment())
    assert_allclose(data.original(data.test_features), raw.test_features, atol=1e-12)
    assert_allclose(data.as_trained(raw.test_features), data.test_features, atol=1e-12)


def test_the_split_seed_alone_decides_which_examples_are_tested_on():
    first, second = load_data(Experiment(split_seed=1)), load_data(Experiment(split_seed=2))
    assert not np.array_equal(first.test_labels, second.test_labels)
    other = Experiment(split_seed=1, seed=9, loss="hinge", optimizer="adam", batch_size=5, epochs=3)
    assert load_data(other) is first, "one copy in memory for all experiments on the same data"


def test_the_split_seed_makes_new_random_data():
    one, two = (load_data(Experiment(dataset="blobs", split_seed=seed)) for seed in (1, 2))
    assert not np.array_equal(one.train_features, two.train_features)


def test_data_cannot_be_changed():
    data = load_data(Experiment(dataset="spiral"))
    arrays = [each for each in vars(data).values() if isinstance(each, np.ndarray)]
    assert len(arrays) == 6
    for array in arrays:
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


class Corners(Dataset):
    """Four corners of a square, several times."""

    label = "Corners"
    options: ClassVar = {"copies": Number("Copies", 3, 1, 9, "Of each corner.", whole=True)}

    def size(self, options):
        return Size(4 * options["copies"], 2, 2)

    def make(self, options, seed):
        features = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]] * options["copies"])
        labels = np.array([0, 0, 1, 1] * options["copies"])
        return Examples(features, labels, ("left", "right"), ("x", "y"))


def test_a_new_data_set_is_one_entry(monkeypatch):
    monkeypatch.setitem(DATASETS, "corners", Corners())
    [run] = train([Experiment(dataset="corners", test_fraction=0.5, batch_size=2, epochs=50)])
    assert run.final["test_accuracy"] == 1.0
    with pytest.raises(ValueError, match=r"dataset_options\.copies must be .* 1 to 9, got 10"):
        Experiment(dataset="corners", dataset_options={"copies": 10})


def test_a_data_set_of_another_size_than_it_says_is_rejected(monkeypatch):
    class Fewer(Corners):
        def size(self, options):
            return Size(4 * options["copies"] - 1, 2, 2)

    monkeypatch.setitem(DATASETS, "fewer", Fewer())
    with pytest.raises(ValueError, match=r"12 examples.*but its size\(\) says 11"):
        load_data(Experiment(dataset="fewer", optimizer="gd", test_fraction=0))


@given(st.integers(200, 400), st.integers(10, 40), st.integers(0, LARGEST_SEED))
@settings(max_examples=20, deadline=None)
def test_mnist_like_is_what_scikit_learn_makes(examples: int, features: int, seed: int) -> None:
    options = {"examples": examples, "features": features}
    made = DATASETS["mnist_like"].make(options, seed)
    informative = max(4, features // 10)
    X, y = make_classification(
        examples, features, n_informative=informative, n_redundant=informative, n_classes=10,
        n_clusters_per_class=1, class_sep=2, random_state=seed,
    )  # fmt: skip
    assert_array_equal(made.features, X)
    assert_array_equal(made.labels, y)


def test_loading_holds_at_most_two_copies_of_the_features() -> None:
    """Workers load data for each slice of a training, several of them at once."""
    large = Experiment(dataset="mnist_like", dataset_options={"examples": 3_000, "features": 200})
    load_data(Experiment())  # imports what loading needs
    tracemalloc.start()
    try:
        data = load_data(large)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    size = data.train_features.nbytes + data.test_features.nbytes
    assert size <= most < 2.2 * size
