"""Parquet files from outside: decoded in a process of its own, because Arrow may abort."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa

from lossopt_core.fields import brief
from lossopt_core.files.limits import (
    LARGEST_UNPACKED,
    LONGEST_CELL,
    NUMBER_BYTES,
    TEXT_BYTES,
    check_size,
)
from lossopt_core.files.sheet import Dialect, Sheet, distinct_names
from lossopt_core.store.quotas import Budget

CHILD = Path(__file__).with_name("parquet_child.py")
MAX_SECONDS = 60.0


class ParquetError(ValueError):
    """A file that Arrow cannot decode; the message says why."""


@dataclass(frozen=True)
class Description:
    """What a file declares, unchecked.

    rows       number of rows
    unpacked   bytes of all columns
    columns    (name, "text", "plain text", "number" or "other", Arrow's type) of each column;
               "plain text" cannot be read as a dictionary
    index      columns that pandas kept as the index
    """

    rows: int
    unpacked: int
    columns: tuple[tuple[str, str, str], ...]
    index: tuple[str, ...] = ()

    def of_kind(self, *kinds: str) -> list[str]:
        """Names of the columns of some kinds."""
        return [name for name, each, _ in self.columns if each in kinds]


def describe(data: bytes) -> Description:
    """Read the metadata of a file; ParquetError if it is not Parquet."""
    found = json.loads(_decoded(data, "describe"))
    return Description(
        rows=found["rows"],
        unpacked=found["unpacked"],
        columns=tuple((name, kind, type) for name, kind, type in found["columns"]),
        index=tuple(found["index"]),
    )


def read(data: bytes, *, texts: Sequence[str], columns: Sequence[str]) -> pa.Table:
    """Read some columns, those of `texts` as dictionaries; ParquetError if that fails."""
    decoded = _decoded(data, "read", json.dumps([list(texts), list(columns)]))
    return pa.ipc.open_stream(decoded).read_all()


def _decoded(data: bytes, *task: str) -> bytes:
    """What the child writes; ParquetError with its last line if it fails, however it ends."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(CHILD), *task],
            input=data,
            capture_output=True,
            timeout=MAX_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ParquetError(f"decoding takes more than {MAX_SECONDS:g} seconds") from None
    if done.returncode != 0:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or ["it is damaged"]
        raise ParquetError(lines[-1])
    return done.stdout


def sheet_from(data: bytes, budget: Budget) -> Sheet:
    """The sheet of a Parquet file; ValueError if it is damaged or too large."""
    try:
        declared = describe(data)
        names = [name for name, _, _ in declared.columns]
        _check(declared, names)
        texts = declared.of_kind("text", "plain text")
        numbers = declared.of_kind("number")
        budget.check_unpacked(
            declared.rows * (TEXT_BYTES * len(texts) + NUMBER_BYTES * len(numbers))
        )
        table = read(data, texts=declared.of_kind("text"), columns=[*texts, *numbers])
    except ParquetError as error:
        raise ValueError(f"the file is not Parquet: {brief(str(error))}") from None
    for name in texts:
        _check_texts(name, table[name])
    read_columns = table.to_pandas(ignore_metadata=True)
    unread = {name: f"{type} cannot be a feature" for name, kind, type in declared.columns
              if kind == "other"}  # fmt: skip
    none = pd.Series([None] * declared.rows, dtype=object)
    columns = distinct_names(names)
    cells = pd.DataFrame(
        {
            column: none if name in unread else _cells(read_columns[name])
            for column, name in zip(columns, names, strict=True)
        }
    )
    cells.index = pd.RangeIndex(1, len(cells) + 1)
    renamed = dict(zip(names, columns, strict=True))
    index = next((renamed[name] for name in declared.index if name in renamed), None)
    return Sheet(
        cells, "Parquet", Dialect(), tuple(names), index=index, decimal=".",
        unread={renamed[name]: why for name, why in unread.items()},
        unnamed=frozenset(renamed[each] for each in names if each.startswith("__index_level_")),
    )  # fmt: skip


def _cells(column: pd.Series) -> pd.Series:
    """Categories as the strings or numbers that they name."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.dtype.categories.dtype)
    return column if column.dtype.kind in "fiub" else column.astype(object)


def _check(declared: Description, names: list[str]) -> None:
    check_size(declared.rows, len(names))
    if declared.unpacked > LARGEST_UNPACKED:
        raise ValueError(
            f"the file must unpack to at most {LARGEST_UNPACKED:,} bytes, got"
            f" {declared.unpacked:,}: leave out rows or columns"
        )
    if len(set(names)) < len(names):
        raise ValueError("two columns of the file have the same name: rename one of them")


def _check_texts(name: str, column: pa.ChunkedArray) -> None:
    before = 0
    for chunk in column.chunks:
        coded = isinstance(chunk, pa.DictionaryArray)
        values = (chunk.dictionary if coded else chunk).to_pylist()
        long = {k for k, each in enumerate(values) if each is not None and len(each) > LONGEST_CELL}
        if long:
            places = chunk.indices.to_pylist() if coded else range(len(chunk))
            row = before + 1 + next((k for k, each in enumerate(places) if each in long), 0)
            raise ValueError(
                f"row {row:,}, column {brief(name)}: a string of a Parquet file must have at most"
                f" {LONGEST_CELL:,} characters: shorten it, or leave out the column"
            )
        before += len(chunk)
