"""Reading uploaded files as tables: CSV, TSV, Parquet, JSON.

Files are untrusted: every problem is a ValueError with a clear message.  In tables from text files
all cells are strings, so that errors can name the cell that is not a number.
"""

import codecs
import csv
import json
import re
from collections.abc import Callable, Mapping
from io import StringIO
from pathlib import PurePath
from typing import Any

import pandas as pd
import pyarrow as pa

from lossopt_core.fields import brief
from lossopt_core.store.quotas import Budget
from lossopt_core.uploads import parquet

LARGEST = 5_000_000
"""Maximum size of a file in bytes."""
MAX_ROWS = 200_000
MAX_COLUMNS = 1_001
MAX_CELLS = 5_000_000
"""Maximum rows times columns, because a small file may expand to a very large table."""
LARGEST_UNPACKED = 100_000_000
"""Maximum declared uncompressed size of a Parquet file in bytes."""
COMPRESSIONS = frozenset({"UNCOMPRESSED", "SNAPPY"})
"""Compressions with a ratio of at most about 20, regardless of what the file declares."""
TEXT_BYTES, NUMBER_BYTES = 80, 40
"""Memory per cell from file to examples, for strings and numbers."""
OBJECT_BYTES = 200
"""Memory per row of a JSON file."""
LONGEST_CELL = 1_000
"""Maximum string length in a Parquet file, whose strings can be much longer than the file."""

NO_LIMITS = Budget()

SEPARATORS = ",;\t"
DECIMAL_COMMA = re.compile(r"\s*[-+]?\d*,\d+([eE][-+]?\d+)?\s*")


def read_cells(data: bytes, filename: str, budget: Budget = NO_LIMITS) -> pd.DataFrame:
    """Read the table in a file; the file extension determines the format.

    The index numbers rows from 1; in text files row 1 is the header.  Raises BudgetError before
    allocating more memory than the budget allows.
    """
    ending = PurePath(filename).suffix.lower()
    if ending not in READERS:
        raise ValueError(f"the file must end in {', '.join(READERS)}; got {brief(filename)}")
    if len(data) > LARGEST:
        raise ValueError(f"the file must have at most {LARGEST:,} bytes, got {len(data):,}")
    table = READERS[ending](data, budget)
    if table.empty:
        raise ValueError("the file has no rows")
    return table


def _from_text(data: bytes, budget: Budget) -> pd.DataFrame:
    text, _ = _decoded(data)
    separator = _separator(text.lstrip("\r\n").partition("\n")[0])
    budget.check_unpacked(TEXT_BYTES * (text.count(separator) + text.count("\n")))
    numbered = _records(text, separator)
    if not numbered:
        raise ValueError("the file is empty")
    (_, first), *records = numbered
    columns = [name.strip() for name in first]
    _check_size(len(records), columns)
    for row, record in records:
        if len(record) != len(columns):
            raise ValueError(f"row {row:,} has {len(record):,} cells instead of {len(columns):,}")
    if separator == ";":
        records = [(row, [_with_point(cell) for cell in record]) for row, record in records]
    cells = pd.DataFrame([record for _, record in records], columns=columns, dtype=object)
    cells.index = pd.Index([row for row, _ in records])
    return cells


def encoding_of(data: bytes) -> str:
    """What the letters of a text file are read as: "utf-8", "utf-16", or else "latin-1"."""
    return _decoded(data)[1]


def _decoded(data: bytes) -> tuple[str, str]:
    try:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return data.decode("utf-16"), "utf-16"
        return data.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        return data.decode("latin-1"), "latin-1"  # accepts any bytes


def _separator(line: str) -> str:
    """The most frequent of comma, semicolon and tab in the first line."""
    return max(SEPARATORS, key=line.count)


def _records(text: str, separator: str) -> list[tuple[int, list[str]]]:
    """All non-empty rows with their row numbers."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator)
    records = []
    try:
        for row, record in enumerate(reader, start=1):
            if any(cell.strip() for cell in record):
                records.append((row, record))
            if len(records) > MAX_ROWS + 1:
                raise ValueError(f"the file must have at most {MAX_ROWS:,} rows, and has more")
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num:,} cannot be read: {error}") from None
    return records


def _with_point(cell: str) -> str:
    """Convert decimal commas, which are common in semicolon-separated files."""
    return cell.replace(",", ".") if DECIMAL_COMMA.fullmatch(cell) else cell


def _from_json(data: bytes, budget: Budget) -> pd.DataFrame:
    """A JSON array of flat objects, as written by `tables.to_json`."""
    parts = data.count(b"{") + data.count(b"[")
    if parts > 2 * MAX_ROWS:  # objects take much more memory than in the file
        raise ValueError(f"the file must have at most {MAX_ROWS:,} rows, has {parts:,} objects")
    budget.check_unpacked(OBJECT_BYTES * parts + TEXT_BYTES * data.count(b":"))
    try:
        rows = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the file is not JSON: {brief(str(error))}") from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("the file must be a JSON array with one object per row")
    columns = list(dict.fromkeys(name for row in rows for name in row))
    _check_size(len(rows), columns)
    for number, row in enumerate(rows, start=1):
        for name, value in row.items():
            if isinstance(value, dict | list):
                raise ValueError(f"row {number:,}, column {brief(name)}: nested values are invalid")
    cells = {name: pd.Series([row.get(name) for row in rows], dtype=object) for name in columns}
    return _numbered_from_one(pd.DataFrame(cells))


def _from_parquet(data: bytes, budget: Budget) -> pd.DataFrame:
    """The numeric and string columns; other types are left out."""
    try:
        declared = parquet.describe(data)
        texts, numbers = declared.of_kind("text"), declared.of_kind("number")
        _check_parquet(declared)
        size = TEXT_BYTES * len(texts) + NUMBER_BYTES * len(numbers)
        budget.check_unpacked(declared.rows * size)
        wanted = [name for name, kind in declared.columns if kind != "other"]
        table = parquet.read(data, texts=texts, columns=wanted)
    except parquet.ParquetError as error:
        raise ValueError(f"the file is not Parquet: {brief(str(error))}") from None
    for name in texts:
        _check_texts(name, table[name])
    return _numbered_from_one(table.to_pandas(ignore_metadata=True))


def _check_parquet(declared: parquet.Description) -> None:
    """Reject files that are too large, or might be: high-ratio compressions hide their size."""
    _check_size(declared.rows, [name for name, _ in declared.columns])
    if declared.unpacked > LARGEST_UNPACKED:
        raise ValueError(f"the file must unpack to at most {LARGEST_UNPACKED:,} bytes")
    if unknown := sorted({*declared.compressions} - COMPRESSIONS):
        raise ValueError(f"a Parquet file must be uncompressed or use Snappy, got {unknown[0]}")


def _check_texts(name: str, column: pa.ChunkedArray) -> None:
    for chunk in column.chunks:
        values = chunk.dictionary if isinstance(chunk, pa.DictionaryArray) else chunk
        if any(len(value) > LONGEST_CELL for value in values.to_pylist() if value is not None):
            raise ValueError(
                f"column {brief(name)} has a string of more than {LONGEST_CELL:,} characters"
            )


def _numbered_from_one(table: pd.DataFrame) -> pd.DataFrame:
    table.index = pd.RangeIndex(1, len(table) + 1)
    return table


def _check_size(rows: int, columns: list[str]) -> None:
    if rows > MAX_ROWS:
        raise ValueError(f"the file must have at most {MAX_ROWS:,} rows, got {rows:,}")
    if len(columns) > MAX_COLUMNS:
        raise ValueError(f"the file must have at most {MAX_COLUMNS} columns, got {len(columns):,}")
    if rows * len(columns) > MAX_CELLS:
        raise ValueError(
            f"the file must have at most {MAX_CELLS:,} cells, got {rows:,} rows of {len(columns)}"
        )
    seen: set[Any] = set()
    for place, name in enumerate(columns, start=1):
        if not name:
            raise ValueError(f"column {place} has no name")
        if name in seen:
            raise ValueError(f"two columns are called {brief(name)}")
        seen.add(name)


READERS: Mapping[str, Callable[[bytes, Budget], pd.DataFrame]] = {
    ".csv": _from_text,
    ".tsv": _from_text,
    ".parquet": _from_parquet,
    ".json": _from_json,
}
