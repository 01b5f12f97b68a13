"""A test part that the file has is what is tested on."""

import numpy as np

from lossopt_core import (
    Experiment,
    RunStore,
    load_data,
    paired_difference,
    train,
    uploads,
)
from lossopt_core.analysis.pairing import ORDER
from lossopt_core.uploads import (
    fingerprint,
    from_bytes,
    read,
    to_bytes,
)
from tests.core.files.making import npz
from tests.core.uploads.flowers import examples_of


def test_own_test_parts_are_kept():
    rows = "".join(f"{k},{'ab'[k % 2]},{'test' if k > 15 else 'train'}\n" for k in range(24))
    made = examples_of(f"x,kind,split\n{rows}", part="split")
    assert made.examples.test.sum() == 8
    assert "8 rows are the file's own test part" in made.steps[-1]
    assert made.examples.feature_names == ("x",)
    again = from_bytes(to_bytes(made.examples))
    assert again.test.tolist() == made.examples.test.tolist()
    without = examples_of(f"x,kind,split\n{rows}").examples
    assert fingerprint(without) != fingerprint(made.examples)


def test_the_own_test_part_is_what_is_tested_on(address):
    """Whatever the test fraction and the seed of the split are."""
    random = np.random.default_rng(0)
    X, y = random.normal(size=(40, 3)), np.arange(40) % 2
    data = npz(x_train=X[:30], y_train=y[:30], x_test=X[30:], y_test=y[30:])
    upload_store = uploads.UploadStore(RunStore(address))
    kept = upload_store.save("own", read(data, "own.npz"))
    assert kept.options["test"] == upload_store.list()[0].options["test"] == 10
    with uploads.using(upload_store):
        for fraction, seed in ((0.25, 0), (0.5, 7)):
            experiment = Experiment(
                dataset="own", dataset_options=kept.options, test_fraction=fraction,
                split_seed=seed, standardize=False, batch_size=4, epochs=1,
            )  # fmt: skip
            loaded = load_data(experiment)
            assert np.array_equal(loaded.test_features, X[30:])
            assert np.array_equal(loaded.train_features, X[:30])
            assert (experiment.test_examples, experiment.train_examples) == (10, 30)
        validated = load_data(experiment.replace(validation=True))
        rows = {tuple(row) for row in X[:30]}
        assert len(validated.test_labels) == 10
        assert {tuple(row) for row in validated.test_features} <= rows, "the test part is untouched"
        whole = load_data(experiment.replace(test_fraction=0.0))
        assert len(whole.train_labels) == 40
        runs = train([experiment.replace(split_seed=seed) for seed in range(6)])
        others = train([experiment.replace(split_seed=s, loss="hinge") for s in range(6)])
    difference = paired_difference(
        {run.experiment: run.final["test_accuracy"] for run in runs},
        {run.experiment: run.final["test_accuracy"] for run in others},
    )
    assert difference.varies == ORDER, "no splits are compared where there is only one"


def test_data_without_a_test_part_keep_the_ids_of_their_experiments():
    options = {"data": "0" * 32, "examples": 40, "features": 3, "classes": 2}
    experiment = Experiment(dataset="own", dataset_options=options, batch_size=8)
    assert experiment.settings["dataset_options"] == options
    assert Experiment.from_json(experiment.to_json()).id == experiment.id
    tested = Experiment(dataset="own", dataset_options=options | {"test": 10}, batch_size=8)
    assert tested.id != experiment.id
