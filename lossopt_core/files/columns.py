"""What a column is, decided from all of its cells: numbers, text, dates, markers, notation."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from lossopt_core.fields import brief
from lossopt_core.files.choices import GUESS, Choices, Question
from lossopt_core.files.numerals import (
    INVALID_FRACTION,
    MISSING,
    NANS,
    WORDS,
    Notation,
    bare_number,
    decisive,
    notation_of,
    number,
    plain_numbers,
    unit_of,
)
from lossopt_core.files.sheet import Sheet
from lossopt_core.objective.linear import Array
from lossopt_core.texts import counted, listed, one_line

Mask = np.ndarray[Any, np.dtype[np.bool_]]

NUMBER, BOOLEAN, TEXT, DATE, TIME, EMPTY, OTHER = (
    "number", "boolean", "text", "date", "time", "empty", "other",
)  # fmt: skip
_CLOCK = r"\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?"
DATES = re.compile(
    rf"(\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}[-/.]\d{{1,2}}[-/.](\d{{4}}|\d{{2}})"
    rf"|\d{{1,2}}\.?[- ][^\W\d_]{{3,10}}\.?[- ]\d{{2,4}}|[^\W\d_]{{3,10}}\.? \d{{1,2}},? \d{{4}})"
    rf"([T ]{_CLOCK}\s?(AM|PM|am|pm)?\s?(Z|UTC|[-+]\d{{2}}:?\d{{2}})?)?"
)
COMPACT_DATE = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")
"""20240131: a number as well, but no measurement."""
TIMES = re.compile(r"(\d+ days? )?\d{1,3}:\d{2}(:\d{2}([.,]\d+)?)?")
BOOLEANS = {"true": 1.0, "false": 0.0}
MAX_SAMPLE = 3
FEW_NUMBERS = 10
"""Up to so many different numbers can be classes, beside a word that is one too."""
SENTINEL = re.compile(r"-99+(\.0+)?|999+(\.0+)?")
CODE = re.compile(r"0\d+")
"""A number with leading zeros, which are lost."""
PLAIN = Notation()


@dataclass(frozen=True, eq=False)
class Column:
    """A column of a sheet; all arrays are (rows,).

    kind      NUMBER, BOOLEAN, TEXT, DATE, TIME, EMPTY or OTHER
    cells     stripped strings, "" if missing; or numbers
    numbers   numeric values, NaN if missing or not numeric
    invalid   whether a cell is neither numeric nor missing
    markers   cells that count as missing, with their number; "" for empty ones
    words     markers that are values here, with their number
    percent   whether the numbers have per cent signs; they are as written, not divided
    unread    why the cells cannot be read, if they cannot
    unnamed   whether the file has no name for it
    index     whether the file declares it to number the rows
    declared  whether the file declares it to be the label
    nans      where a missing cell says that it is no number (NaN), rather than nothing
    """

    name: str
    kind: str
    cells: pd.Series
    numbers: Array
    invalid: Mask
    markers: Mapping[str, int] = field(default_factory=dict)
    words: Mapping[str, int] = field(default_factory=dict)
    notation: Notation = PLAIN
    percent: bool = False
    unread: str = ""
    unnamed: bool = False
    index: bool = False
    declared: bool = False
    nans: Mask | None = None
    said: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()

    @property
    def texts(self) -> pd.Series:
        """The cells as strings, created on demand because they take much memory."""
        if self._typed:
            texts = [_as_text(each) for each in self.numbers]
            return pd.Series(texts, self.cells.index, dtype=object)
        return self.cells

    @property
    def _typed(self) -> bool:
        return self.cells.dtype.kind in "fiub"

    @cached_property
    def missing(self) -> Mask:
        """Whether each cell is missing."""
        if self._typed:
            return np.asarray(np.isnan(self.numbers), np.bool_)
        return (self.cells == "").to_numpy(bool)

    @property
    def numeric(self) -> bool:
        """Whether the column has numbers, possibly with a few mistakes."""
        return self.kind in (NUMBER, BOOLEAN)

    @cached_property
    def distinct(self) -> pd.Series:
        """The distinct values that are not missing, with their numbers: numbers or strings."""
        if self._typed or (self.kind == NUMBER and not self.invalid.any()):
            return pd.Series(self.numbers).dropna().value_counts(sort=False)
        return self.cells[~self.missing].value_counts(sort=False)

    @property
    def values(self) -> int:
        """Number of distinct values."""
        return len(self.distinct)

    @property
    def sample(self) -> list[float | str]:
        """Three values as read; a cell that another notation reads differently is among them."""
        places = [*np.flatnonzero(~self.missing)[:MAX_SAMPLE]]
        if self.notation.example and len(places) == MAX_SAMPLE:
            read = number(self.notation.example, self.notation.decimal)
            found = np.flatnonzero(self.numbers == read)
            if len(found) and found[0] not in places:
                places[-1] = found[0]
        return [self._shown(place) for place in places]

    def _shown(self, place: int) -> float | str:
        if self.kind == NUMBER and not self.invalid[place]:
            value = float(self.numbers[place])
            return int(value) if value.is_integer() and abs(value) < 2**53 else value
        return str(self.texts.iloc[place] if self._typed else self.cells.iloc[place])

    @property
    def markers_in_words(self) -> str:
        """'3 cells missing: 2 empty, 1 "?"', or "" if none is."""
        if not self.markers:
            return ""
        parts = [f"{n:,} {'empty' if not m else brief(m)}" for m, n in self.markers.items()]
        return f"{counted(sum(self.markers.values()), 'cell')} missing: {listed(parts)}"


def _as_text(value: float) -> str:
    if math.isnan(value):
        return ""
    return str(int(value)) if value.is_integer() else repr(float(value))


def columns_of(sheet: Sheet, choices: Choices = GUESS) -> list[Column]:
    """The columns of a sheet, each decided from all of its cells."""
    cells = [_stripped(sheet.cells[name]) for name in sheet.cells.columns]
    decimal = choices.decimal or sheet.decimal or ""
    drafts = [None if each.dtype.kind in "fiub" else _Draft(each, choices.values) for each in cells]
    votes = [draft.decisive for draft in drafts if draft is not None and draft.numeric]
    in_file = next((each for each in (",", ".") if each in votes and not {*votes} - {each, ""}), "")
    found = []
    for name, series, draft in zip(sheet.cells.columns, cells, drafts, strict=True):
        if str(name) in sheet.unread:
            none = np.full(len(series), np.nan)
            column = Column(str(name), OTHER, series, none, np.isnan(none),
                            unread=sheet.unread[str(name)])  # fmt: skip
        elif draft is None:
            column = _typed(str(name), series)
        else:
            column = draft.column(str(name), sheet.dialect.delimiter, decimal, in_file)
        found.append(
            replace(
                column,
                unnamed=str(name) in sheet.unnamed,
                index=str(name) == sheet.index,
                declared=str(name) == sheet.label,
            )
        )
    return found


def _stripped(cells: pd.Series) -> pd.Series:
    if cells.dtype.kind in "fiub":
        return cells
    texts = [
        cell.strip() if isinstance(cell, str) else "" if pd.isna(cell) else str(cell).strip()
        for cell in cells
    ]
    return pd.Series(texts, cells.index, dtype=object)


def _typed(name: str, cells: pd.Series) -> Column:
    numbers = cells.to_numpy(np.float64)
    missing = np.isnan(numbers)
    valid = np.zeros(len(cells), dtype=bool)
    markers = {"": int(missing.sum())} if missing.any() else {}
    return Column(name, EMPTY if missing.all() else NUMBER, cells, numbers, valid, markers)


class _Draft:
    """A column of strings before the rest of the file is known."""

    def __init__(self, cells: pd.Series, values: frozenset[str]) -> None:
        self.cells = cells
        self.values = values
        self.counts = Counter(cells)
        lower = {text: text.lower() for text in self.counts}
        self.missing = [
            text for text, low in lower.items()
            if not low or (low in MISSING and low not in values)
        ]  # fmt: skip
        left_out = {*self.missing}
        self.given = [text for text in self.counts if text not in left_out]
        self.unit = ""
        self.plain = plain_numbers(self.given) if self.given else None
        if self.plain is not None:
            self.bare = dict(zip(self.given, self.given, strict=True))
            self.signs: dict[str, str] = {}
            self.wrong: list[str] = []
        else:
            self.unit = unit_of(self.given)
            end = len(self.unit)
            bare = [(text, *bare_number(text[:-end].rstrip() if end else text))
                    for text in self.given]  # fmt: skip
            self.bare = {text: number for text, number, _ in bare}
            self.signs = {text: sign for text, _, sign in bare if sign}
            self.wrong = self._unread()
        self._settle()

    def _unread(self) -> list[str]:
        """The cells that are no numbers in the notation that reads most."""
        unread = [
            [text for text in self.given if math.isnan(number(self.bare[text], decimal))]
            for decimal in ".,"
        ]
        return min(unread, key=len)

    def _settle(self) -> None:
        """Decide whether these are numbers, and whether a repeated word marks missing ones."""
        rows, wrong = self._rows(self.given), self.wrong
        few = max(1 + (rows > 3), INVALID_FRACTION * rows)  # one mistake in a short column
        mistakes = self._rows(wrong)
        valued = any(text.lower() in self.values for text in wrong)
        self.numeric = rows > 0 and mistakes < few and not valued
        self.marker = ""
        if len(wrong) == 1 and mistakes > 1 and not valued and not _is_written(wrong[0]):
            # One word among many different numbers is no class of its own.
            most = 2 * mistakes <= rows and len(self.given) - 1 > FEW_NUMBERS
            self.marker = wrong[0] if self.numeric or most else ""
        self.sentinel = "" if self.marker else self._sentinel()
        if self.sentinel:
            self.plain = None
        for marker in filter(None, (self.marker, self.sentinel)):
            self.numeric = True
            self.missing.append(marker)
            self.given.remove(marker)
        self.decisive = decisive([self.bare[text] for text in self.given]) if self.numeric else ""

    def _sentinel(self) -> str:
        """A repeated −99, −999, ... where nothing else is negative, or a 999 far from all else."""
        nines = [text for text in self.given if SENTINEL.fullmatch(text)]
        if not self.numeric or self.wrong or len(nines) != 1 or nines[0] in self.values:
            return ""
        [text] = nines
        others = [number(self.bare[each]) for each in self.given if each != text]
        if self.counts[text] < 2 or len(others) < 3:
            return ""
        far = min(others) >= 0 if text.startswith("-") else 5 * max(others) < float(text)
        return text if far and "," not in text else ""

    def _rows(self, texts: Sequence[str]) -> int:
        return sum(self.counts[text] for text in texts)

    def column(self, name: str, delimiter: str | None, chosen: str, in_file: str) -> Column:
        """The column, with the decimal separator that was chosen or that the file has."""
        if not self.given:
            return self._of_kind(name, EMPTY)
        if len(self.given) > 2 and all(map(COMPACT_DATE.fullmatch, self.given)):
            return self._of_kind(name, DATE)
        if self.numeric:
            return self._number(name, delimiter, chosen, in_file)
        words = [text for text in self.missing if text.lower() in WORDS]
        if words:
            self.missing = [text for text in self.missing if text not in words]
            self.given += words
        texts = [text for text in self.given if text not in words]
        if {text.lower() for text in texts} <= {*BOOLEANS}:
            return self._of_kind(name, BOOLEAN, words)
        if texts and all(map(DATES.fullmatch, texts)):
            return self._of_kind(name, DATE, words)
        if texts and all(map(TIMES.fullmatch, texts)):
            return self._of_kind(name, TIME, words)
        return self._of_kind(name, TEXT, words)

    def _of_kind(self, name: str, kind: str, words: Sequence[str] = ()) -> Column:
        cells = self._without_missing()
        if kind == BOOLEAN:
            low = [text.lower() for text in cells]
            numbers = np.array([BOOLEANS.get(text, math.nan) for text in low])
            cells = self._series([text.capitalize() for text in low])
        else:
            numbers = np.full(len(cells), np.nan)
        invalid = np.isnan(numbers) & np.array([text != "" for text in cells], dtype=bool)
        said: tuple[str, ...] = ()
        if words:
            many = counted(self._rows(words), "cell")
            said = (
                f"{brief(words[0])} in column {brief(name)} is read as a value, not as missing"
                f" ({many}).",
            )
        return Column(
            name, kind, cells, numbers, invalid, self._markers(),
            {text: self.counts[text] for text in words}, nans=self._nans(), said=said,
        )  # fmt: skip

    def _without_missing(self) -> pd.Series:
        missing = {*self.missing} - {""}
        if not missing:
            return self.cells
        return self._series(["" if text in missing else text for text in self.cells])

    def _series(self, texts: Sequence[str]) -> pd.Series:
        return pd.Series(list(texts), self.cells.index, dtype=object)

    def _nans(self) -> Mask | None:
        tokens = {text for text in self.missing if text.lower().lstrip("-") in NANS}
        return np.array([text in tokens for text in self.cells], dtype=bool) if tokens else None

    def _markers(self) -> dict[str, int]:
        return {text: self.counts[text] for text in self.missing}

    def _number(self, name: str, delimiter: str | None, chosen: str, in_file: str) -> Column:
        bare = [self.bare[text] for text in self.given]
        notation = notation_of(bare, delimiter, in_file)
        if chosen and notation.example:
            notation = Notation(chosen, example=notation.example, why="as chosen")
        if self.plain is not None and notation.decimal == ".":
            numbers_of = dict(zip(self.given, self.plain.tolist(), strict=True))
        else:
            numbers_of = {text: number(self.bare[text], notation.decimal) for text in self.given}
        cells = self._without_missing()
        numbers = np.array([numbers_of.get(text, math.nan) for text in cells])
        invalid = np.isnan(numbers) & np.array([text != "" for text in cells], dtype=bool)
        percent = 2 * sum(sign == "%" for sign in self.signs.values()) > len(self.given)
        return Column(
            name, NUMBER, cells, numbers, invalid, self._markers(), notation=notation,
            percent=percent, nans=self._nans(), said=(*self._said(name, notation, percent),),
            questions=_asked(name, notation),
        )  # fmt: skip

    def _said(self, name: str, notation: Notation, percent: bool) -> list[str]:
        said = []
        if notation.example and notation.sure:
            said.append(
                f"{brief(notation.example)} in column {brief(name)} is {notation.both()[0]:.15g},"
                f" {notation.why}."
            )
        if self.marker:
            said.append(
                f"{brief(self.marker)} in column {brief(name)} is read as missing, as all other"
                " cells are numbers."
            )
        if self.sentinel:
            many = counted(self.counts[self.sentinel], "cell")
            said.append(
                f"{brief(self.sentinel)} in column {brief(name)} is read as missing, as it is far"
                f" from all other values ({many})."
            )
        if padded := next((t for t in self.given if CODE.fullmatch(t)), ""):
            said.append(
                f"{brief(padded)} in column {brief(name)} is read as the number {int(padded)}."
            )
        if self.unit:
            said.append(f"The unit {self.unit} in column {brief(name)} is left out of the numbers.")
        if percent:
            said.append(f"Column {brief(name)} is in per cent.")
        elif currencies := sorted({*self.signs.values()} - {"%"}):
            said.append(f"{listed(currencies)} in column {brief(name)} is left out of the numbers.")
        mixed = [text for text, sign in self.signs.items() if sign == "%"]
        if mixed and len(mixed) < len(self.given):
            said.append(
                f"Only some cells of column {brief(name)} have a per cent sign, such as"
                f" {brief(mixed[0])}."
            )
        return said


def _is_written(text: str) -> bool:
    """Whether a cell was meant to be a number, so that it is a mistake."""
    return any(map(str.isdigit, text))


def _asked(name: str, notation: Notation) -> tuple[Question, ...]:
    if notation.sure:
        return ()
    read, other = (f"{value:.15g}" for value in notation.both())
    answers = {notation.decimal: read, "," if notation.decimal == "." else ".": other}
    return (
        Question(
            "decimal",
            f"Is {notation.example} in column {brief(one_line(name))} {read} or {other}?"
            f" Read as {read}.",
            answers,
        ),
    )
