"""Arrays in NPZ files, under the names and in the parts that people save them."""

import numpy as np
import pytest

from lossopt_core.uploads.npz import examples_in
from tests.core.files.making import npz

X, Y = np.arange(40.0).reshape(20, 2), np.arange(20) % 2


@pytest.mark.parametrize(
    ("inputs", "labels"),
    [("X", "y"), ("X_train", "y_train"), ("train_images", "train_labels"), ("inputs", "outputs"),
     ("data", "classes"), ("features", "target")],
)  # fmt: skip
def test_the_usual_names_are_known(inputs: str, labels: str) -> None:
    found = examples_in(npz(**{inputs: X, labels: Y}))
    assert np.array_equal(found.examples.features, X)
    assert [fate for *_, fate, _ in found.fates] == ["feature", "label"]


@pytest.mark.parametrize("form", ["x_{}", "X_{}", "{}_images"])
@pytest.mark.parametrize("validation", ["val", "valid", "dev"])
def test_a_validation_part_is_trained_on_and_said(form: str, validation: str) -> None:
    labels = "{}_labels" if form.startswith("{") else "y_{}"
    parts = {"train": slice(0, 10), validation: slice(10, 14), "test": slice(14, 20)}
    arrays = {form.format(name): X[rows] for name, rows in parts.items()}
    arrays |= {labels.format(name): Y[rows] for name, rows in parts.items()}
    found = examples_in(npz(**arrays))
    assert np.array_equal(found.examples.features, X)
    assert found.examples.test is not None
    assert np.flatnonzero(found.examples.test).tolist() == [*range(14, 20)]
    name = form.format(validation)
    assert f"4 examples of {name} for validation are trained on." in found.said
    assert ("ignored" in [fate for *_, fate, _ in found.fates]) is False


def test_parts_of_different_shapes_are_named() -> None:
    data = npz(x_train=X, y_train=Y, x_val=X[:, :1], y_val=Y, x_test=X, y_test=Y)
    with pytest.raises(ValueError, match="x_train and x_val must have examples of one shape"):
        examples_in(data)
