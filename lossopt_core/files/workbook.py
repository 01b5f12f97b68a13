"""Excel workbooks, which openpyxl reads."""

from dataclasses import replace
from datetime import date, datetime, time
from io import BytesIO
from typing import Any

from lossopt_core.fields import brief
from lossopt_core.files import limits
from lossopt_core.files.choices import Choices
from lossopt_core.files.content import XLSX
from lossopt_core.files.limits import TEXT_BYTES
from lossopt_core.files.records import sheet_of
from lossopt_core.files.sheet import Dialect, Sheet
from lossopt_core.files.text import Record
from lossopt_core.store.quotas import Budget


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
    return replace(sheet, said=(*said, *sheet.said))


def _records(sheet: Any, budget: Budget) -> list[Record]:
    records: list[Record] = []
    cells = 0
    for row, values in enumerate(sheet.iter_rows(values_only=True), start=1):
        texts = [_text(value) for value in values]
        cells += len(texts)
        below_names = cells - len(texts)
        if below_names > limits.MAX_CELLS or len(texts) > 10 * limits.MAX_COLUMNS:
            limits.check_size(row - 1, len(texts), range(2, row + 1))
            raise ValueError(
                f"the workbook must have at most {limits.MAX_CELLS:,} cells, also empty ones:"
                f" delete the rows from row {row:,} on"
            )
        budget.check_unpacked(TEXT_BYTES * cells)
        if any(texts):
            records.append((row, texts))
        if len(records) > limits.MAX_ROWS + 1:
            limits.check_rows([number for number, _ in records[1:]])
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
