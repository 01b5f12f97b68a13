"""Examples in NPZ files, under the names and in the shapes that people save them.

    X, y;  images, labels;  data, target;  arr_0, arr_1
    x_train, y_train, x_test, y_test: the file's own test part is the test part

Labels may be integers, whole floats, booleans, strings, bytes, a column (n, 1) or one-hot (n, c);
images may have a channel axis of length 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lossopt_core.data.datasets import Examples
from lossopt_core.fields import brief
from lossopt_core.files.choices import Question
from lossopt_core.files.limits import NO_LIMITS
from lossopt_core.objective.linear import Labels
from lossopt_core.store.quotas import Budget
from lossopt_core.texts import listed
from lossopt_core.uploads.serialization import (
    MAX_CLASSES,
    checked,
    image_shape_of,
    names_of,
    unpacked,
)

INPUTS = ("X", "x", "features", "images", "data", "arr_0", "inputs", "x_train", "train_x",
          "train_images", "train_features", "train_data")  # fmt: skip
LABELS = ("y", "labels", "label", "target", "targets", "arr_1", "outputs", "classes", "y_train",
          "train_y", "train_labels", "train_targets")  # fmt: skip
"""Accepted names of the feature and label arrays, likeliest first."""
VALIDATION = ("val", "valid", "validation", "dev")
TEST_INPUTS = ("x_test", "test_x", "test_images", "test_features", "test_data")
ABOUT = ("class_names", "feature_names", "image_shape", "test")

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Arrays:
    """Examples with what was done to the arrays.

    fates   what each array of the file is used for: (name, shape and type, fate, reason)
    """

    examples: Examples
    fates: tuple[tuple[str, str, str, str], ...]
    said: tuple[str, ...]
    questions: tuple[Question, ...] = ()


def examples_in(data: bytes, budget: Budget = NO_LIMITS) -> Arrays:
    """The examples in an NPZ file; ValueError names the array and what is wrong with it."""
    arrays = unpacked(data, budget)
    said: list[str] = []
    used, questions = _pairs(arrays)
    parts = [(arrays[x], arrays[y]) for x, y in used]
    X = [_images(x, array, said) for (x, _), (array, _) in zip(used, parts, strict=True)]
    for (name, _), each in zip(used, X, strict=True):
        if each.shape[1:] != X[0].shape[1:]:
            raise ValueError(
                f"{used[0][0]} and {name} must have examples of one shape, got"
                f" {brief(X[0].shape)} and {brief(each.shape)}"
            )
    shape = (int(X[0].shape[1]), int(X[0].shape[2])) if X[0].ndim == 3 else None
    if shape is None and "image_shape" in arrays:
        shape = image_shape_of(arrays["image_shape"])
    flat = np.concatenate([each.reshape(len(each), -1) for each in X])
    budget.check_numbers(*flat.shape)  # before conversion to float64
    y = np.concatenate([_flat_labels(name, array, said)
                        for (_, name), (_, array) in zip(used, parts, strict=True)])  # fmt: skip
    labels, class_names = _classes(used[0][1], y, arrays)
    test = None
    if len(used) > 1:
        test = np.arange(len(y)) >= len(y) - len(X[-1])
        said.append(f"{test.sum():,} examples of {used[-1][0]} are the file's own test part.")
        said += [f"{len(part):,} examples of {name} for validation are trained on."
                 for (name, _), part in zip(used[1:-1], X[1:-1], strict=True)]  # fmt: skip
    elif "test" in arrays and arrays["test"].shape == (len(y),):
        test = arrays["test"].astype(bool)
    examples = Examples(
        features=flat,
        labels=labels,
        class_names=class_names,
        feature_names=_feature_names(flat.shape[1], shape, arrays),
        image_shape=shape,
        test=test,
    )
    return Arrays(checked(examples), _fates(arrays, used), tuple(dict.fromkeys(said)), questions)


def _pairs(
    arrays: Mapping[str, Array],
) -> tuple[list[tuple[str, str]], tuple[Question, ...]]:
    """Names of features and labels: one pair, or one to train and one to test on."""
    lower = {name.lower(): name for name in arrays}
    test = next((each for each in TEST_INPUTS if each in lower), None)
    if test is not None:
        train, tested = (_part(lower, test, each) for each in ("train", "test"))
        if train is not None and tested is not None:
            more = [pair for each in VALIDATION if (pair := _part(lower, test, each))]
            return [train, *more, tested], ()
    questions = []
    found = []
    for wanted, what in ((INPUTS, "features"), (LABELS, "labels")):
        names_there = [name for name in wanted if name in arrays] or [
            lower[name] for name in wanted if name in lower
        ]
        if not names_there:
            held = ", ".join(arrays) or "nothing"
            raise ValueError(
                f"the file must have an array with the {what}, called {', '.join(wanted)}; it has"
                f" {brief(held)}: save X and y with numpy.savez"
            )
        found.append(names_there[0])
        if len(names_there) > 1:
            questions.append(
                Question(
                    "arrays",
                    f"Which array has the {what}, {listed(names_there)}? Read"
                    f" {brief(names_there[0])}; save only one of them to read another.",
                    {name: name for name in names_there},
                )
            )
    return [(found[0], found[1])], tuple(questions)


def _part(lower: Mapping[str, str], test: str, part: str) -> tuple[str, str] | None:
    x = test.replace("test", part)
    for label in ("y", "labels", "targets", "label", "target"):
        for y in (f"{label}_{part}", f"{part}_{label}"):
            if x in lower and y in lower:
                return lower[x], lower[y]
    return None


def _images(name: str, X: Array, said: list[str]) -> Array:
    """Features (n, d) or images (n, rows, columns)."""
    if X.ndim == 4 and X.shape[3] == 1:
        said.append(f"{name} has one channel: read as grey images.")
        X = X[..., 0]
    elif X.ndim == 4 and X.shape[1] == 1:
        said.append(f"{name} has one channel: read as grey images.")
        X = X[:, 0]
    if X.ndim not in (2, 3) or X.dtype.kind not in "fiub":
        raise ValueError(
            f"{name} must be numeric (examples, features) or grey images (examples, rows,"
            f" columns), got shape {brief(X.shape)} of {X.dtype}"
        )
    if X.dtype.kind == "f" and not np.isfinite(X).all():
        wrong = ~np.isfinite(X)
        place = ", ".join(f"{each + 1:,}" for each in np.argwhere(wrong)[0][1:])
        row = int(np.argwhere(wrong)[0][0]) + 1
        raise ValueError(
            f"{name} must be finite, but is not in row {row:,}, column {place}"
            f" ({wrong.sum():,} values in {wrong.reshape(len(X), -1).any(axis=1).sum():,}"
            " examples): fill them or leave the examples out before saving"
        )
    return X


def _flat_labels(name: str, y: Array, said: list[str]) -> Array:
    """Labels (n,) as integers or strings."""
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    elif y.ndim == 2 and y.dtype.kind in "fiub" and y.shape[1] > 1:
        if not (np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all()):
            raise ValueError(f"{name} must have one label per example, or one-hot rows of 0 and 1")
        said.append(f"{name} is one-hot: read as classes 0 to {y.shape[1] - 1}.")
        y = y.argmax(axis=1)
    if y.ndim != 1 or y.dtype.kind not in "iufbUS":
        raise ValueError(f"{name} must be a list of integers or strings")
    if y.dtype.kind == "S":
        return np.char.decode(y, "utf-8", "replace")
    if y.dtype.kind == "f":
        if not np.isfinite(y).all() or (y % 1).any():
            row = int(np.flatnonzero(~np.isfinite(y) | (y % 1 != 0))[0]) + 1
            raise ValueError(
                f"{name} must be a list of integers or strings; row {row:,} has"
                f" {y[row - 1]:g}: labels are classes, not measurements"
            )
        return y.astype(np.int64)
    return y.astype("U5") if y.dtype.kind == "b" else y


def _classes(name: str, y: Array, arrays: Mapping[str, Any]) -> tuple[Labels, tuple[str, ...]]:
    """Labels as 0..C-1, and the class names."""
    if "class_names" in arrays and y.dtype.kind in "iu":
        return y, names_of("class_names", arrays["class_names"])
    values, labels = np.unique(y, return_inverse=True)
    if len(values) > MAX_CLASSES:
        row = np.sort(np.unique(labels, return_index=True)[1])[MAX_CLASSES] + 1
        raise ValueError(
            f"{name} has {len(values):,} distinct values, too many from row {row:,} on; the"
            f" maximum is {MAX_CLASSES}: save classes, not measurements"
        )
    return labels, tuple(str(value) for value in values.tolist())


def _feature_names(
    width: int, shape: tuple[int, int] | None, arrays: Mapping[str, Any]
) -> tuple[str, ...]:
    if "feature_names" in arrays:
        return names_of("feature_names", arrays["feature_names"])
    if shape is not None:
        rows, columns = shape
        return tuple(f"pixel {row},{column}" for row in range(rows) for column in range(columns))
    return tuple(f"x{index + 1}" for index in range(width))


def _fates(
    arrays: Mapping[str, Array], used: list[tuple[str, str]]
) -> tuple[tuple[str, str, str, str], ...]:
    parts = ["", *[", trained on as well"] * (len(used) - 2), ", the test part"][: len(used)]
    features = {x: part for (x, _), part in zip(used, parts, strict=True)}
    labels = {y: part for (_, y), part in zip(used, parts, strict=True)}
    found = []
    for name, array in arrays.items():
        about = f"{array.dtype} {' × '.join(map(str, array.shape))}"
        if name in features:
            found.append((name, about, "feature", f"the features{features[name]}"))
        elif name in labels:
            found.append((name, about, "label", f"the labels{labels[name]}"))
        elif name in ABOUT:
            found.append((name, about, "ignored", "describes the other arrays"))
        else:
            found.append((name, about, "ignored", "neither features nor labels"))
    return tuple(found)
