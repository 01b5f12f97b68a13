"""How the numbers of a column are written, decided from all of its cells.

    1,022.50   point, with commas between thousands
    1.022,50   comma, with points between thousands
    1.022      either; only the other cells can tell

A column is read with the notation that most of its cells have.  Where both notations read all
cells, but as different numbers, the rest of the file decides, then the sizes of the numbers: next
to 985, 1.022 is a thousand and twenty-two.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lossopt_core.objective.linear import Array

MISSING = frozenset(
    {
        "", "na", "n/a", "n.a.", "nan", "-nan", "<na>", "nat", "null", "(null)", "\\n", "nil",
        "?", "-", "--", "---", "–", "—", ".", "..", "#n/a", "#na", "#div/0!", "#value!", "#ref!",
        "#num!", "#null!", "#name?", "none", "k.a.", "k. a.", "1.#ind", "-1.#ind", "1.#qnan",
        "-1.#qnan", "#n/v", "#nv",
    }
)  # fmt: skip
"""Lower-case cells that count as missing."""
WORDS = frozenset({"none"})
"""Markers of missing numbers that are values in a column of text, where "None" may be a class."""
NANS = frozenset({"nan", "1.#ind", "1.#qnan"})
"""Those that say that a computation failed, after a minus sign or not."""
INVALID_FRACTION = 0.2
"""A column with a smaller fraction of non-numeric cells counts as numeric with mistakes."""

AFFIX = re.compile(
    r"(?P<minus>[-+]?)\s*(?P<before>[$€£¥₹]|USD|EUR|GBP|CHF)?\s*(?P<number>[-+]?[\d.,].*?)"
    r"\s*(?P<after>[$€£¥₹%]|USD|EUR|GBP|CHF)?"
)
UNITS = frozenset(
    [
        "kg",
        "g",
        "mg",
        "µg",
        "t",
        "lb",
        "lbs",
        "oz",
        "km",
        "m",
        "cm",
        "mm",
        "µm",
        "nm",
        "mi",
        "ft",
        "in",
        "yd",
        "s",
        "sec",
        "ms",
        "µs",
        "min",
        "h",
        "hr",
        "hrs",
        "d",
        "days",
        "years",
        "year",
        "yrs",
        "l",
        "ml",
        "°C",
        "°F",
        "°K",
        "K",
        "V",
        "mV",
        "A",
        "mA",
        "W",
        "kW",
        "kWh",
        "MW",
        "Hz",
        "kHz",
        "MHz",
        "GHz",
        "B",
        "kB",
        "KB",
        "MB",
        "GB",
        "TB",
        "px",
        "pt",
        "dB",
        "bar",
        "mbar",
        "hPa",
        "kPa",
        "Pa",
        "mph",
        "km/h",
        "m/s",
        "m²",
        "m2",
        "km²",
        "sqft",
        "kcal",
        "cal",
        "J",
        "kJ",
        "N",
        "mmHg",
        "bpm",
        "rpm",
        "ppm",
        "mol",
    ]
)
"""Units that may stand behind all numbers of a column."""
WITH_UNIT = re.compile(r"([-+−]?[\d.,' \u00a0\u202f]*\d)\s?([^\d\s.,'-][^\d\s]*2?)")
POINT = re.compile(
    r"[-+]?(\d+|[1-9]\d{0,2}(,\d{3})+|[1-9]\d?(,\d\d)+,\d{3}|\d{1,3}([ '’]\d{3})+)?"
    r"(\.\d*)?([eE][-+]?\d+)?"
)
COMMA = re.compile(r"[-+]?(\d+|[1-9]\d{0,2}(\.\d{3})+|\d{1,3}([ '’]\d{3})+)?(,\d*)?([eE][-+]?\d+)?")
EITHER = re.compile(r"[-+]?[1-9]\d{0,2}([.,])\d{3}")
"""A number that both notations read, differently."""
WHOLE = re.compile(r"[-+]?\d+")
BLANKS = re.compile("[\u00a0\u202f\u2007\u2009]")


def plain_numbers(texts: Sequence[str]) -> Array | None:
    """The cells as numbers, quickly, if all are written as in Python and finite or infinite."""
    try:
        values = np.array(texts, dtype=np.float64)
    except ValueError:
        return None
    return None if np.isnan(values).any() or any("_" in text for text in texts) else values


def is_number(text: str) -> bool:
    """Whether a cell is a number in some notation, with a currency or per cent sign or not."""
    bare = bare_number(text)[0]
    return not all(math.isnan(number(bare, decimal)) for decimal in ".,")


def bare_number(text: str) -> tuple[str, str]:
    """A cell without its currency or per cent sign, and that sign."""
    text = BLANKS.sub(" ", text.replace("−", "-"))
    if text.startswith("(") and text.endswith(")"):  # as accountants write negative numbers
        text = f"-{text[1:-1]}"
    match = AFFIX.fullmatch(text)
    if match is None:
        return text, ""
    sign = match["after"] or match["before"] or ""
    return match["minus"] + match["number"], sign


def unit_of(texts: Sequence[str]) -> str:
    """The unit behind every one of these cells, if it is the same one; "" otherwise."""
    found = {match[2] if (match := WITH_UNIT.fullmatch(text)) else "" for text in texts}
    return found.pop() if len(found) == 1 and found <= UNITS else ""


def number(text: str, decimal: str = ".") -> float:
    """The number that a bare cell has in a notation; NaN if it is none."""
    pattern, grouping = (POINT, ",") if decimal == "." else (COMMA, ".")
    if not pattern.fullmatch(text) or not any(map(str.isdigit, text)):
        return _special(text)
    for separator in (grouping, " ", "'", "’"):
        text = text.replace(separator, "")
    return float(text.replace(",", "."))


def _special(text: str) -> float:
    low = text.lower().lstrip("+-")
    if low in ("inf", "infinity", "∞", "1.#inf"):
        return -math.inf if text.startswith("-") else math.inf
    return math.nan


@dataclass(frozen=True)
class Notation:
    """How the numbers of a column are written.

    decimal  "." or ","
    sure     whether some cell, the file or a choice decides it
    example  a cell that another notation reads differently, if any
    why      what decided such a cell
    """

    decimal: str = "."
    sure: bool = True
    example: str = ""
    why: str = ""

    def both(self) -> tuple[float, float]:
        """The example as read, and as the other notation reads it."""
        other = "," if self.decimal == "." else "."
        return number(self.example, self.decimal), number(self.example, other)


def decisive(bare: Sequence[str]) -> str:
    """The decimal separator that some cell of the column proves, or ""."""
    if not any("," in text for text in bare):  # most columns, and quick
        return "." if any("." in each and not EITHER.fullmatch(each) for each in bare) else ""
    points = sum(bool(POINT.fullmatch(text)) for text in bare)
    commas = sum(bool(COMMA.fullmatch(text)) for text in bare)
    if points != commas:
        return "." if points > commas else ","
    return ""


def notation_of(bare: Sequence[str], delimiter: str | None, file_decimal: str) -> Notation:
    """The notation of a column of distinct cells that are mostly numbers.

    `file_decimal` is the decimal separator of other columns, or "" if none proves it.
    """
    if proven := decisive(bare):
        return Notation(proven)
    either = [text for text in bare if EITHER.fullmatch(text)]
    if not either:
        return Notation()
    example = max(either, key=len)
    if file_decimal:
        return Notation(file_decimal, example=example, why="as other columns of the file show")
    return _by_sizes(bare, either, example, delimiter)


def _by_sizes(
    bare: Sequence[str], either: Sequence[str], example: str, delimiter: str | None
) -> Notation:
    separator = "," if "," in example else "."
    whole = [text for text in bare if WHOLE.fullmatch(text) and int(text)]
    if whole and delimiter == ",":  # points are for decimals, or a comma would end the cell
        return Notation(".", sure=False, example=example)
    largest = max((abs(int(text)) for text in whole), default=0)
    if largest >= 100:
        # Written with separators, numbers from 1,000 on have one, and smaller ones have none.
        thousands = largest < 1_000
        other = "," if separator == "." else "."
        why = f"as it stands next to {largest}"
        return Notation(other if thousands else separator, example=example, why=why)
    if whole:
        spreads = {decimal: _decades(bare, decimal) for decimal in ".,"}
        best = min(spreads, key=spreads.__getitem__)
        if max(spreads.values()) - min(spreads.values()) > 0.5:
            near = max(whole, key=lambda text: abs(int(text)))
            return Notation(best, example=example, why=f"as it stands next to {near}")
        return Notation(separator, sure=False, example=example)
    if separator == delimiter:  # a comma within cells that commas separate
        return Notation(".", sure=False, example=example)
    # All cells have three decimals, or all are above 1,000.
    usual = separator == "." and delimiter != ";"
    return Notation(separator, sure=usual, example="" if usual else example)


def _decades(bare: Sequence[str], decimal: str) -> float:
    """Between how many powers of ten the numbers lie."""
    sizes = [abs(number(text, decimal)) for text in bare]
    logs = [math.log10(size) for size in sizes if 0 < size < math.inf]
    return max(logs) - min(logs) if logs else 0.0
