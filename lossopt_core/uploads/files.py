"""A file that somebody brings, read as a table: CSV, TSV, Parquet, JSON.

The file may come from anyone: all that is wrong with it is a ValueError in plain words.  In the
tables of text files all cells are texts, so that whoever needs numbers can name a cell that is
none.
"""

import codecs
import csv
import json
import re
from collections.abc import Callable, Mapping
from io import BytesIO, StringIO
from pathlib import PurePath
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet

from lossopt_core.fields import brief
from lossopt_core.store.quotas import Budget, BudgetError

LARGEST = 5_000_000
"""Bytes of a file."""
MOST_ROWS = 200_000
MOST_COLUMNS = 1_001
MOST_CELLS = 5_000_000
"""Rows times columns: a small file may stand for a very large table."""
LARGEST_UNPACKED = 100_000_000
"""Bytes that a Parquet file may say it unpacks to."""
PACKINGS = frozenset({"UNCOMPRESSED", "SNAPPY"})
"""Compressions that make data at most some twenty times smaller, whatever the file says."""
TEXT_BYTES, NUMBER_BYTES = 80, 40
"""Memory that a cell takes from the file to examples, as a text and as a number."""
OBJECT_BYTES = 200
"""Of a row of a JSON file."""
LONGEST_CELL = 1_000
"""Characters of a text in a Parquet file, whose texts can be many times as long as the file."""

NO_LIMITS = Budget()

SEPARATORS = ",;\t"
DECIMAL_COMMA = re.compile(r"\s*[-+]?\d*,\d+([eE][-+]?\d+)?\s*")


def read_cells(data: bytes, filename: str, budget: Budget = NO_LIMITS) -> pd.DataFrame:
    """The table in a file, of which the name's ending says what it is.

    The index has the number of each row as a person counts: in a text file
    where the names of the columns are row 1; elsewhere the first row is row 1.
    BudgetError where it would take more memory than the budget allows, before it takes it.
    """
    ending = PurePath(filename).suffix.lower()
    if ending not in READERS:
        raise ValueError(f"the file must end in {', '.join(READERS)}; got {brief(filename)}")
    if len(data) > LARGEST:
        raise ValueError(f"the file may have {LARGEST:,} bytes, got {len(data):,}")
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
            raise ValueError(f"row {row:,} has {len(record):,} cells, not {len(columns):,}")
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
        return data.decode("latin-1"), "latin-1"  # has a character for every byte


def _separator(line: str) -> str:
    """Of commas, semicolons and tabs the one that the first line has most of."""
    return max(SEPARATORS, key=line.count)


def _records(text: str, separator: str) -> list[tuple[int, list[str]]]:
    """All rows that are not empty, with their numbers."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator)
    records = []
    try:
        for row, record in enumerate(reader, start=1):
            if any(cell.strip() for cell in record):
                records.append((row, record))
            if len(records) > MOST_ROWS + 1:
                raise ValueError(f"the file may have {MOST_ROWS:,} rows, and has more")
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num:,} cannot be read: {error}") from None
    return records


def _with_point(cell: str) -> str:
    """Where cells are separated by semicolons, decimals often are by commas."""
    return cell.replace(",", ".") if DECIMAL_COMMA.fullmatch(cell) else cell


def _from_json(data: bytes, budget: Budget) -> pd.DataFrame:
    """An array of objects with plain values, as `export.to_json` writes it."""
    parts = data.count(b"{") + data.count(b"[")
    if parts > 2 * MOST_ROWS:  # each is an object in memory, many times as large as in the file
        raise ValueError(f"the file may have {MOST_ROWS:,} rows, and has {parts:,} objects")
    budget.check_unpacked(OBJECT_BYTES * parts + TEXT_BYTES * data.count(b":"))
    try:
        rows = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the file is not JSON: {brief(str(error))}") from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("the file must be a JSON array of objects, one a row")
    columns = list(dict.fromkeys(name for row in rows for name in row))
    _check_size(len(rows), columns)
    for number, row in enumerate(rows, start=1):
        for name, value in row.items():
            if isinstance(value, dict | list):
                raise ValueError(f"row {number:,}, column {brief(name)}: it is not a plain value")
    cells = {name: pd.Series([row.get(name) for row in rows], dtype=object) for name in columns}
    return _counted_from_one(pd.DataFrame(cells))


def _from_parquet(data: bytes, budget: Budget) -> pd.DataFrame:
    """Its columns of numbers and texts; dates, lists and the like are left out."""
    try:
        file = parquet.ParquetFile(BytesIO(data))
        schema, groups = file.schema_arrow, file.metadata
        of_groups = [groups.row_group(each) for each in range(groups.num_row_groups)]
        # A forged file says one number of rows here and another there: the larger is read.
        rows = max(groups.num_rows, sum(each.num_rows for each in of_groups))
        _check_size(rows, schema.names)
        if sum(each.total_byte_size for each in of_groups) > LARGEST_UNPACKED:
            raise ValueError(f"the file may unpack to {LARGEST_UNPACKED:,} bytes")
        _check_packing(groups)
        texts = [each.name for each in schema if _is_text(each.type)]
        numbers = [each.name for each in schema if _is_number(each.type)]
        budget.check_unpacked(rows * (TEXT_BYTES * len(texts) + NUMBER_BYTES * len(numbers)))
        # As a dictionary a text that stands in many rows is in memory once.
        table = parquet.ParquetFile(BytesIO(data), read_dictionary=texts).read(
            columns=[name for name in schema.names if name in {*texts, *numbers}]
        )
        for name in texts:
            _check_texts(name, table[name])
        return _counted_from_one(table.to_pandas(ignore_metadata=True))
    except BudgetError:
        raise
    except (pa.ArrowException, OSError, LookupError, TypeError) as error:
        raise ValueError(f"the file is not Parquet: {brief(str(error))}") from None


def _check_packing(metadata: parquet.FileMetaData) -> None:
    """Refuse compressions that make much of little: the sizes that a file says may be false."""
    groups = [metadata.row_group(each) for each in range(metadata.num_row_groups)]
    packings = {
        group.column(each).compression for group in groups for each in range(group.num_columns)
    }
    if unknown := sorted(packings - PACKINGS):
        raise ValueError(f"a Parquet file must be compressed by snappy or not, got {unknown[0]}")


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or kind == pa.bool_())


def _check_texts(name: str, column: pa.ChunkedArray) -> None:
    for chunk in column.chunks:
        values = chunk.dictionary if isinstance(chunk, pa.DictionaryArray) else chunk
        if any(len(value) > LONGEST_CELL for value in values.to_pylist() if value is not None):
            raise ValueError(
                f"column {brief(name)} has a text of more than {LONGEST_CELL:,} characters"
            )


def _counted_from_one(table: pd.DataFrame) -> pd.DataFrame:
    table.index = pd.RangeIndex(1, len(table) + 1)
    return table


def _check_size(rows: int, columns: list[str]) -> None:
    if rows > MOST_ROWS:
        raise ValueError(f"the file may have {MOST_ROWS:,} rows, got {rows:,}")
    if len(columns) > MOST_COLUMNS:
        raise ValueError(f"the file may have {MOST_COLUMNS} columns, got {len(columns):,}")
    if rows * len(columns) > MOST_CELLS:
        raise ValueError(
            f"the file may have {MOST_CELLS:,} cells, got {rows:,} rows of {len(columns)}"
        )
    seen: set[Any] = set()
    for place, name in enumerate(columns, start=1):
        if not name:
            raise ValueError(f"column {place} has no name")
        if name in seen:
            raise ValueError(f"two columns have the name {brief(name)}")
        seen.add(name)


READERS: Mapping[str, Callable[[bytes, Budget], pd.DataFrame]] = {
    ".csv": _from_text,
    ".tsv": _from_text,
    ".parquet": _from_parquet,
    ".json": _from_json,
}
