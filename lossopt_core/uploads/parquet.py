"""Parquet files from outside: decoded in a process of its own, because Arrow may abort."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

CHILD = Path(__file__).with_name("parquet_child.py")
MAX_SECONDS = 60.0


class ParquetError(ValueError):
    """A file that Arrow cannot decode; the message says why."""


@dataclass(frozen=True)
class Description:
    """What a file declares, unchecked.

    rows           number of rows
    unpacked       bytes of all columns
    compressions   names of the compressions in use
    columns        (name, "text", "number" or "other") of each column
    """

    rows: int
    unpacked: int
    compressions: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]

    def of_kind(self, kind: str) -> list[str]:
        """Names of the columns of a kind."""
        return [name for name, each in self.columns if each == kind]


def describe(data: bytes) -> Description:
    """Read the metadata of a file; ParquetError if it is not Parquet."""
    found = json.loads(_decoded(data, "describe"))
    return Description(
        rows=found["rows"],
        unpacked=found["unpacked"],
        compressions=tuple(found["compressions"]),
        columns=tuple((name, kind) for name, kind in found["columns"]),
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
