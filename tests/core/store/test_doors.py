"""Every way in from outside is bounded, before it is unpacked, and to the byte."""

import ast
import io
import tracemalloc
import zipfile
from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from lossopt_core import Experiment, train, uploads
from lossopt_core.exchange import archive, read_log
from lossopt_core.files import limits
from lossopt_core.files.choices import GUESS
from lossopt_core.store.quotas import Budget, BudgetError
from lossopt_core.training import footprint
from lossopt_core.uploads import serialization
from tests.programs import ROOT

ROWS = 40


def npz() -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, X=np.zeros((ROWS, 5), bool), y=np.arange(ROWS) % 2)
    return file.getvalue()


def npz_memory(data: bytes) -> int:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        unpacked = serialization.COPIES * sum(each.file_size for each in packed.infolist())
    return max(unpacked, footprint.numbers_bytes(ROWS, 5, 2))


def table() -> pd.DataFrame:
    names = {f"x{k}": np.arange(ROWS) * k for k in range(4)}
    return pd.DataFrame(names | {"who": ["a", "b"] * (ROWS // 2)})


def parquet_file() -> bytes:
    file = io.BytesIO()
    parquet.write_table(pa.Table.from_pandas(table(), preserve_index=False), file)
    return file.getvalue()


def whole() -> bytes:
    return archive.to_archive(train([Experiment(dataset="course_demo", epochs=1, batch_size=1,
                                                test_fraction=0.0)]))  # fmt: skip


def archive_memory(data: bytes) -> int:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return archive.COPIES * sum(each.file_size for each in packed.infolist())


CELLS = ROWS * 5
Reader = Callable[[bytes, Budget], object]
DOORS: dict[str, tuple[Callable[[], bytes], Reader, Callable[[bytes], int]]] = {
    "data, npz": (npz, lambda data, most: uploads.read(data, "x.npz", most), npz_memory),
    "data, csv": (
        lambda: table().to_csv(index=False).encode(),
        lambda data, most: uploads.read(data, "x.csv", most),
        lambda data: limits.TEXT_BYTES * (data.count(b",") + data.count(b"\n")),
    ),
    "data, parquet": (
        parquet_file,
        lambda data, most: uploads.read(data, "x.parquet", most),
        lambda data: ROWS * (limits.TEXT_BYTES + 4 * limits.NUMBER_BYTES),
    ),
    "curves, json": (
        lambda: table().to_json(orient="records").encode(),
        lambda data, most: read_log(data, "x.json", GUESS, most),
        lambda data: limits.OBJECT_BYTES * (ROWS + 1) + limits.TEXT_BYTES * CELLS,
    ),
    "runs in a file": (whole, archive.from_archive, archive_memory),
}
"""Files that come in, by what they are: one of each, how it is read, and the memory it takes."""


@pytest.mark.parametrize("door", DOORS)
def test_a_file_may_use_the_memory_limit_but_not_a_byte_more(door: str) -> None:
    make, read, memory = DOORS[door]
    data = make()
    needed = memory(data)
    read(data, Budget(memory=needed))
    with pytest.raises(BudgetError, match=r"needs? .* MB of memory .*the limit is"):
        read(data, Budget(memory=needed - 1))


def bombs() -> dict[str, tuple[bytes, Reader]]:
    """Small files that would take hundreds of megabytes."""
    arrays, texts, descriptions = io.BytesIO(), io.BytesIO(), io.BytesIO()
    np.savez_compressed(arrays, X=np.zeros((40_000, 990), bool), y=np.arange(40_000) % 2)
    np.savez_compressed(
        texts, X=np.zeros((4, 2)), y=np.arange(4) % 2, class_names=np.full(8_000_000, "")
    )
    with zipfile.ZipFile(descriptions, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("runs.json", b"[" + b"[]," * 3_000_000 + b"[]]")
        packed.writestr("numbers.bin", b"")

    def of_data(name: str) -> Reader:
        return lambda data, most: uploads.read(data, name, most)

    return {
        "npz of bits": (arrays.getvalue(), of_data("x.npz")),
        "npz of names": (texts.getvalue(), of_data("x.npz")),
        "csv of nothing": (b"a,b,c\n" + b"," * 4_900_000, of_data("x.csv")),
        "json of nothing": (b"[" + b"[]," * 1_600_000 + b"{}]", of_curves),
        "json of small objects": (b"[" + b'{"a":1},' * 500_000 + b'{"a":1}]', of_curves),
        "archive of descriptions": (descriptions.getvalue(), archive.from_archive),
    }


def of_curves(data: bytes, most: Budget) -> object:
    return read_log(data, "x.json", GUESS, most)


BOMBS = (
    "npz of bits", "npz of names", "csv of nothing", "json of nothing", "json of small objects",
    "archive of descriptions",
)  # fmt: skip


@pytest.fixture(scope="module")
def made() -> dict[str, tuple[bytes, Reader]]:
    return bombs()


@pytest.mark.parametrize("name", BOMBS)
def test_a_zip_bomb_is_rejected_before_it_takes_memory(
    name: str, made: dict[str, tuple[bytes, Reader]]
) -> None:
    assert set(made) == set(BOMBS)
    data, read = made[name]
    assert len(data) <= limits.LARGEST
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"(the limit is|at most|too many parts|more than)"):
            read(data, Budget(memory=100e6))
        assert tracemalloc.get_traced_memory()[1] < 100e6
    finally:
        tracemalloc.stop()


def test_a_parquet_file_with_a_false_row_count_is_rejected() -> None:
    """The rows of its groups count, too: those are what is read."""
    file = io.BytesIO()
    rows = limits.MAX_ROWS + 1
    parquet.write_table(pa.table({"a": np.zeros(rows, np.int8)}), file, compression="snappy")
    data, said, lie = file.getvalue(), varint(rows), varint(rows // 2)
    places = [place for place in range(len(data)) if data.startswith(said, place)]
    all_forged = [data[:place] + lie + data[place + len(said) :] for place in places]
    [forged] = [each for each in all_forged if rows_of(each) == (rows // 2, rows)]
    with pytest.raises(ValueError, match=f"at most {limits.MAX_ROWS:,} rows"):
        uploads.read(forged, "x.parquet")


def rows_of(data: bytes) -> tuple[int, int]:
    """The rows that a Parquet file says to have, and those that its first group says to have."""
    said = parquet.ParquetFile(io.BytesIO(data)).metadata
    return said.num_rows, said.row_group(0).num_rows


def varint(number: int) -> bytes:
    """A whole number as Parquet's footer has it: zigzag, seven bits to a byte."""
    left, found = number << 1, []
    while True:
        found.append((left & 0x7F) | (0x80 if left > 0x7F else 0))
        left >>= 7
        if not left:
            return bytes(found)


def test_runs_on_too_large_data_cannot_be_imported() -> None:
    """Their pages would load the data."""
    [run] = train([Experiment(dataset="blobs", epochs=1)])
    size = run.experiment.size
    data = archive.to_archive([run])
    most = size.examples * size.features
    assert archive.from_archive(data, Budget(numbers=most))
    with pytest.raises(BudgetError, match="Choose fewer examples or features"):
        archive.from_archive(data, Budget(numbers=most - 1))


UNPACKERS = {
    "json.loads", "zipfile.ZipFile", "zlib.decompressobj", "zlib.decompress", "gzip.decompress",
    "gzip.open", "np.load", "np.lib.format.read_array", "parquet.ParquetFile", "parquet.read_table",
    "load_workbook", "pd.read_csv", "pd.read_json",
    "pd.read_parquet", "bz2.decompress", "lzma.decompress",
}  # fmt: skip
KNOWN = {
    "lossopt_core/uploads/serialization.py",  # arrays: test "data, npz"
    "lossopt_core/files/content.py",  # packed files: at most LARGEST bytes
    "lossopt_core/files/workbook.py",  # workbooks: content.py knows their unpacked size
    "lossopt_core/files/json_rows.py",  # JSON: "curves, json"
    "lossopt_core/files/parquet.py",  # what its child found: names and sizes
    "lossopt_core/files/parquet_child.py",  # for parquet.py, which checks before it reads
    "lossopt_core/exchange/archive.py",  # "runs in a file"
    "lossopt_core/exchange/sharing.py",  # links: at most LARGEST bytes out of at most LONGEST
    "lossopt_core/experiment/description.py",  # within the above, and the store
    "lossopt_core/analysis/fair_tuning.py",  # comparisons, as the store has them
    "lossopt_core/analysis/tuned_sweep.py",  # sweeps, as the store has them
    "lossopt_core/data/datasets/making.py",  # files of this project
    "lossopt_core/exchange/programs.py",  # it writes
    "lossopt_ui/runs/report.py",  # its own figures
}
STORE = (
    "lossopt_core/store",
    "lossopt_core/store/unfinished.py",
    "lossopt_core/uploads/store.py",
)
"""What is read there was bounded when it was kept."""


def test_nothing_is_unpacked_anywhere_else() -> None:
    """A new way in has to be bounded, and tested here."""
    found = set()
    for place in ("lossopt_core", "lossopt_ui", "pages"):
        for file in (ROOT / place).rglob("*.py"):
            text = file.read_text()
            if not any(each in text for each in UNPACKERS):
                continue
            calls = {
                ast.unparse(node.func)
                for node in ast.walk(ast.parse(text))
                if isinstance(node, ast.Call)
            }
            if calls & UNPACKERS:
                found.add(str(file.relative_to(ROOT)))
    assert {each for each in found - KNOWN if not each.startswith(STORE)} == set()
