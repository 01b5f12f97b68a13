"""Guesses of what each column of a table is: label, feature, or left out, with the reason."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isqrt
from typing import Any

import numpy as np
import pandas as pd

from lossopt_core.fields import brief
from lossopt_core.files.columns import BOOLEAN, DATE, EMPTY, NUMBER, OTHER, TEXT, TIME, Column, Mask
from lossopt_core.files.description import FEATURE, IGNORED, LABEL
from lossopt_core.objective.linear import Array, Labels
from lossopt_core.texts import counted, listed
from lossopt_core.uploads.alone import GIVES_AWAY, accuracy_alone, largest_share
from lossopt_core.uploads.serialization import MAX_CLASSES

MAX_VALUES = 50
"""Maximum number of distinct values in a one-hot encoded column."""
LABEL_NAMES = (
    "label", "labels", "class", "classes", "target", "y", "species", "category", "outcome",
    "survived", "diagnosis", "klasse", "kategorie", "etikett", "ziel", "churn", "response",
    "cluster", "cls", "class_label", "class_name", "clase", "classe", "categoria", "etiqueta",
    "ground_truth",
)  # fmt: skip
ID_NAME = re.compile(
    r"(.*[_ .-])?(id|ids|idx|index|uuid|guid|rownames?|rownum|row|row[_ ]?(id|number|names?)|nr|no"
    r"|n[°º]|num|number|nummer|n[uú]mero|numéro|s\.?no|(lfd|lfdnr|ser|serial)(\. ?(nr|no))?"
    r"|zeile|ligne|fila|riga|key|obs|observation|record)[.:]?"
    r"|.*[a-z]I[dD]|#|№|unnamed: \d+|__index_level_\d+__"
    r"|.*(passenger|customer|patient|user|sample|case)id",
    re.IGNORECASE,
)
UNNAMED = re.compile(r"unnamed: \d+|__index_level_\d+__|x\.\d+", re.IGNORECASE)
TIME_NAME = re.compile(
    r"time|date|stamp|unix|epoch|created|updated|(^|_)ts($|_)|zeit|datum|fecha", re.IGNORECASE
)
PARTS = ("split", "set", "subset", "partition", "part", "dataset", "fold", "usage", "phase")
TRAIN = frozenset({"train", "training", "trn", "learn"})
TEST = frozenset({"test", "testing", "tst", "holdout", "hold-out"})
VALIDATION = frozenset({"val", "valid", "validation", "dev"})
PIXEL = re.compile(r"(pixel|pix|px|p|column |v|x)?[_ ]?\d+([x,_ ]\d+)?", re.IGNORECASE)
FLAGS = re.compile(r"is_?(?P<part>train|test)(ing)?", re.IGNORECASE)
"""Names of columns of 0 and 1, or of True and False, that say which rows are for training."""
SMALLEST_SIDE = 6


@dataclass(frozen=True)
class Role:
    """What a column is used for, and why."""

    fate: str
    reason: str


@dataclass(frozen=True)
class OneHotLabel:
    """Columns of 0 and 1, exactly one of which is 1 in each row: one label in several columns."""

    name: str
    columns: tuple[str, ...]
    classes: tuple[str, ...]


def one_hot_labels(columns: Sequence[Column]) -> list[OneHotLabel]:
    """Groups of columns that are one label together, found by their common prefix."""
    groups: dict[str, list[Column]] = {}
    binary = [column for column in columns if column.values == 2 and _is_binary(column)]
    for column in binary:
        prefix, separator, rest = _prefix(column.name)
        if separator and rest:
            groups.setdefault(prefix, []).append(column)
    found = []
    for prefix, group in groups.items():
        ones = np.sum([column.numbers for column in group], axis=0)
        if len(group) > 1 and (ones == 1).all():
            classes = tuple(_prefix(column.name)[2] for column in group)
            taken = {column.name for column in columns}
            name = prefix if prefix not in taken else f"{prefix} (one of {len(group)})"
            found.append(OneHotLabel(name, tuple(column.name for column in group), classes))
    if not found and (last := _last_columns(columns, binary)):
        names = tuple(column.name for column in last)
        found.append(OneHotLabel(f"one of {listed(names)}", names, names))
    return found


def _last_columns(columns: Sequence[Column], binary: Sequence[Column]) -> list[Column]:
    """The columns of 0 and 1 at the end, of which exactly one is 1 in each row."""
    for count in range(len(binary), 1, -1):
        last = list(columns[-count:])
        if last == binary[-count:] and (np.sum([c.numbers for c in last], axis=0) == 1).all():
            return last
    return []


def _prefix(name: str) -> tuple[str, str, str]:
    match = re.fullmatch(r"(.+?)([_. =:/-]+)(.+)", name)
    return (match[1], match[2], match[3]) if match else (name, "", "")


def _is_binary(column: Column) -> bool:
    return column.numeric and {*column.distinct.index} <= {0.0, 1.0, "True", "False"}


def with_one_hot_labels(columns: Sequence[Column]) -> list[Column]:
    """The columns with one more for each label that is spread over several."""
    by_name = {column.name: column for column in columns}
    more = []
    for group in one_hot_labels(columns):
        ones = np.stack([by_name[name].numbers for name in group.columns])
        cells = pd.Series(np.array(group.classes, dtype=object)[ones.argmax(axis=0)])
        cells.index = by_name[group.columns[0]].cells.index
        none = np.full(len(cells), np.nan)
        more.append(Column(group.name, TEXT, cells, none, np.ones(len(cells), dtype=bool)))
    return [*columns, *more]


def guess_label(columns: Sequence[Column]) -> tuple[str, str]:
    """The likeliest label column and the reason; ("", reason) if no column could be one."""
    if declared := [column.name for column in columns if column.declared]:
        return declared[0], "the file declares it"
    few = [column for column in columns if 2 <= column.values <= MAX_CLASSES and _fits(column)]
    texts = [column for column in columns if column.kind == TEXT]
    for candidates in (few, texts):
        for name in LABEL_NAMES:
            if name == "y" and _is_coordinate(columns):
                continue
            named = [column.name for column in candidates if _plain(column.name) == name]
            if named:
                return named[-1], "guessed from its name"
    if groups := one_hot_labels(columns):
        names = listed([*map(brief, groups[-1].columns)])
        return groups[-1].name, f"guessed: exactly one of {names} is 1 in each row"
    usable = label_candidates(columns)
    texts = [column for column in usable if column.kind in (TEXT, BOOLEAN)]
    numbers = [column for column in usable if column.kind == NUMBER]
    last = [column.name for column in columns if column.kind != EMPTY][-1:]
    for group in (texts, numbers):
        if group and group[-1].name in last:
            return last[0], "guessed: the last column, with few values"
    if texts:
        return texts[-1].name, "guessed: a text column among measured numbers, with few values"
    if numbers:
        edge = [each for each in numbers if each.name == columns[0].name] or numbers
        return edge[-1].name, "guessed: whole numbers with few values"
    if named := [column.name for column in columns if _plain(column.name) in LABEL_NAMES]:
        return named[-1], "guessed from its name"
    if few:
        return few[-1].name, "guessed: few values"
    return (columns[-1].name, "guessed: the last column") if columns else ("", "")


def _is_coordinate(columns: Sequence[Column]) -> bool:
    """Whether y is a number next to x, and some text could be the label."""
    kinds = {_plain(column.name): column.kind for column in columns}
    texts = [column for column in label_candidates(columns) if column.kind in (TEXT, BOOLEAN)]
    return kinds.get("x") == kinds.get("y") == NUMBER and bool(texts)


def label_candidates(columns: Sequence[Column]) -> list[Column]:
    """The columns that look like classes: text or whole numbers with few values."""
    return [
        column
        for column in columns
        if 2 <= column.values <= MAX_CLASSES
        and _fits(column)
        and not _identifies(column)
        and not _is_part(column)
        and (column.kind in (TEXT, BOOLEAN) or _few_whole(column))
    ]


def _fits(column: Column) -> bool:
    """Whether a column can be a label: not measured, and not a date."""
    if column.kind in (DATE, TIME, OTHER, EMPTY):
        return False
    return not column.numeric or _whole(column) or column.values <= 20


def _few_whole(column: Column) -> bool:
    given = len(column.cells) - int(column.missing.sum())
    return _whole(column) and column.values <= max(2, min(20, isqrt(given)))


def _whole(column: Column) -> bool:
    """Whether all numbers are whole."""
    return _is_whole(column.numbers[~np.isnan(column.numbers)])


def _is_whole(numbers: Array) -> bool:
    return bool(np.isfinite(numbers).all() and (numbers % 1 == 0).all())


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]+", "_", name.lower()).strip("_")


def roles_of(columns: Sequence[Column], label: str, codes: Labels) -> dict[str, Role]:
    """The role of every column, for a label whose classes are `codes` (rows,), -1 if missing."""
    siblings = _siblings(columns, label)
    part = part_column(columns, label)
    return {
        column.name: Role(LABEL, "the label") if column.name == label
        else Role(LABEL, f"one of the columns of the label {brief(label)}")
        if column.name in siblings
        else Role(IGNORED, "says which rows are the test part") if column.name == part
        else _role(column, codes)
        for column in columns
    }  # fmt: skip


def _siblings(columns: Sequence[Column], label: str) -> set[str]:
    """Columns that would give the label away because they are the label in another form."""
    groups = one_hot_labels(columns)
    return {
        name
        for group in groups
        if label in (group.name, *group.columns)
        for name in (group.name, *group.columns)
        if name != label
    }


def part_column(columns: Sequence[Column], label: str) -> str | None:
    """The column that says which rows are for testing, if there is one."""
    return next(
        (column.name for column in columns if column.name != label and _is_part(column)), None
    )


def parts_of(column: Column, rows: Mask) -> np.ndarray[Any, Any]:
    """ "train", "test" and so on for some rows, in lower case."""
    values = column.texts.str.lower().to_numpy()[rows]
    if flag := FLAGS.fullmatch(column.name):
        other = "test" if flag["part"].lower() == "train" else "train"
        return np.where(np.isin(values, ["1", "true"]), flag["part"].lower(), other)
    return values


def _is_part(column: Column) -> bool:
    if FLAGS.fullmatch(column.name):
        return column.values == 2 and _is_binary(column)
    if _plain(column.name) not in PARTS or column.kind != TEXT:
        return False
    values = {str(value).lower() for value in column.distinct.index}
    return values <= TRAIN | TEST | VALIDATION and bool(values & TRAIN and values & TEST)


def _role(column: Column, codes: Labels) -> Role:
    missing = f"; {column.markers_in_words}" if column.markers and column.values else ""
    if reason := _why_not(column):
        alone = accuracy_alone(column, codes) if column.numeric else 0.0
        figure = (
            f"; {brief(column.name)} alone reaches {alone:.0%}"
            if alone > largest_share(codes) + 0.1
            else ""
        )
        return Role(IGNORED, f"{reason}{figure}{missing}")
    numbers = column.numbers[codes >= 0]  # a row without a label may be one of sums
    if np.isnan(numbers).all():
        numbers = column.numbers
    about = (
        f"numbers from {np.nanmin(numbers):.6g} to {np.nanmax(numbers):.6g}"
        if column.kind == NUMBER
        else "True as 1, False as 0" if column.kind == BOOLEAN
        else f"{column.values} values, one-hot encoded"
    )  # fmt: skip
    alone = accuracy_alone(column, codes)
    if alone >= GIVES_AWAY and alone > largest_share(codes) + 0.05:
        about += f"; it alone reaches {alone:.0%}: check that it is known before the label is"
    if column.kind == NUMBER and _counts_rows(numbers):
        about += "; it rises evenly from row to row: leave it out if it only numbers them"
    return Role(FEATURE, about + missing)


def _why_not(column: Column) -> str:
    """Why a column is no feature by default; "" if it can be one."""
    given = len(column.cells) - int(column.missing.sum())
    if column.unread:
        return column.unread
    if column.kind == EMPTY:
        return "has no values"
    if column.kind in (DATE, TIME):
        return f"a {column.kind} is no number: add columns such as the month or the hour"
    if _counts_seconds(column):
        return "a time of the clock, in seconds since 1970: add columns such as the month or hour"
    if column.values == 1 and not column.missing.any():
        value = column.distinct.index[0]
        return (
            f"constant: every value is {value:g}"
            if column.numeric
            else (f"constant: every value is {brief(value)}")
        )
    if column.values == 1 and column.kind == TEXT:
        return ""
    if _identifies(column):
        if column.index or column.unnamed or UNNAMED.fullmatch(column.name):
            return "numbers the rows: the index of the table"
        if column.kind == TEXT:
            long = np.mean([len(str(text).split()) for text in column.distinct.index[:200]]) > 4
            return (
                f"{'free text' if long else 'an identifier'}: {counted(column.values, 'value')} in"
                f" {counted(given, 'row')}"
            )
        return f"an identifier: {counted(column.values, 'value')} in {counted(given, 'row')}"
    if column.kind == TEXT and column.values > MAX_VALUES:
        return f"{column.values:,} values; at most {MAX_VALUES} can be one-hot encoded"
    return ""


def _identifies(column: Column) -> bool:
    """Whether a column tells rows apart rather than describing them."""
    given = len(column.cells) - int(column.missing.sum())
    if column.index:
        return True
    if column.kind == TEXT:
        return (column.values == given and given > 2) or (
            column.values > 10 and 2 * column.values > given
        )
    if column.kind != NUMBER or not given:
        return False
    whole = _whole(column)
    if column.unnamed or UNNAMED.fullmatch(column.name):
        return whole and column.values == given and given > 2
    if column.name == "column 1" and column.values == given > 10:  # files without names
        return whole
    return whole and bool(ID_NAME.fullmatch(column.name.strip())) and 2 * column.values > given > 2


def _counts_rows(numbers: Array) -> bool:
    """Whether the numbers rise by the same amount from row to row."""
    steps = np.diff(numbers)
    return (
        len(numbers) > 7 and _is_whole(numbers) and bool(steps[0] > 0 and (steps == steps[0]).all())
    )


def _counts_seconds(column: Column) -> bool:
    """Whether a column of times has seconds or milliseconds of recent decades."""
    if column.kind != NUMBER or not TIME_NAME.search(column.name) or not _whole(column):
        return False
    given = column.numbers[~np.isnan(column.numbers)]
    return any(bool((given > 5e8 * unit).all() and (given < 4e9 * unit).all()) for unit in (1, 1e3))


def image_shape(columns: Sequence[Column], roles: Mapping[str, Role]) -> tuple[int, int] | None:
    """The shape of square images whose pixels are all other columns, if they look like that."""
    pixels = pixel_columns(columns, roles)
    side = isqrt(len(pixels))
    if side < SMALLEST_SIDE or side * side != len(pixels):
        return None
    named = all(PIXEL.fullmatch(column.name.strip()) for column in pixels)
    values = np.concatenate([column.numbers for column in pixels[:: max(1, len(pixels) // 50)]])
    whole = bool(np.nanmin(values) >= 0 and np.nanmax(values) <= 255)
    return (side, side) if named and whole else None


def pixel_columns(columns: Sequence[Column], roles: Mapping[str, Role]) -> list[Column]:
    """The columns that could be pixels: numbers that are not label, index or test part."""
    return [
        column
        for column in columns
        if column.kind == NUMBER
        and roles[column.name].fate in (FEATURE, IGNORED)
        and not (column.index or (column.unnamed and roles[column.name].fate == IGNORED))
    ]
