"""Formats that kept libraries read: Excel (openpyxl), ARFF (SciPy), svmlight (scikit-learn)."""

import re
from datetime import date, datetime, time
from io import BytesIO, StringIO
from typing import Any

import numpy as np
import pandas as pd

from lossopt_core.fields import brief
from lossopt_core.files.choices import Choices
from lossopt_core.files.content import ARFF, SVMLIGHT, XLSX
from lossopt_core.files.limits import (
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_ROWS,
    NUMBER_BYTES,
    TEXT_BYTES,
    check_size,
)
from lossopt_core.files.records import sheet_of
from lossopt_core.files.sheet import Dialect, Sheet
from lossopt_core.files.text import Record
from lossopt_core.store.quotas import Budget

INDEX = re.compile(rb"\s(\d+):")


def from_xlsx(data: bytes, choices: Choices, budget: Budget) -> Sheet:
    """The first sheet of a workbook that has cells; formulas as last computed, macros never run."""
    from openpyxl import load_workbook

    try:
        # Links to other files are not followed, and nothing but the cells is read.
        book = load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
        sheets = {each.title: _records(each, budget) for each in book.worksheets[:20]}
    except ValueError:
        raise
    except Exception as error:  # openpyxl raises errors of many kinds on damaged files
        raise ValueError(
            f"the Excel workbook cannot be read ({brief(str(error))}): save the sheet as CSV"
        ) from None
    filled = [name for name, records in sheets.items() if records]
    if not filled:
        raise ValueError("the workbook has no cells")
    said = [f"Read sheet {brief(filled[0])} of the workbook."]
    if others := filled[1:]:
        said.append(f"Left out the other sheets: {', '.join(map(brief, others))}.")
    found = sheet_of(
        sheets[filled[0]], format=XLSX, dialect=Dialect(), choices=choices, decimal="."
    )
    return _saying(found, *said)


def _saying(sheet: Sheet, *said: str) -> Sheet:
    from dataclasses import replace

    return replace(sheet, said=(*said, *sheet.said))


def _records(sheet: Any, budget: Budget) -> list[Record]:
    records: list[Record] = []
    cells = 0
    for row, values in enumerate(sheet.iter_rows(values_only=True), start=1):
        texts = [_text(value) for value in values]
        cells += len(texts)
        if cells > MAX_CELLS or row > MAX_ROWS + 1 or len(texts) > 10 * MAX_COLUMNS:
            check_size(row, len(texts))
            raise ValueError(f"the workbook must have at most {MAX_CELLS:,} cells; row {row:,}")
        budget.check_unpacked(TEXT_BYTES * cells)
        if any(texts):
            records.append((row, texts))
    width = max((_used(texts) for _, texts in records), default=0)
    return [(row, [*texts[:width], *[""] * (width - len(texts))]) for row, texts in records]


def _used(texts: list[str]) -> int:
    """Cells up to the last one that is not empty."""
    return max(place for place, text in enumerate(texts, start=1) if text)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(" ") if value.time() != time() else value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value).strip()


def from_arff(text: str, budget: Budget) -> Sheet:
    """The data of an ARFF file, as SciPy reads them: numbers and nominal attributes."""
    from scipy.io import arff

    budget.check_unpacked(TEXT_BYTES * (text.count(",") + text.count("\n")))
    try:
        data, about = arff.loadarff(StringIO(text))
    except Exception as error:  # SciPy raises errors of many kinds
        raise ValueError(
            f"the ARFF file cannot be read ({brief(str(error))}): save it as CSV"
        ) from None
    names = list(about.names())
    check_size(len(data), len(names))
    table = {}
    for name in names:
        column = data[name]
        if column.dtype.kind == "S":
            table[name] = pd.Series(
                [each.decode("utf-8", "replace") for each in column], dtype=object
            )
        elif column.dtype.kind == "M":
            table[name] = pd.Series(np.datetime_as_string(column), dtype=object)
        else:
            table[name] = pd.Series(column.astype(np.float64))
    cells = pd.DataFrame(table)
    cells.index = pd.RangeIndex(1, len(cells) + 1)
    nominal = [name for name, kind in zip(names, about.types(), strict=True) if kind == "nominal"]
    label = names[-1] if names[-1] in nominal else None
    return Sheet(cells, ARFF, Dialect(), tuple(names), label=label, decimal=".")


def from_svmlight(data: bytes, budget: Budget) -> Sheet:
    """Labels and features of an svmlight (LIBSVM) file; features that no row names are 0."""
    from sklearn.datasets import load_svmlight_file

    rows = data.count(b"\n") + 1
    width = max((int(each) for each in INDEX.findall(data) if len(each) < 10), default=10**9)
    check_size(rows, width + 1)  # before the sparse rows are filled up
    budget.check_unpacked(NUMBER_BYTES * rows * width)
    try:
        X, y = load_svmlight_file(BytesIO(data), zero_based="auto")
    except Exception as error:
        raise ValueError(
            f"the svmlight file cannot be read ({brief(str(error))}): write 'label index:value'"
            " with rising indices in each line"
        ) from None
    first = 0 if b" 0:" in data else 1
    cells = pd.DataFrame(
        X.toarray(), columns=[f"x{place}" for place in range(first, X.shape[1] + first)]
    )
    cells.insert(0, "label", y)
    cells.index = pd.RangeIndex(1, len(cells) + 1)
    names = tuple(str(name) for name in cells.columns)
    said = ("Read as svmlight: features that a row does not name are 0.",)
    return Sheet(cells, SVMLIGHT, Dialect(header=False), names, label="label", decimal=".",
                 said=said)  # fmt: skip
