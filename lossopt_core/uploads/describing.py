"""What an uploaded file was read as, column by column."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lossopt_core.data.datasets import Examples, class_sizes
from lossopt_core.fields import brief
from lossopt_core.files.choices import GUESS, Choices, Question
from lossopt_core.files.columns import Column, columns_of
from lossopt_core.files.content import NPZ, content_of
from lossopt_core.files.description import (
    DATA,
    FEATURE,
    IGNORED,
    DescribedColumn,
    Description,
    dialect_of,
    left_out,
)
from lossopt_core.files.limits import NO_LIMITS
from lossopt_core.files.sheet import Sheet
from lossopt_core.store.quotas import Budget
from lossopt_core.texts import listed
from lossopt_core.uploads.npz import Arrays, examples_in
from lossopt_core.uploads.preparing import (
    Preparation,
    Prepared,
    RolesError,
    prepare,
    roles_for,
    suggest,
)
from lossopt_core.uploads.reading import read
from lossopt_core.uploads.roles import (
    guess_label,
    label_candidates,
    one_hot_labels,
    with_one_hot_labels,
)


def describe_data(
    data: bytes, filename: str, choices: Choices = GUESS, budget: Budget = NO_LIMITS
) -> Description:
    """What a file is as data to train on, with all guesses; ValueError if it cannot be."""
    if data and content_of(data, filename).format == NPZ:
        return describe_arrays(examples_in(data, budget))
    sheet = read(data, filename, budget, choices)
    assert isinstance(sheet, Sheet)
    columns = columns_of(sheet, choices)
    how = suggest(columns)
    try:
        prepared, problem = prepare(columns, how), ""
    except RolesError as error:  # other roles may do
        prepared, problem = None, f"It cannot be trained on like this: {error}."
    found = describe_table(sheet, columns, how, prepared)
    return replace(found, said=[*found.said, problem]) if problem else found


def describe_arrays(arrays: Arrays) -> Description:
    """The arrays of an NPZ file."""
    examples = arrays.examples
    dialect: dict[str, Any] = {
        "delimiter": None, "decimal": ".", "encoding": None, "header": True, "skipped": [],
    }  # fmt: skip
    return Description(
        DATA,
        dialect,
        len(examples.labels),
        [DescribedColumn(name, *rest) for name, *rest in arrays.fates],
        label=next(name for name, _, fate, _ in arrays.fates if fate == "label"),
        classes=class_sizes(examples),
        said=[*arrays.said, *_about_images(examples)],
        questions=arrays.questions,
    )


def _about_images(examples: Examples) -> list[str]:
    if examples.image_shape is None:
        return []
    rows, columns = examples.image_shape
    return [f"The features are pixels of images of {rows} × {columns}."]


def describe_table(
    sheet: Sheet, columns: Sequence[Column], how: Preparation, prepared: Prepared | None
) -> Description:
    """A table with the roles of its columns; `prepared` is None if it cannot be prepared."""
    guessed, why = guess_label(columns)
    said = [*sheet.said, *(each for column in columns for each in column.said)]
    if how.label == guessed:
        said.append(f"The label is {brief(how.label)}, {why}.")
    if how.image is not None:
        rows, width = how.image
        said.append(
            f"{len(how.features)} columns are the pixels of images of {rows} × {width}, in the"
            " order of the file."
        )
    described = _columns(columns, how, why if how.label == guessed else "chosen")
    said += [*left_out(described), *_warned(described)]
    if prepared is not None:
        said += prepared.steps
    return Description(
        DATA,
        dialect_of(sheet, columns),
        len(sheet.cells),
        described,
        label=how.label,
        classes={} if prepared is None else class_sizes(prepared.examples),
        said=said,
        questions=[
            *sheet.questions,
            *(each for column in columns for each in column.questions),
            *_asked_label(columns, how.label, guessed, why),
            *(() if prepared is None else prepared.questions),
        ],
    )


def _columns(columns: Sequence[Column], how: Preparation, why: str) -> list[DescribedColumn]:
    roles = roles_for(columns, how.label)
    found = []
    for column in columns:
        role = roles[column.name]
        fate, reason = role.fate, role.reason
        if column.name == how.label:
            reason = f"{why}; {column.markers_in_words}" if column.markers else why
        elif fate == FEATURE and column.name not in how.features:
            fate, reason = IGNORED, f"not chosen; {reason}"
        elif fate == IGNORED and column.name in how.features:
            fate, reason = FEATURE, f"a pixel; {reason}" if how.image else f"chosen; {reason}"
        found.append(DescribedColumn(column.name, column.kind, fate, reason, column.sample))
    if how.label not in roles:
        [label] = [each for each in with_one_hot_labels(columns) if each.name == how.label]
        found.append(DescribedColumn(how.label, label.kind, "label", why, label.sample))
    return found


def _warned(columns: Sequence[DescribedColumn]) -> list[str]:
    return [
        f"{brief(each.name)}: {each.reason}."
        for each in columns
        if each.fate == FEATURE and " alone reaches " in each.reason
    ]


def _asked_label(columns: Sequence[Column], label: str, guessed: str, why: str) -> list[Question]:
    """Ask for the label if several columns could be it and no name decides."""
    if label != guessed or why in ("guessed from its name", "the file declares it"):
        return []
    others = [each.name for each in label_candidates(columns) if each.name != label][:5]
    siblings = {name for group in one_hot_labels(columns) for name in group.columns}
    others = [name for name in others if name not in siblings]
    if not others:
        return []
    return [
        Question(
            "label",
            f"Is {brief(label)} the label, or {listed([*map(brief, others)])}?"
            f" {why.capitalize()}; a name such as 'label' or 'class' would decide it.",
            {name: name for name in (label, *others)},
        )
    ]
