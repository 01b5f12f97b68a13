"""A class too small for its parts is refused where the experiment is made, by name and count."""

import numpy as np
import pytest

from lossopt_core import RunStore, experiment_on, load_data
from lossopt_core.data.datasets import Examples
from lossopt_core.experiment.description import Experiment
from lossopt_core.uploads.store import UploadStore, using


@pytest.fixture
def upload_store(tmp_path):
    return UploadStore(RunStore(f"sqlite:///{tmp_path / 'runs.db'}"))


def options(upload_store: UploadStore, *sizes: int) -> dict[str, object]:
    labels = np.repeat(np.arange(len(sizes)), sizes)
    features = np.random.default_rng(0).standard_normal((len(labels), 2))
    names = tuple(f"class {letter}" for letter in "ABCDE"[: len(sizes)])
    kept = upload_store.save("some", Examples(features, labels, names, ("x", "y")))
    return {"dataset": "own", "dataset_options": kept.options, "batch_size": 1}


def test_validation_needs_three_of_every_class(upload_store):
    with using(upload_store):
        settings = options(upload_store, 20, 2, 20)
        assert Experiment(**settings)
        with pytest.raises(ValueError, match="class 'class B' has 2 examples:"):
            Experiment(**settings, validation=True)


@pytest.mark.parametrize("fraction", [0.1, 0.25, 0.4, 0.45])
@pytest.mark.parametrize("sizes", [(2, 20), (3, 20), (4, 20, 20), (3, 9, 30), (5, 5, 5), (2, 30)])
@pytest.mark.parametrize("validation", [True, False])
def test_accepted_data_can_be_split(upload_store, sizes, fraction, validation):
    with using(upload_store):
        settings = options(upload_store, *sizes) | {
            "test_fraction": fraction,
            "validation": validation,
        }
        try:
            experiment = Experiment(**settings)
        except ValueError:
            return
        for seed in range(5):
            assert len(load_data(experiment.replace(split_seed=seed)).train_labels) > 0


def test_data_uploaded_later_are_checked_when_loaded(upload_store):
    settings = options(upload_store, 2, 20, 20)
    experiment = Experiment(**settings, validation=True)  # nobody has the data here
    with using(upload_store), pytest.raises(ValueError, match="'class A' has 2 examples"):
        load_data(experiment)


def test_arrays_with_a_rare_class_are_rejected_too():
    X, y = np.random.default_rng(0).standard_normal((42, 2)), np.repeat([0, 1, 2], [2, 20, 20])
    assert experiment_on(X, y, batch_size=1)
    with pytest.raises(ValueError, match="class '0' has 2 examples"):
        experiment_on(X, y, batch_size=1, validation=True)
