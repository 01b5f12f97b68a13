"""ARFF files, which SciPy reads: numbers, dates and nominal attributes.

What SciPy does not read is mended before: sparse rows, attributes of strings, names in double
quotes, and values that have no attribute, which it would leave out without a word.
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

import numpy as np
import pandas as pd

from lossopt_core.fields import brief
from lossopt_core.files.content import ARFF
from lossopt_core.files.limits import TEXT_BYTES, check_size
from lossopt_core.files.lines import Line, refusal
from lossopt_core.files.sheet import Dialect, Sheet
from lossopt_core.store.quotas import Budget

DATA = re.compile(r"\s*@data\s*", re.IGNORECASE)
ATTRIBUTE = re.compile(
    r"""\s*@attribute\s+(?P<name>'[^']*'|"[^"]*"|\S+)\s+(?P<type>.+?)\s*""", re.IGNORECASE
)
PLAIN = re.compile(r"[\w.+-]+|\?")


@dataclass(frozen=True)
class Attribute:
    """A column: its name, and its type as the file declares it."""

    name: str
    type: str

    @property
    def is_string(self) -> bool:
        """Whether its values are any text."""
        return self.type.lower() == "string"

    @property
    def nominal(self) -> str:
        """The first of its values, which sparse rows leave out; "" if it has none."""
        if not self.type.startswith("{"):
            return ""
        return _cells(self.type.strip("{} "))[0]

    @property
    def left_out(self) -> str:
        """The value that a sparse row does not name."""
        return self.nominal or ("" if self.is_string else "0")


def from_arff(text: str, budget: Budget) -> Sheet:
    """The data of an ARFF file; ValueError names the row that cannot be read."""
    budget.check_unpacked(TEXT_BYTES * (text.count(",") + text.count("\n")))
    every = text.splitlines()
    begin = next((k for k, line in enumerate(every) if DATA.fullmatch(line)), len(every))
    attributes = [
        Attribute(match["name"].strip("'\""), match["type"])
        for line in every[:begin]
        if (match := ATTRIBUTE.fullmatch(line.partition("%")[0] if "'" not in line else line))
    ]
    lines = [
        (number, line) for number, line in enumerate(every[begin + 1 :], begin + 2)
        if line.strip() and not line.lstrip().startswith("%")
    ]  # fmt: skip
    numbers = [number for number, _ in lines]
    check_size(len(lines), len(attributes), numbers)
    rows = [(number, _values(number, line, attributes)) for number, line in lines]
    read = [place for place, each in enumerate(attributes) if not each.is_string]
    columns: dict[str, pd.Series] = {}
    if read:
        columns = _scipy([attributes[place] for place in read],
                         [(number, _joined([cells[place] for place in read]))
                          for number, cells in rows])  # fmt: skip
    cells = pd.DataFrame(
        {
            each.name: columns[each.name] if each.name in columns
            else pd.Series([row[place] for _, row in rows], dtype=object)
            for place, each in enumerate(attributes)
        }
    )  # fmt: skip
    cells.index = pd.Index(numbers)
    names = tuple(each.name for each in attributes)
    last = attributes[-1]
    said = ("Sparse rows: values that a row does not name are 0, or the first of the class names.",)
    sparse = any(line.lstrip().startswith("{") for _, line in lines)
    return Sheet(cells, ARFF, Dialect(), names, label=last.name if last.nominal else None,
                 decimal=".", said=said if sparse else ())  # fmt: skip


def _scipy(attributes: Sequence[Attribute], rows: Sequence[Line]) -> dict[str, pd.Series]:
    """The columns as SciPy reads them."""
    from scipy.io import arff

    head = ["@relation r"]
    head += [f"@attribute a{place} {each.type}" for place, each in enumerate(attributes)]

    def read(some: Sequence[Line]) -> Any:
        return arff.loadarff(StringIO("\n".join([*head, "@data", *(line for _, line in some), ""])))

    try:
        data, _ = read(rows)
    except Exception as error:  # SciPy raises errors of many kinds
        raise ValueError(f"{refusal(ARFF, error, rows, read)}: save it as CSV") from None
    return {each.name: _column(data[f"a{place}"]) for place, each in enumerate(attributes)}


def _values(number: int, line: str, attributes: Sequence[Attribute]) -> list[str]:
    """A value for each attribute."""
    stripped = line.strip()
    if not (stripped.startswith("{") and stripped.endswith("}")):
        cells = _cells(line)
        if len(cells) != len(attributes):
            raise ValueError(
                f"row {number:,} has {len(cells):,} values instead of {len(attributes):,}: add or"
                " remove commas, or quote values that contain one"
            )
        return cells
    values = [each.left_out for each in attributes]
    for cell in filter(None, _cells(stripped[1:-1])):
        place, _, value = cell.strip().partition(" ")
        if not place.isdigit() or int(place) >= len(attributes):
            raise ValueError(
                f"row {number:,} has no attribute {brief(place)}: write sparse rows as"
                f" {{0 value, 3 value}}, up to {len(attributes) - 1:,}"
            )
        values[int(place)] = value.strip().strip("'\"")
    return values


def _cells(line: str) -> list[str]:
    """The values of a line, quoted by ' or by \"."""
    quote = "'" if "'" in line else '"'
    [cells] = csv.reader([line], quotechar=quote, escapechar="\\", skipinitialspace=True)
    return [cell.strip() for cell in cells]


def _joined(cells: Sequence[str]) -> str:
    return ",".join(cell if PLAIN.fullmatch(cell) else _quoted(cell) for cell in cells)


def _quoted(cell: str) -> str:
    return "'" + cell.replace("'", "\\'") + "'" if cell else "?"


def _column(values: Any) -> pd.Series:
    if values.dtype.kind == "S":
        return pd.Series([each.decode("utf-8", "replace") for each in values], dtype=object)
    if values.dtype.kind == "M":
        return pd.Series(np.datetime_as_string(values), dtype=object)
    return pd.Series(values.astype(np.float64))
