"""Data sets as NPZ files, and their fingerprints.

Files are untrusted: nothing in them is executed, everything is validated, and sizes are checked
before anything is unpacked.
"""

import hashlib
import zipfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import numpy as np

from lossopt_core.data.datasets import Examples
from lossopt_core.fields import brief
from lossopt_core.store.quotas import Budget
from lossopt_core.texts import checked_text

LARGEST_UNPACKED = 50_000_000
"""Maximum total size of a file's arrays in bytes."""
COPIES = 3
"""Copies of a file's arrays held in memory while reading."""
MAX_ARRAYS = 20
MAX_EXAMPLES = 100_000
MAX_FEATURES = 1_000
MAX_CLASSES = 100
LONGEST_NAME = 80
MIN_PER_CLASS = 2


def to_bytes(examples: Examples) -> bytes:
    """Write an NPZ file with X (n, d), y (n,), class_names, feature_names, and image_shape and
    test (n,) if there are any.

    Equal examples give equal bytes.
    """
    arrays: dict[str, Any] = {
        "X": examples.features.astype("<f8"),
        "y": examples.labels.astype("<i8"),
        "class_names": np.array(examples.class_names),
        "feature_names": np.array(examples.feature_names),
    }
    if examples.image_shape is not None:
        arrays["image_shape"] = np.array(examples.image_shape, "<i8")
    if examples.test is not None:
        arrays["test"] = examples.test.astype(bool)
    file = BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def from_bytes(data: bytes) -> Examples:
    """Read examples written by `to_bytes`; ValueError for anything else."""
    arrays = unpacked(data)
    names = ("class_names", "feature_names")
    if missing := [name for name in ("X", "y", *names) if name not in arrays]:
        raise ValueError(f"the file must contain {missing[0]}")
    class_names, feature_names = (names_of(name, arrays[name]) for name in names)
    shape = arrays.get("image_shape")
    return checked(
        Examples(
            features=arrays["X"],
            labels=arrays["y"],
            class_names=class_names,
            feature_names=feature_names,
            image_shape=None if shape is None else image_shape_of(shape),
            test=arrays.get("test"),
        )
    )


def unpacked(data: bytes, budget: Budget | None = None) -> dict[str, np.ndarray[Any, Any]]:
    """The arrays in an NPZ file by name; ValueError if it is invalid or too large.

    Raises BudgetError before allocating more memory than the budget allows.
    """
    try:
        with zipfile.ZipFile(BytesIO(data)) as packed:
            members = packed.infolist()
            _check_members(members)
            (budget or Budget()).check_unpacked(COPIES * sum(each.file_size for each in members))
            # zipfile reads at most the declared size of a member.
            return {
                each.filename.removesuffix(".npy"): _array(packed.read(each)) for each in members
            }
    except ValueError:
        raise
    except Exception as error:  # zipfile, zlib and NumPy raise various errors
        raise ValueError(f"the file is not NPZ: {brief(str(error))}") from None


def _check_members(members: Sequence[zipfile.ZipInfo]) -> None:
    if len(members) > MAX_ARRAYS:
        raise ValueError(
            f"the file must have at most {MAX_ARRAYS} arrays, got {len(members):,}: leave out"
            f" {brief(members[MAX_ARRAYS].filename.removesuffix('.npy'))}"
        )
    size = sum(each.file_size for each in members)
    if size > LARGEST_UNPACKED:
        raise ValueError(
            f"the file would unpack to {size:,} bytes; the maximum is {LARGEST_UNPACKED:,}: leave"
            " out examples, or save whole numbers in a smaller type"
        )


def _array(data: bytes) -> np.ndarray[Any, Any]:
    if data.startswith(b"\x93NUMPY") and b"'|O'" in data[:200]:
        raise ValueError(
            "an array in the file has Python objects (a pickle), which are never opened: save"
            " numbers or strings"
        )
    array = np.lib.format.read_array(BytesIO(data), allow_pickle=False)
    if array.size > len(data):  # arrays of empty strings take no space
        raise ValueError("an array in the file has more elements than bytes")
    return np.asarray(array)


def names_of(what: str, names: np.ndarray[Any, Any]) -> tuple[str, ...]:
    """Names from an array (k,) of strings."""
    if names.ndim != 1 or names.dtype.kind != "U" or len(names) > MAX_FEATURES:
        raise ValueError(f"{what} must be a list of at most {MAX_FEATURES:,} strings")
    return tuple(str(name) for name in names.tolist())


def image_shape_of(shape: np.ndarray[Any, Any]) -> tuple[int, int]:
    """Rows and columns from an array (2,)."""
    if shape.shape != (2,) or shape.dtype.kind not in "iu":
        raise ValueError("image_shape must be two whole numbers")
    return int(shape[0]), int(shape[1])


def checked(examples: Examples, *, minimum: int = MIN_PER_CLASS) -> Examples:
    """Validate and normalize examples; ValueError names what is invalid.

    `minimum` is the minimum number of examples per class.
    """
    X, y = examples.features, examples.labels
    if X.ndim != 2 or X.dtype.kind not in "fiub" or y.dtype.kind not in "iu":
        raise ValueError("X must be numeric (n, d), and y integers (n,)")
    n, d = X.shape
    if y.shape != (n,):
        raise ValueError(f"X has {n:,} rows, but y has shape {brief(y.shape)}")
    if n > MAX_EXAMPLES:
        raise ValueError(
            f"there must be at most {MAX_EXAMPLES:,} examples, got {n:,}: leave out the rows from"
            f" row {MAX_EXAMPLES + 1:,} on"
        )
    if not 1 <= d <= MAX_FEATURES:
        raise ValueError(
            f"there must be 1 to {MAX_FEATURES:,} features, got {d:,}: leave out some of them"
        )
    X = X.astype(np.float64, copy=False)
    if not np.isfinite(X).all():
        row, column = np.argwhere(~np.isfinite(X))[0]
        raise ValueError(f"X must be finite, but is not in row {row + 1:,}, column {column + 1:,}")
    check_classes(y, examples.class_names, minimum)
    if len(examples.feature_names) != d:
        raise ValueError(f"there must be {d:,} feature names, got {len(examples.feature_names):,}")
    if examples.image_shape is not None and np.prod(examples.image_shape) != d:
        raise ValueError(f"images of {brief(examples.image_shape)} do not have {d:,} pixels")
    if examples.test is not None:
        _check_test(examples.test, y, len(examples.class_names))
    return Examples(
        features=X,
        labels=y.astype(np.int64),
        class_names=_checked_names("class", examples.class_names),
        feature_names=_checked_names("feature", examples.feature_names),
        image_shape=examples.image_shape,
        test=None if examples.test is None else examples.test.astype(bool),
    )


def _check_test(test: np.ndarray[Any, Any], y: np.ndarray[Any, Any], classes: int) -> None:
    """Raise ValueError unless both parts have examples, and every class some to train on."""
    if test.shape != y.shape or test.dtype.kind != "b":
        raise ValueError(f"test must be one boolean per example, got shape {brief(test.shape)}")
    trained = np.bincount(y[~test], minlength=classes)
    if not test.any() or not trained.all():
        raise ValueError(
            "the file's own test part must have examples, and leave some of every class to train on"
        )


def check_classes(
    labels: np.ndarray[Any, Any], class_names: Sequence[str], minimum: int = MIN_PER_CLASS
) -> None:
    """Raise ValueError for too many or too few classes, or classes with too few examples."""
    classes = len(class_names)
    if not 2 <= classes <= MAX_CLASSES:
        raise ValueError(f"there must be 2 to {MAX_CLASSES} classes, got {classes:,}")
    if len(labels) and not (labels.min() >= 0 and labels.max() < classes):
        raise ValueError(f"labels must be 0 to {classes - 1}")
    counts = np.bincount(labels, minlength=classes)
    if (few := int(counts.argmin())) >= 0 and counts[few] < minimum:
        raise ValueError(
            f"class {brief(class_names[few])} has {counts[few]} example"
            f"{'s' * int(counts[few] != 1)}; each class needs at least {minimum}"
            f"{', one to train on and one to test on' if minimum > 1 else ''}"
        )


def _checked_names(what: str, names: Sequence[str]) -> tuple[str, ...]:
    checked_ones = tuple(checked_text(f"a {what} name", each, LONGEST_NAME) for each in names)
    if len(set(checked_ones)) < len(checked_ones):
        raise ValueError(f"two {what} names are the same")
    return checked_ones


def fingerprint(examples: Examples) -> str:
    """A hash of the data: 32 hexadecimal digits, the same on every machine.

    A SHA-256 of features, labels, names and image shape, independent of the file format.
    """
    parts: Mapping[str, bytes] = {
        "X": examples.features.astype("<f8").tobytes(),
        "y": examples.labels.astype("<i8").tobytes(),
        "names": repr((examples.class_names, examples.feature_names)).encode(),
        "shape": repr((examples.features.shape, examples.image_shape)).encode(),
    }
    if examples.test is not None:
        parts = {**parts, "test": np.packbits(examples.test).tobytes()}
    digest = hashlib.sha256()
    for name, content in parts.items():
        digest.update(f"{name} {len(content)} ".encode() + content)
    return digest.hexdigest()[:32]
