"""Arrays in NPZ files: images, what is wrong, and sizes that are checked before unpacking."""

import io
import zipfile

import numpy as np
import pytest

from lossopt_core.uploads import (
    read,
    to_bytes,
)
from lossopt_core.uploads.npz import examples_in
from tests.core.files.making import npz

X, Y = np.arange(40.0).reshape(20, 2), np.arange(20) % 2


def test_images_keep_their_shape():
    images = np.random.default_rng(0).integers(0, 255, (6, 4, 5), dtype=np.uint8)
    examples = read(npz(images=images, labels=[0, 1, 2, 0, 1, 2]), "i.npz")
    assert examples.image_shape == (4, 5)
    assert examples.feature_names[6] == "pixel 1,1"
    assert examples.features[2].tolist() == images[2].ravel().tolist()
    assert read(to_bytes(examples), "again.npz").image_shape == (4, 5)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"X": np.ones((4, 2))}, "must have an array with the labels, called y, labels, label"),
        ({"X": np.ones((4, 2)), "y": [0, 1, 0]}, "X has 4 rows, but y has"),
        ({"X": np.ones(4), "y": [0, 1, 0, 1]}, "X must be numeric .*shape"),
        ({"X": np.array([["a"]] * 4), "y": [0, 1, 0, 1]}, "X must be numeric"),
        ({"X": np.ones((4, 2)), "y": [0.5, 1, 0, 1]}, "y must be a list of integers or"),
        (
            {"X": np.array([[1, np.nan]] * 4), "y": [0, 1, 0, 1]},
            "X must be finite, but is not in row 1, column 2",
        ),
        ({"X": np.ones((4, 2)), "y": np.array([{}] * 4)}, "which are never opened"),
        ({"X": np.ones((4, 1001)), "y": [0, 1, 0, 1]}, "1 to 1,000 features, got 1,001"),
    ],
)
def test_what_is_wrong_with_arrays_is_named(arrays, words):
    with pytest.raises(ValueError, match=words):
        read(npz(**arrays), "a.npz")


def test_a_zip_bomb_is_rejected_before_it_is_unpacked():
    bomb = npz(X=np.zeros((2, 30_000_000), np.uint8), y=[0, 1])
    assert len(bomb) < 200_000
    with pytest.raises(ValueError, match="would unpack to 60,000,"):
        read(bomb, "bomb.npz")
    lying = bytearray(bomb)
    with zipfile.ZipFile(io.BytesIO(bomb)) as packed:
        sizes = [each.file_size for each in packed.infolist()]
    lying = bytes(lying).replace(sizes[0].to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    with pytest.raises(ValueError, match="not NPZ"):
        read(lying, "lying.npz")


def test_arrays_of_empty_strings_are_limited():
    file = io.BytesIO(npz(X=np.ones((4, 2))))
    header = b"{'descr': '<U0', 'fortran_order': False, 'shape': (1000000000,), }".ljust(117)
    length = (len(header) + 1).to_bytes(2, "little")
    with zipfile.ZipFile(file, "a") as packed:
        packed.writestr("y.npy", b"\x93NUMPY\x01\x00" + length + header + b"\n")
    with pytest.raises(ValueError, match="more elements than bytes"):
        read(file.getvalue(), "a.npz")


def test_an_array_with_a_false_size_is_rejected():
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000, 1000), }"
    header = header.ljust(117) + b"\n"
    array = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("X.npy", array)
        packed.writestr("y.npy", array)
    with pytest.raises(ValueError, match=r"\w"):
        read(file.getvalue(), "a.npz")


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
