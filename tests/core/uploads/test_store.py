"""Data that somebody keeps are a data set of that workspace."""

import pytest

from lossopt_core import (
    Experiment,
    RunStore,
    StoreError,
    load_data,
    train,
    uploads,
)
from lossopt_core.data.datasets import Examples, MissingDataError
from lossopt_core.store.schema import examples as kept_examples
from lossopt_core.uploads import (
    to_bytes,
)
from tests.core.uploads.flowers import FLOWERS, examples_of


@pytest.fixture
def examples():
    return examples_of(FLOWERS, missing="mean").examples


def test_saved_data_are_a_data_set_like_any_other(address, examples):
    upload_store = uploads.UploadStore(RunStore(address, "mine"))
    kept = upload_store.save("flowers", examples)
    assert [each.name for each in upload_store.list()] == ["flowers"]
    assert kept.size == upload_store.list()[0].size
    experiment = Experiment(
        dataset="own", dataset_options=kept.options, test_fraction=0, batch_size=2, epochs=5
    )
    with uploads.using(upload_store):
        data = load_data(experiment)
        assert data.class_names == ("lily", "rose")
        [run] = train([experiment])
    assert run.weights.shape == (2, 5)
    assert run.status == "finished"


def test_a_workspace_cannot_load_data_of_another(address, examples):
    mine, other = (uploads.UploadStore(RunStore(address, name)) for name in ("mine", "other"))
    kept = mine.save("flowers", examples)
    experiment = Experiment(
        dataset="own", dataset_options=kept.options, test_fraction=0, batch_size=2
    )
    with uploads.using(mine):
        load_data(experiment)
    assert other.list() == []
    with uploads.using(other), pytest.raises(MissingDataError, match=kept.fingerprint):
        load_data(experiment)
    with pytest.raises(MissingDataError, match=r"\(7 examples, 5 features, 2 classes\) are not"):
        load_data(experiment)
    mine.delete(kept.fingerprint)
    with uploads.using(mine), pytest.raises(MissingDataError):
        load_data(experiment)


def test_an_experiment_with_a_wrong_size_is_rejected(address, examples):
    upload_store = uploads.UploadStore(RunStore(address))
    options = upload_store.save("flowers", examples).options | {"features": 7}
    with (
        uploads.using(upload_store),
        pytest.raises(ValueError, match="5 features and 2 classes, un"),
    ):
        load_data(Experiment(dataset="own", dataset_options=options, test_fraction=0, batch_size=2))


def test_corrupted_data_are_reported(address, examples):
    store = RunStore(address)
    upload_store = uploads.UploadStore(store)
    mark = upload_store.save("flowers", examples).fingerprint
    for data in (b"nothing", to_bytes(Examples(**{**vars(examples), "class_names": ("a", "b")}))):
        change = kept_examples.update().values(data=data)
        store.database.write(lambda database, change=change: database.execute(change))
        with pytest.raises(StoreError, match=f"the data {mark} are corrupted"):
            upload_store.examples(mark)
