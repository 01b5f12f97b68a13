"""Parquet files are decoded where nothing is lost if Arrow ends the process."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lossopt_core.exchange import read_log
from lossopt_core.files import parquet


def file_of(table: pd.DataFrame) -> bytes:
    written = io.BytesIO()
    table.to_parquet(written)
    return written.getvalue()


TABLE = pd.DataFrame(
    {"n": [1, 2], "x": [0.5, np.nan], "who": ["a", None], "when": pd.to_datetime(["2026", "2027"])}
)


def test_a_file_is_described_before_it_is_decoded() -> None:
    found = parquet.describe(file_of(TABLE))
    assert found.rows == 2
    assert found.of_kind("number") == ["n", "x"]
    assert found.of_kind("text") == ["who"]
    assert found.of_kind("plain text") == ["when"]


def test_columns_come_back_as_they_were() -> None:
    read = parquet.read(file_of(TABLE), texts=["who"], columns=["n", "x", "who"])
    assert read["n"].to_pylist() == [1, 2]
    assert read["x"].to_pandas().isna().tolist() == [False, True]
    assert read["who"].to_pylist() == ["a", None]


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("import os; os.abort()", "damaged"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "damaged"),
        ("raise MemoryError('no room')", "no room"),
        ("import time; time.sleep(60)", "takes more than"),
    ],
)
def test_however_decoding_ends_the_reader_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, said: str
) -> None:
    """Arrow aborts on some corrupted files."""
    child = tmp_path / "child.py"
    child.write_text(program)
    monkeypatch.setattr(parquet, "CHILD", child)
    monkeypatch.setattr(parquet, "MAX_SECONDS", 2.0)
    with pytest.raises(ValueError, match=f"not Parquet: .*{said}"):
        read_log(file_of(TABLE), "x.parquet")


def test_decoding_has_bounded_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some compressions hide how large a file becomes, whatever it declares."""
    small = tmp_path / "child.py"
    small.write_text(parquet.CHILD.read_text().replace("= 600_000_000", "= 100_000_000"))
    monkeypatch.setattr(parquet, "CHILD", small)
    file = io.BytesIO()
    pd.DataFrame({"x": np.zeros(15_000_000)}).to_parquet(file, compression="zstd")
    with pytest.raises(parquet.ParquetError):
        parquet.read(file.getvalue(), texts=[], columns=["x"])
