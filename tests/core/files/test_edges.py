"""Every format holds what is allowed, and no row, column, cell, byte or class more.

The tables here are checked for completeness: a limit that no test reaches fails one.
"""

import importlib
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import pytest

from lossopt_core.exchange.describing import describe_curves
from lossopt_core.files import parquet
from lossopt_core.files.content import content_of
from lossopt_core.files.reading import sheet_from
from lossopt_core.files.sheet import Sheet
from lossopt_core.uploads.preparing import Preparation, columns_of, prepare, suggest
from lossopt_core.uploads.reading import read as read_data
from tests.core.files.making import (
    FORMATS,
    Table,
    events,
    in_arff,
    in_excel,
    in_npz,
    in_parquet,
    in_text,
    npz,
    table,
)

Read = Callable[[bytes, str], object]
ROWS, COLUMNS, CELLS = 6, 4, 12
FROM_1 = {"t.arff", "t.svmlight", "t.json", "columns.json", "t.jsonl", "t.parquet", "t.npz"}
"""Formats whose first row of data is row 1; ARFF has more above."""


READERS = [
    importlib.import_module(f"lossopt_core.{name}")
    for name in (
        "files.limits", "files.columns", "files.content", "files.json_rows", "files.lines",
        "files.parquet", "files.reading", "files.records", "files.text", "files.workbook",
        "uploads.npz", "uploads.preparing", "uploads.roles", "uploads.serialization",
        "exchange.arrangements", "exchange.curves", "exchange.events",
    )
]  # fmt: skip
LIMIT = re.compile("(MAX|LARGEST|LONGEST)_|LARGEST$")


def sheet(data: bytes, name: str) -> Sheet:
    return sheet_from(content_of(data, name))


def examples(data: bytes, name: str) -> object:
    """Examples whose label is in the last column, or in svmlight's."""
    found = read_data(data, name)
    if not isinstance(found, Sheet):
        return found
    columns = columns_of(found)
    return prepare(columns, suggest(columns, found.label or columns[-1].name))


def one_hot(data: bytes, name: str) -> object:
    """Examples whose features are all columns but the last, whatever they are."""
    columns = columns_of(sheet(data, name))
    *features, label = [column.name for column in columns]
    return prepare(columns, Preparation(label, tuple(features)))


@dataclass(frozen=True)
class Edge:
    """A limit, and a file with as much as somebody asks for.

    most   what is allowed; it takes the place of the constant if that is too large for a test
    said   what the refusal of one more says
    """

    name: str
    limit: str
    most: int
    make: Callable[[int], bytes]
    said: str
    read: Read = sheet
    real: bool = False

    def __str__(self) -> str:
        return f"{self.limit} of {self.name}"


def row(name: str, place: int, columns: int = 2) -> str:
    """The number in the file of a row of data."""
    above = columns + 2 if name == "t.arff" else 0 if name in FROM_1 else 1
    return f"row {place + above} on"


def of_tables() -> Iterator[Edge]:
    for name, write in FORMATS.items():
        shapes: list[tuple[str, int, Callable[[int], Table], str]] = [
            ("MAX_ROWS", ROWS, lambda n: table(n, 2),
             f"at most {ROWS} rows, and has more: leave out the rows from {row(name, ROWS + 1)}"),
            ("MAX_COLUMNS", COLUMNS, lambda n: table(2, n),
             f"at most {COLUMNS} columns, got {COLUMNS + 1}: leave out the columns from column"
             f" {COLUMNS + 1} on"),
            ("MAX_CELLS", CELLS, lambda n: table(-(-n // 3), 3),
             f"at most {CELLS} cells, got 5 rows of 3: leave out the rows from {row(name, 5, 3)}"),
        ]  # fmt: skip
        for limit, most, make, said in shapes:
            yield Edge(name, limit, most, lambda n, w=write, m=make: w(m(n)), said)
        yield Edge(
            name, "MAX_CLASSES", 100, lambda n, w=write: w(classes(n)), "101 distinct values, too"
            f" many from {row(name, 101)}; a label can have at most 100. Choose another label"
            " column", examples, real=True,
        )  # fmt: skip


def classes(count: int) -> Table:
    """Two rows of each class."""
    return [[str(k % 7), f"k{k % count:03}"] for k in range(2 * count)]


def words(count: int) -> bytes:
    """A column of text with so many values."""
    return in_text([[f"w{k % count:04}", "ab"[k % 2]] for k in range(4 * count)])


def of_examples() -> Iterator[Edge]:
    yield Edge("t.csv", "MAX_VALUES", 50, words, "51 distinct values, too many from row 52 on; at"
               " most 50 can be one-hot encoded. Drop the column", one_hot, real=True)  # fmt: skip
    said = f"at most {ROWS} examples, got {ROWS + 1}: leave out the rows from row {ROWS + 2} on"
    yield Edge("t.csv", "MAX_EXAMPLES", ROWS, lambda n: in_text(table(n, 2)), said, examples)
    yield Edge("t.csv", "MAX_FEATURES", 9, words, "at most 9 features, got 10: leave out the"
               " columns from 'c0' on", one_hot)  # fmt: skip


def arrays(n: int, d: int, c: int) -> bytes:
    return npz(X=np.ones((n, d)), y=np.arange(n) % c)


def of_npz() -> Iterator[Edge]:
    name, pair = "t.npz", {"X": np.ones((4, 2)), "y": [0, 1, 0, 1]}
    said = f"at most {ROWS} examples, got {ROWS + 1}: leave out the rows from row {ROWS + 1} on"
    yield Edge(name, "MAX_EXAMPLES", ROWS, lambda n: arrays(n, 2, 2), said, examples)
    yield Edge(name, "MAX_FEATURES", COLUMNS, lambda n: arrays(ROWS, n, 2),
               "1 to 4 features, got 5: leave out some of them", examples)  # fmt: skip
    yield Edge(name, "MAX_CLASSES", 3, lambda n: arrays(2 * n, 2, n),
               "y has 4 distinct values, too many from row 4 on; the maximum is 3: save classes,"
               " not measurements", examples)  # fmt: skip
    more = {key: [1] for key in "abc"}
    yield Edge(name, "MAX_ARRAYS", 4, lambda n: npz(**pair, **{k: more[k] for k in "abc"[: n - 2]}),
               "at most 4 arrays, got 5: leave out 'c'", examples)  # fmt: skip


def of_curves() -> Iterator[Edge]:
    event = "events.out.tfevents.1"
    yield Edge(
        event,
        "MAX_ROWS",
        ROWS,
        lambda n: events([(k, "loss", 1 / (k + 1)) for k in range(n)]),
        f"at most {ROWS} rows, and has more: leave out the rows from row {ROWS + 1} on",
        describe_curves,
    )
    yield Edge(
        event,
        "MAX_CELLS",
        12,
        lambda n: events([(k, "loss", 1.0) for k in range(-(-n // 4))]),
        "at most 12 cells, got 4 rows of 4: leave out the rows from row 4 on",
        describe_curves,
    )
    yield Edge(
        event,
        "MAX_METRICS",
        3,
        lambda n: events([(0, f"loss {k}", 1.0) for k in range(n)]),
        "too many metrics from row 4 on: 4; at most 3: leave out rows of other metrics",
        describe_curves,
    )
    yield Edge(
        "l.csv",
        "MAX_METRICS",
        3,
        lambda n: in_log("key,step,value", (f"loss{k},0,1" for k in range(n))),
        "too many metrics from row 5 on: 4; at most 3",
        describe_curves,
    )
    yield Edge(
        "l.csv",
        "MAX_RUNS",
        3,
        lambda n: in_log("run,step,loss", (f"r{k % n},{k // n},1" for k in range(2 * n))),
        "4 values, too many from row 5 on; at most 3 runs can be imported: leave out rows,"
        " or choose another column",
        describe_curves,
    )
    yield Edge(
        "l.csv",
        "MAX_CELLS",
        18,
        lambda n: wandb(-(-n // 9)),
        "too many runs or metrics: 3 in 9 rows, more than 18 cells: export fewer of them",
        describe_curves,
    )


def wandb(rows: int) -> bytes:
    """Three runs, each with a metric of its own."""
    names = ",".join(["Step", *(f"r{k} - loss{k}" for k in range(3))])
    return in_log(names, (f"{k}{',0.5' * 3}" for k in range(rows)))


def in_log(names: str, rows: Iterator[str]) -> bytes:
    return "\n".join([names, *rows]).encode()


def of_single_formats() -> Iterator[Edge]:
    yield Edge(
        "t.parquet",
        "LONGEST_CELL",
        1_000,
        lambda n: in_parquet([["a"], ["b"], ["x" * n], ["a"]]),
        "row 3, column 'c0': a string of a Parquet file must have at most 1,000 characters:"
        " shorten it, or leave out the column",
        real=True,
    )
    yield Edge(
        "t.json",
        "MAX_OBJECTS",
        9,
        lambda n: b"[" + b",\n".join([b'{"c0": 1}'] * (n - 1)) + b"]",
        "at most 9 objects and arrays, got 10: leave out the rows from line 9 on",
    )


EDGES = [*of_tables(), *of_examples(), *of_npz(), *of_curves(), *of_single_formats()]


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], None]:
    """Puts a small number in the place of a limit, wherever it is used."""

    def put(limit: str, most: int) -> None:
        for module in READERS:
            if hasattr(module, limit):
                monkeypatch.setattr(module, limit, most)

    return put


@pytest.mark.parametrize("edge", EDGES, ids=str)
def test_as_many_as_are_allowed_and_not_one_more(
    edge: Edge, limited: Callable[[str, int], None]
) -> None:
    if not edge.real:
        limited(edge.limit, edge.most)
    assert edge.read(edge.make(edge.most), edge.name) is not None
    with pytest.raises(ValueError, match=re.escape(edge.said)):
        edge.read(edge.make(edge.most + 1), edge.name)


PLAIN = in_text(table(90, 2))
Bytes = tuple[str, str, bytes, int, str, Read]


def of_bytes() -> Iterator[Bytes]:
    """A file and its limit: name, constant, content, size that counts, refusal, reader."""
    for name in ("t.csv", "t.tsv", "t.jsonl"):
        data = FORMATS[name](table(9, 2))
        last = data.count(b"\n")
        said = f"got {len(data)}: leave out the rows from row {last} on"
        yield name, "LARGEST", data, len(data), said, sheet
    end = ": leave out the rows from row 91 on"
    packed = f"must unpack to at most {len(PLAIN) - 1} bytes"
    for name, got in (("t.csv.gz", "and has more"), ("t.zip", f"got {len(PLAIN)}")):
        data = FORMATS[name](table(90, 2))
        yield name, "LARGEST", data, len(PLAIN), f"{packed}, {got}{end}", sheet
    sizes = {"t.npz": in_npz(table(9, 2)), "t.xlsx": in_excel(table(9, 2))}
    for name, data in sizes.items():
        said = "the file" if name == "t.xlsx" else "the maximum is"
        yield name, "LARGEST_UNPACKED", data, unzipped(data), said, examples
        yield name, "LARGEST", data, len(data), f"at most {len(data) - 1:,} bytes, got", examples
    data = in_parquet(table(9, 2))
    size = parquet.describe(data).unpacked
    yield "t.parquet", "LARGEST_UNPACKED", data, size, f"{size - 1:,} bytes, got {size:,}", sheet
    yield "t.parquet", "LARGEST", data, len(data), f"at most {len(data) - 1:,} bytes, got", sheet
    data = events([(0, "loss", 1), (1, "loss", 2)])
    yield "events", "LARGEST", data, len(data), f"at most {len(data) - 1} bytes", describe_curves


def unzipped(data: bytes) -> int:
    with zipfile.ZipFile(BytesIO(data)) as packed:
        return sum(each.file_size for each in packed.infolist())


BYTES = [*of_bytes()]


@pytest.mark.parametrize("edge", BYTES, ids=lambda edge: f"{edge[1]} of {edge[0]}")
def test_as_many_bytes_as_are_allowed_and_not_one_more(
    edge: Bytes, limited: Callable[[str, int], None]
) -> None:
    name, limit, data, size, said, read = edge
    limited(limit, size)
    assert read(data, name) is not None
    limited(limit, size - 1)
    with pytest.raises(ValueError, match=re.escape(said)):
        read(data, name)


ELSEWHERE = {
    "MAX_FILES": "tests/core/cli/test_files.py",
    "MAX_SAMPLE": "values that are shown",
    "MAX_SECONDS": "test_parquet.py",
    "LONGEST_INDEX": "numbers of features that are absurd, below",
    "LONGEST_NAME": "names that are shortened",
    "LONGEST_SOURCE": "names that are shortened",
}


def test_every_limit_has_a_file_that_reaches_it() -> None:
    here = {name for module in READERS for name in vars(module) if LIMIT.match(name)}
    tried = {edge.limit for edge in EDGES} | {limit for _, limit, *_ in BYTES}
    assert here - tried == {*ELSEWHERE} & here
    of_format = {(edge.name, edge.limit) for edge in EDGES}
    assert of_format >= {
        (name, limit) for name in FORMATS
        for limit in ("MAX_ROWS", "MAX_COLUMNS", "MAX_CELLS", "MAX_CLASSES")
    }  # fmt: skip


EMPTY = {
    "t.csv": b"c0,c1\n",
    "t.xlsx": in_excel([[""]]),
    "t.arff": in_arff(table(1, 3)).partition(b"@data")[0] + b"@data\n% none\n",
    "t.svmlight": b"# none\n",
    "t.json": b'{"c0": [], "c1": []}',
    "t.jsonl": b"\n",
}


@pytest.mark.parametrize("name", EMPTY)
def test_a_file_without_rows_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"empty|no rows|no cells"):
        sheet_from(content_of(EMPTY[name], name))


BAD = {
    "t.csv": ("3,4,b", "3,4,b,9", "row 5 has 4 cells instead of 3"),
    "t.tsv": ("3\t4\tb", "3\t4", "row 5 has 2 cells instead of 3"),
    "t.jsonl": ('{"c0": "3"', '{"c0": 3..', "line 4"),
    "short.arff": ("3,4,b", "3,4", "row 9 has 2 values instead of 3"),
    "long.arff": ("3,4,b", "3,4,b,9", "row 9 has 4 values instead of 3"),
    "word.arff": ("3,4,b", "3,x,b", "row 9 of the ARFF file .*'x'"),
    "class.arff": ("3,4,b", "3,4,c", "row 9 of the ARFF file .*c value not in"),
    "word.svmlight": ("1 1:4 2:5", "1 1:4 2:x", "row 4 of the svmlight file .*'x'"),
    "order.svmlight": ("1 1:4 2:5", "1 2:4 1:5", "row 4 of the svmlight file .*sorted"),
    "label.svmlight": ("1 1:4 2:5", "yes 1:4 2:5", "row 4 of the svmlight file .*'yes'"),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("rows", [6, 90])
def test_a_refusal_names_the_row_that_is_wrong(name: str, rows: int) -> None:
    right, wrong, said = BAD[name]
    content = FORMATS["t." + name.rpartition(".")[2]](table(rows, 3)).decode()
    assert right in content
    with pytest.raises(ValueError, match=said):
        sheet_from(content_of(content.replace(right, wrong, 1).encode(), name))


def test_a_cell_may_be_as_long_as_a_file_and_a_quote_that_is_not_closed_is_named() -> None:
    long = b"x" * 200_000
    assert len(sheet(b"c,d\n1,2\n1," + long, "t.csv").cells["d"].iloc[1]) == 200_000
    with pytest.raises(ValueError, match="row 3 opens a quote that is not closed"):
        sheet(b'c,d\n1,2\n1,"' + long, "t.csv")


def test_rows_have_the_numbers_of_their_lines() -> None:
    arff = b"% by hand\n@relation r\n@attribute a numeric\n@attribute c {x,y}\n@data\n1,x\n\n2,y\n"
    assert list(sheet_from(content_of(arff, "t.arff")).cells.index) == [6, 8]
    svmlight = b"# by hand\n1 1:2\n\n0 1:3 # the second\n"
    assert list(sheet_from(content_of(svmlight, "t.svmlight")).cells.index) == [2, 4]


def test_a_feature_of_an_absurd_number_is_refused_before_it_takes_memory() -> None:
    for index in (b"99999999", b"9" * 30):
        with pytest.raises(ValueError, match="at most 1,001 columns"):
            sheet_from(content_of(b"1 1:1 2:3\n0 1:2\n0 %b:1\n" % index, "t.svmlight"))
