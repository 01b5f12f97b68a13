"""Preparing a table as a data set: label column, text columns and missing values.

The result describes what was done in sentences; errors name the row and column.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd

from lossopt_core.data.datasets import Examples
from lossopt_core.fields import brief
from lossopt_core.files.choices import Question
from lossopt_core.files.columns import BOOLEAN, NUMBER, Column, Mask
from lossopt_core.files.columns import columns_of as columns_of
from lossopt_core.files.description import FEATURE
from lossopt_core.files.sheet import unique
from lossopt_core.objective.linear import Array, Labels
from lossopt_core.texts import counted, listed, one_line
from lossopt_core.uploads.roles import (
    MAX_VALUES,
    TRAIN,
    VALIDATION,
    Role,
    guess_label,
    image_shape,
    part_column,
    parts_of,
    pixel_columns,
    roles_of,
    with_one_hot_labels,
)
from lossopt_core.uploads.serialization import (
    LONGEST_NAME,
    MAX_CLASSES,
    MAX_EXAMPLES,
    MAX_FEATURES,
    MIN_PER_CLASS,
    check_classes,
    checked,
)

MISSING_VALUES = {
    "fill": "Fill with the median or the most frequent value",
    "indicator": "Fill, and add a column that says where",
    "mean": "Fill with the mean",
    "drop": "Drop rows",
}
"""What to do with rows that have missing values, the default first."""
TEXT_COLUMNS = {"one_hot": "One-hot encode", "drop": "Drop columns"}


class RolesError(ValueError):
    """The columns cannot have these roles; others may do."""


@dataclass(frozen=True)
class Preparation:
    """Roles of the columns; `missing` is in `MISSING_VALUES`, `texts` in `TEXT_COLUMNS`.

    part        the column that says which rows are the test part, if any
    image       rows and columns of the images whose pixels the features are, if they are
    same_case   whether labels that differ in upper and lower case only are one class
    """

    label: str
    features: tuple[str, ...]
    missing: str = "fill"
    texts: str = "one_hot"
    part: str | None = None
    image: tuple[int, int] | None = None
    same_case: bool = False


@dataclass(frozen=True, eq=False)
class Prepared:
    """The prepared examples, with a description of what was done."""

    examples: Examples
    steps: tuple[str, ...]
    questions: tuple[Question, ...] = ()

    @property
    def balance(self) -> pd.Series:
        """Number of examples per class name."""
        counts = np.bincount(self.examples.labels, minlength=len(self.examples.class_names))
        return pd.Series(counts, index=list(self.examples.class_names), name="examples")


def suggest(columns: Sequence[Column], label: str | None = None) -> Preparation:
    """Guess the roles of all columns, for a given label or the likeliest one.

    ValueError if no column can be a label.
    """
    if label is None:
        label, why = guess_label(columns)
        if not label:
            raise ValueError(f"there is no label: {why}. Add a column with the class of each row")
    roles = roles_for(columns, label)
    image = image_shape(columns, roles)
    if image is not None:
        features = tuple(column.name for column in pixel_columns(columns, roles))
    else:
        features = tuple(name for name, role in roles.items() if role.fate == FEATURE)
    return Preparation(label, features, part=part_column(columns, label), image=image)


def roles_for(columns: Sequence[Column], label: str) -> dict[str, Role]:
    """The role of every column, for a label."""
    [column] = [each for each in with_one_hot_labels(columns) if each.name == label]
    codes = np.full(len(column.cells), -1)
    rows = ~column.missing
    _, codes[rows] = np.unique(column.texts.to_numpy()[rows].astype(str), return_inverse=True)
    return roles_of(columns, label, codes)


def _without_label(columns: Sequence[Column], rows: Mask) -> str:
    """'Dropped 1 row without a label: row 125, which begins with 'Total'.'"""
    first = int(np.flatnonzero(~rows)[0])
    place = f"row {columns[0].cells.index[first]:,}"
    begins = next((str(each.cells.iloc[first]) for each in columns if not each.missing[first]), "")
    said = f"Dropped {counted((~rows).sum(), 'row')} without a label: {place}"
    said += f", which begins with {brief(begins)}" if begins else ", which is empty"
    return said + (", and others." if (~rows).sum() > 1 else ".")


def prepare(columns: Sequence[Column], how: Preparation) -> Prepared:
    """Prepare examples from a table; ValueError names the row and column of a problem."""
    by_name = {column.name: column for column in with_one_hot_labels(columns)}
    _check(how, by_name)
    label = by_name[how.label]
    steps: list[str] = []
    rows = ~label.missing
    if not rows.all():
        steps.append(_without_label(columns, rows))
    labels, class_names, questions = _labels(label, rows, how.same_case, steps)
    rows = _without_rare(label, rows, labels, class_names, steps)
    columns = [by_name[name] for name in how.features]
    used, rows = _without_missing(_usable(columns, how, rows, steps), how.missing, rows, steps)
    features = _encoded(used, rows, how.missing, steps)
    if not features:
        raise RolesError("there must be a feature: choose a numeric column, or one-hot encode text")
    if len(features) > MAX_FEATURES:
        beyond, _ = [*features][MAX_FEATURES]
        raise RolesError(
            f"there must be at most {MAX_FEATURES:,} features, got {len(features):,}: leave out"
            f" the columns from {brief(beyond)} on"
        )
    if rows.sum() > MAX_EXAMPLES:
        row = label.cells.index[np.flatnonzero(rows)[MAX_EXAMPLES]]
        raise ValueError(
            f"there must be at most {MAX_EXAMPLES:,} examples, got {rows.sum():,}: leave out the"
            f" rows from row {row:,} on"
        )
    present, codes = np.unique(labels[rows], return_inverse=True)
    class_names = tuple(class_names[place] for place in present)
    try:
        check_classes(codes, class_names)
    except ValueError as error:
        raise RolesError(f"column {brief(how.label)} as label: {error}") from None
    examples = Examples(
        features=np.column_stack([column[rows] for column in features.values()]),
        labels=codes,
        class_names=class_names,
        feature_names=_names(features, steps),
        image_shape=how.image if how.image and np.prod(how.image) == len(features) else None,
        test=None if how.part is None else _test_part(by_name[how.part], rows, codes, steps),
    )
    return Prepared(checked(examples), tuple(steps), questions)


def _check(how: Preparation, by_name: dict[str, Column]) -> None:
    if missing := [name for name in (how.label, *how.features) if name not in by_name]:
        raise ValueError(f"there is no column {brief(missing[0])}")
    if how.label in how.features:
        raise ValueError(f"{brief(how.label)} is the label and cannot be a feature, too")
    if how.missing not in MISSING_VALUES or how.texts not in TEXT_COLUMNS:
        raise ValueError(
            f"missing must be one of {', '.join(MISSING_VALUES)}, texts one of"
            f" {', '.join(TEXT_COLUMNS)}"
        )


def _labels(
    column: Column, rows: Mask, same_case: bool, steps: list[str]
) -> tuple[Labels, tuple[str, ...], tuple[Question, ...]]:
    """Labels (rows,) as 0..C-1, -1 if missing; the class names, with numbers in numeric order."""
    texts = column.texts.where(rows, "")
    given = [*texts[rows].unique()]
    forms = {text: one_line(text) for text in given}
    if column.kind == NUMBER and not column.invalid.any():
        forms = _one_form(column, given, steps)
    elif same_case:
        first: dict[str, str] = {}
        for text in given:
            first.setdefault(text.lower(), forms[text])
        forms = {text: first[text.lower()] for text in given}
    questions = _asked(column.name, [*dict.fromkeys(forms.values())])
    values = sorted({*forms.values()}, key=_order)
    if len(values) > MAX_CLASSES:
        row = _first_beyond(texts[rows].map(forms), MAX_CLASSES)
        raise RolesError(
            f"column {brief(column.name)} has {len(values):,} distinct values, too many from row"
            f" {row:,} on; a label can have at most {MAX_CLASSES}. Choose another label column"
        )
    places = {text: values.index(form) for text, form in forms.items()}
    labels = np.array([places.get(text, -1) for text in texts], dtype=np.int64)
    names = unique(values, LONGEST_NAME)
    if names != values:
        steps.append(f"Class names of more than {LONGEST_NAME} characters are shortened.")
    return np.where(rows, labels, -1), tuple(names), questions


def _first_beyond(texts: pd.Series, most: int) -> int:
    """The row in the file that has the first distinct value too many."""
    return int(texts.drop_duplicates().index[most])


def _asked(name: str, classes: Sequence[str]) -> tuple[Question, ...]:
    """Whether classes that differ in upper and lower case only are the same."""
    low = Counter(each.lower() for each in classes)
    same = [each for each in classes if low[each.lower()] > 1]
    if not same:
        return ()
    return (
        Question(
            "same_case",
            f"Are {listed([*map(brief, same)])} in column {brief(name)} the same class? Read as"
            f" {len(same)} classes.",
            {"": f"{len(same)} classes", "same": "one class"},
        ),
    )


def _one_form(column: Column, texts: Iterable[str], steps: list[str]) -> dict[str, str]:
    """One way of writing each number, the shortest: 1, 1.0 and 1.00 are the same class."""
    values = {text: _exact(text, column) for text in texts}
    forms: dict[Decimal, str] = {}
    together: dict[Decimal, list[str]] = {}
    for text, value in values.items():
        short = text.removesuffix(".0")
        forms[value] = min(forms.get(value, short), short, key=_length)
        together.setdefault(value, []).append(text)
    for value, written in together.items():
        if len(written) > 1:
            steps.append(
                f"{listed([*map(brief, written)])} are the same number: one class,"
                f" {brief(forms[value])}."
            )
    return {text: forms[value] for text, value in values.items()}


def _exact(text: str, column: Column) -> Decimal:
    """The number in full: floats cannot tell large ones apart."""
    try:
        return Decimal(text)
    except ArithmeticError:  # written in another notation
        places = np.flatnonzero((column.texts == text).to_numpy())
        return Decimal(float(column.numbers[places[0]]))


def _length(text: str) -> tuple[int, str]:
    return len(text), text


def _order(text: str) -> tuple[bool, float, str]:
    try:
        number = float("nan") if "_" in text else float(text)
    except ValueError:
        number = float("nan")
    return (True, 0.0, text) if number != number else (False, number, text)


def _without_rare(
    column: Column, rows: Mask, labels: Labels, class_names: Sequence[str], steps: list[str]
) -> Mask:
    """Leave out classes with a single example, as long as two classes are left."""
    counts = np.bincount(labels[rows], minlength=len(class_names))
    rare = [code for code, count in enumerate(counts) if 0 < count < MIN_PER_CLASS]
    if not rare or sum(counts >= MIN_PER_CLASS) < 2:
        return rows
    for code in rare[:5]:
        row = column.cells.index[np.flatnonzero(rows & (labels == code))[0]]
        steps.append(
            f"Dropped row {row:,}: class {brief(class_names[code])} has no other example, and each"
            f" class needs {MIN_PER_CLASS}."
        )
    if len(rare) > 5:
        steps.append(f"Dropped {len(rare) - 5} more classes with a single example.")
    return rows & ~np.isin(labels, rare)


def _usable(
    columns: Sequence[Column], how: Preparation, rows: Mask, steps: list[str]
) -> list[Column]:
    """The columns that can be encoded; invalid cells only matter in the `rows` that are used."""
    dropped = [each.name for each in columns if not each.numeric and how.texts == "drop"]
    if dropped:
        steps.append(f"Dropped text columns: {', '.join(map(brief, dropped))}.")
    used = [column for column in columns if column.name not in dropped]
    for column in used:
        if column.unread:
            raise ValueError(f"column {brief(column.name)} cannot be a feature: {column.unread}")
        if column.missing[rows].all():
            raise RolesError(f"column {brief(column.name)} is empty: drop it")
        if column.numeric:
            _check_numbers(column, rows)
    return used


def _check_numbers(column: Column, rows: Mask) -> None:
    for wrong, what in ((column.invalid, "a number"), (np.isinf(column.numbers), "finite")):
        if places := np.flatnonzero(wrong & rows).tolist():
            row, text = column.texts.index[places[0]], column.texts.iloc[places[0]]
            raise ValueError(
                f"row {row:,}, column {brief(column.name)}: {brief(text)} is not {what}: correct"
                " the cell, or leave out the column"
            )


def _without_missing(
    columns: list[Column], how: str, rows: Mask, steps: list[str]
) -> tuple[list[Column], Mask]:
    """Say how many cells of the file are missing, and drop their rows if that was chosen."""
    if not columns:
        return columns, rows
    missing = np.array([column.missing & rows for column in columns])
    cells, concerned = int(missing.sum()), missing.any(axis=0)
    if not cells:
        return columns, rows
    of = f"{counted(cells, 'missing value')} in {concerned.sum():,} of {rows.sum():,} rows"
    if how == "drop":
        steps.append(f"Dropped {counted(concerned.sum(), 'row')} with missing values ({of}).")
        return columns, rows & ~concerned
    by = "the mean" if how == "mean" else "the median or the most frequent value of the column"
    steps.append(f"{of} filled with {by}: {_counts(columns, missing)}.")
    return columns, rows


def _counts(columns: Sequence[Column], missing: Mask) -> str:
    counts = [f"{brief(c.name)} {n:,}" for c, n in zip(columns, missing.sum(axis=1), strict=True)
              if n]  # fmt: skip
    return listed(counts, 8)


def _encoded(
    columns: Sequence[Column], rows: Mask, how: str, steps: list[str]
) -> dict[tuple[str, str], Array]:
    """Features by column and value, each (n,), without missing values in `rows`."""
    features: dict[tuple[str, str], Array] = {}
    for column in columns:
        missing = column.missing & rows
        if column.numeric:
            features[column.name, ""] = _filled(column, rows, how)
        else:
            features |= _one_hot(column, rows, how, steps)
        if how == "indicator" and missing.any():
            features[column.name, "missing"] = missing.astype(np.float64)
    return features


def _filled(column: Column, rows: Mask, how: str) -> Array:
    missing = column.missing
    if not missing.any():
        return column.numbers
    given = column.numbers[rows & ~missing]
    if how == "mean":
        value = given.mean()
    elif column.kind == BOOLEAN:
        value = float(given.mean() > 0.5)
    else:
        value = np.median(given)
    return np.where(missing, value, column.numbers)


def _one_hot(
    column: Column, rows: Mask, how: str, steps: list[str]
) -> dict[tuple[str, str], Array]:
    texts = column.texts.to_numpy()
    counts = Counter(texts[rows & ~column.missing])
    values = sorted(counts)
    if len(values) > MAX_VALUES:
        row = _first_beyond(column.texts[rows & ~column.missing], MAX_VALUES)
        raise ValueError(
            f"column {brief(column.name)} has {len(values):,} distinct values, too many from row"
            f" {row:,} on; at most {MAX_VALUES} can be one-hot encoded. Drop the column"
        )
    steps.append(f"One-hot encoded column {brief(column.name)} as {len(values)} columns.")
    fill = {
        value: counts[value] / counts.total() if how == "mean"
        else float(value == max(values, key=counts.__getitem__))
        for value in values
    }  # fmt: skip
    return {
        (column.name, value): np.where(column.missing, fill[value], texts == value).astype(
            np.float64
        )
        for value in values
    }


def _names(features: Iterable[tuple[str, str]], steps: list[str]) -> tuple[str, ...]:
    """Names of the features, none of which is the same as another after it is shortened."""
    features = [*features]
    wanted = [one_line(f"{name} = {value}" if value else name) for name, value in features]
    # A column keeps its name, whatever value of another column would have the same.
    order = sorted(range(len(wanted)), key=lambda place: bool(features[place][1]))
    names = dict(zip(order, unique([wanted[place] for place in order], LONGEST_NAME), strict=True))
    changed = [place for place in order if names[place] != wanted[place]]
    if changed:
        steps.append(
            "Names that are too long or the same are shortened or numbered:"
            f" {listed([brief(names[place]) for place in changed], 3)}."
        )
    return tuple(names[place] for place in range(len(wanted)))


def _test_part(column: Column, rows: Mask, codes: Labels, steps: list[str]) -> Mask | None:
    values = parts_of(column, rows)
    test = ~np.isin(values, [*TRAIN, *VALIDATION, ""])
    validation = int(np.isin(values, [*VALIDATION]).sum())
    if not test.any() or len(np.unique(codes[~test])) < len(np.unique(codes)):
        why = "leaves a class without a row to train on" if test.any() else "has no labels"
        steps.append(f"The test part of column {brief(column.name)} {why}: it is not used.")
        return None
    steps.append(
        f"{test.sum():,} rows are the file's own test part, by column {brief(column.name)}."
    )
    if validation:
        steps.append(f"{counted(validation, 'row')} for validation are trained on.")
    return test
