"""Examples as a file of their own, NumPy's NPZ, and their fingerprint.

The file may have been written by anyone: nothing in it is executed, all of it is checked, and
its sizes are known to be bounded before anything is unpacked.
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
"""Bytes of all arrays of a file together."""
COPIES = 3
"""Of an NPZ file's arrays in memory at once while it is read."""
MOST_ARRAYS = 20
MOST_EXAMPLES = 100_000
MOST_FEATURES = 1_000
MOST_CLASSES = 100
LONGEST_NAME = 80
FEWEST_OF_A_CLASS = 2


def to_bytes(examples: Examples) -> bytes:
    """An NPZ file: X (n, d), y (n,), class_names, feature_names, and image_shape if they have one.

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
    file = BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def from_bytes(data: bytes) -> Examples:
    """The examples that `to_bytes` wrote; ValueError for anything else."""
    arrays = unpacked(data)
    names = ("class_names", "feature_names")
    if missing := [name for name in ("X", "y", *names) if name not in arrays]:
        raise ValueError(f"the file must hold {missing[0]}")
    class_names, feature_names = (names_of(name, arrays[name]) for name in names)
    shape = arrays.get("image_shape")
    return checked(
        Examples(
            features=arrays["X"],
            labels=arrays["y"],
            class_names=class_names,
            feature_names=feature_names,
            image_shape=None if shape is None else image_shape_of(shape),
        )
    )


def unpacked(data: bytes, budget: Budget | None = None) -> dict[str, np.ndarray[Any, Any]]:
    """The arrays in an NPZ file by their names; ValueError where it is none, or too large.

    BudgetError where it would take more memory than the budget allows, before it takes it.
    """
    try:
        with zipfile.ZipFile(BytesIO(data)) as packed:
            members = packed.infolist()
            _check_members(members)
            (budget or Budget()).check_unpacked(COPIES * sum(each.file_size for each in members))
            # The zip's own module reads no more of a member than the size that it declares.
            return {
                each.filename.removesuffix(".npy"): _array(packed.read(each)) for each in members
            }
    except ValueError:
        raise
    except Exception as error:  # bytes that are no NPZ make zipfile, zlib and NumPy raise anything
        raise ValueError(f"the file is not NPZ: {brief(str(error))}") from None


def _check_members(members: Sequence[zipfile.ZipInfo]) -> None:
    if len(members) > MOST_ARRAYS:
        raise ValueError(f"the file may hold {MOST_ARRAYS} arrays, got {len(members):,}")
    size = sum(each.file_size for each in members)
    if size > LARGEST_UNPACKED:
        raise ValueError(
            f"the file would unpack to {size:,} bytes; at most {LARGEST_UNPACKED:,} may be"
        )


def _array(data: bytes) -> np.ndarray[Any, Any]:
    array = np.lib.format.read_array(BytesIO(data), allow_pickle=False)
    if array.size > len(data):  # empty texts take no room, however many there are
        raise ValueError("an array in the file has more elements than bytes")
    return np.asarray(array)


def names_of(what: str, names: np.ndarray[Any, Any]) -> tuple[str, ...]:
    """Names out of an array (k,) of texts."""
    if names.ndim != 1 or names.dtype.kind != "U" or len(names) > MOST_FEATURES:
        raise ValueError(f"{what} must be a list of at most {MOST_FEATURES:,} texts")
    return tuple(str(name) for name in names.tolist())


def image_shape_of(shape: np.ndarray[Any, Any]) -> tuple[int, int]:
    """Rows and columns out of an array (2,)."""
    if shape.shape != (2,) or shape.dtype.kind not in "iu":
        raise ValueError("image_shape must be two whole numbers")
    return int(shape[0]), int(shape[1])


def checked(examples: Examples, *, fewest: int = FEWEST_OF_A_CLASS) -> Examples:
    """The examples with plain arrays; ValueError names what is not as `Examples` has it.

    `fewest` is how many examples each class must have.
    """
    X, y = examples.features, examples.labels
    if X.ndim != 2 or X.dtype.kind not in "fiub" or y.dtype.kind not in "iu":
        raise ValueError("X must be numbers (n, d), and y whole numbers (n,)")
    n, d = X.shape
    if y.shape != (n,):
        raise ValueError(f"X has {n:,} rows, and y has {brief(y.shape)}")
    if not 1 <= d <= MOST_FEATURES or n > MOST_EXAMPLES:
        raise ValueError(
            f"there may be {MOST_EXAMPLES:,} examples of 1 to {MOST_FEATURES:,} features, got"
            f" {n:,} of {d:,}"
        )
    X = X.astype(np.float64, copy=False)
    if not np.isfinite(X).all():
        row, column = np.argwhere(~np.isfinite(X))[0]
        raise ValueError(f"X must be finite; in row {row + 1:,}, column {column + 1:,} it is not")
    check_classes(y, examples.class_names, fewest)
    if len(examples.feature_names) != d:
        raise ValueError(f"there must be {d:,} feature names, got {len(examples.feature_names):,}")
    if examples.image_shape is not None and np.prod(examples.image_shape) != d:
        raise ValueError(f"images of {brief(examples.image_shape)} do not have {d:,} pixels")
    return Examples(
        features=X,
        labels=y.astype(np.int64),
        class_names=_checked_names("class", examples.class_names),
        feature_names=_checked_names("feature", examples.feature_names),
        image_shape=examples.image_shape,
    )


def check_classes(
    labels: np.ndarray[Any, Any], class_names: Sequence[str], fewest: int = FEWEST_OF_A_CLASS
) -> None:
    """ValueError where classes cannot be learned: too many, too few, one with one example."""
    classes = len(class_names)
    if not 2 <= classes <= MOST_CLASSES:
        raise ValueError(f"there must be 2 to {MOST_CLASSES} classes, got {classes:,}")
    if len(labels) and not (labels.min() >= 0 and labels.max() < classes):
        raise ValueError(f"labels must be 0 to {classes - 1}")
    counts = np.bincount(labels, minlength=classes)
    if (few := int(counts.argmin())) >= 0 and counts[few] < fewest:
        raise ValueError(
            f"class {brief(class_names[few])} has {counts[few]} example"
            f"{'s' * int(counts[few] != 1)}; each class needs at least {fewest}"
            f"{', one to train on and one to test on' if fewest > 1 else ''}"
        )


def _checked_names(what: str, names: Sequence[str]) -> tuple[str, ...]:
    checked_ones = tuple(checked_text(f"a {what}'s name", each, LONGEST_NAME) for each in names)
    if len(set(checked_ones)) < len(checked_ones):
        raise ValueError(f"two {what} names are the same")
    return checked_ones


def fingerprint(examples: Examples) -> str:
    """32 hexadecimal digits that say which data these are, on every machine.

    A SHA-256 of numbers, labels, names and the shape of images; of no file's format.
    """
    parts: Mapping[str, bytes] = {
        "X": examples.features.astype("<f8").tobytes(),
        "y": examples.labels.astype("<i8").tobytes(),
        "names": repr((examples.class_names, examples.feature_names)).encode(),
        "shape": repr((examples.features.shape, examples.image_shape)).encode(),
    }
    digest = hashlib.sha256()
    for name, content in parts.items():
        digest.update(f"{name} {len(content)} ".encode() + content)
    return digest.hexdigest()[:32]
