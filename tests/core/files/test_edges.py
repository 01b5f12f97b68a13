"""Every format holds what is allowed, and no row, column or cell more."""

import json
from collections.abc import Callable
from io import BytesIO

import pandas as pd
import pytest
from openpyxl import Workbook

from lossopt_core.files import json_rows, limits, lines, parquet, reading, text
from lossopt_core.files.content import content_of
from lossopt_core.files.reading import sheet_from
from lossopt_core.files.sheet import Sheet

Table = list[list[str]]
ROWS, COLUMNS = 6, 4


def made(rows: int, columns: int) -> Table:
    """Numbers, and a word in the last column."""
    return [[*(str(k + place) for place in range(columns - 1)), "ab"[k % 2]] for k in range(rows)]


def names(table: Table) -> list[str]:
    return [f"c{place}" for place in range(len(table[0]))]


def in_excel(table: Table) -> bytes:
    book = Workbook()
    for row in [names(table), *table]:
        book.active.append([float(each) if each.isdigit() else each for each in row])
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def in_arff(table: Table) -> bytes:
    *numeric, label = names(table)
    head = [f"@attribute {name} numeric" for name in numeric] + [f"@attribute {label} {{a,b}}"]
    return "\n".join(["@relation r", *head, "@data", *map(",".join, table), ""]).encode()


def in_svmlight(table: Table) -> bytes:
    """The label is the first column, and the last one is the feature of the highest number."""
    width = len(table[0]) - 1
    lines = [f"{k % 2} {' '.join(f'{n}:{k + n}' for n in range(1, width + 1))}"
             for k in range(len(table))]  # fmt: skip
    return "\n".join([*lines, ""]).encode()


def in_svmlight_from_zero(table: Table) -> bytes:
    width = len(table[0]) - 1
    lines = [f"{k % 2} {' '.join(f'{n}:{k + n}' for n in range(width))}" for k in range(len(table))]
    return "\n".join(["# features from 0, such as 7:1", *lines]).encode()


def in_json(table: Table) -> bytes:
    return json.dumps([dict(zip(names(table), row, strict=True)) for row in table]).encode()


def in_json_lines(table: Table) -> bytes:
    return b"".join(
        json.dumps(dict(zip(names(table), row, strict=True))).encode() + b"\n" for row in table
    )


def in_parquet(table: Table) -> bytes:
    file = BytesIO()
    pd.DataFrame(table, columns=names(table)).to_parquet(file)
    return file.getvalue()


FORMATS: dict[str, Callable[[Table], bytes]] = {
    "t.csv": lambda table: "\n".join(map(",".join, [names(table), *table])).encode(),
    "t.tsv": lambda table: "\n".join(map("\t".join, [names(table), *table, [""]])).encode(),
    "t.xlsx": in_excel,
    "t.arff": in_arff,
    "t.svmlight": in_svmlight,
    "zero.svmlight": in_svmlight_from_zero,
    "t.json": in_json,
    "t.jsonl": in_json_lines,
    "t.parquet": in_parquet,
}


TOO_MANY = {
    "t.csv": "and has more: row 8 is",
    "t.tsv": "and has more: row 8 is",
    "t.xlsx": "and has more: row 8 is",
    "t.arff": "and has more: row 11 is",
    "t.svmlight": "and has more: row 7 is",
    "zero.svmlight": "and has more: row 8 is",
}
"""The row of the file that is one too many: above the first one are names, and more in ARFF."""


def read(name: str, table: Table) -> Sheet:
    return sheet_from(content_of(FORMATS[name](table), name))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits so low that one sees them."""
    for module in (limits, json_rows, lines, parquet, reading, text):
        for name, most in {
            "MAX_ROWS": ROWS, "MAX_COLUMNS": COLUMNS, "MAX_CELLS": ROWS * COLUMNS,
        }.items():  # fmt: skip
            if hasattr(module, name):
                monkeypatch.setattr(module, name, most)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", FORMATS)
def test_as_many_rows_and_columns_as_are_allowed_and_not_one_more(name: str) -> None:
    assert read(name, made(ROWS, COLUMNS)).cells.shape == (ROWS, COLUMNS)
    too_many = TOO_MANY.get(name, rf"got {ROWS + 1}$")
    with pytest.raises(ValueError, match=rf"at most {ROWS} rows, {too_many}"):
        read(name, made(ROWS + 1, 2))
    with pytest.raises(ValueError, match=rf"at most {COLUMNS} columns, got {COLUMNS + 1}\b"):
        read(name, made(2, COLUMNS + 1))


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", FORMATS)
def test_as_many_cells_as_are_allowed_and_not_one_row_more(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (limits, parquet, json_rows):
        if hasattr(module, "MAX_CELLS"):
            monkeypatch.setattr(module, "MAX_CELLS", 12)
    assert read(name, made(4, 3)).cells.shape == (4, 3)
    with pytest.raises(ValueError, match=r"at most 12 cells, got 5 rows of 3"):
        read(name, made(5, 3))


EMPTY = {
    "t.csv": b"c0,c1\n",
    "t.xlsx": in_excel([[""]]),
    "t.arff": in_arff(made(1, 3)).partition(b"@data")[0] + b"@data\n% none\n",
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
    "short.arff": ("3,4,b", "3,4", "row 9 of the ARFF file cannot be read"),
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
    content = FORMATS["t." + name.rpartition(".")[2]](made(rows, 3)).decode()
    assert right in content
    with pytest.raises(ValueError, match=said):
        sheet_from(content_of(content.replace(right, wrong, 1).encode(), name))


def test_rows_have_the_numbers_of_their_lines() -> None:
    arff = b"% by hand\n@relation r\n@attribute a numeric\n@attribute c {x,y}\n@data\n1,x\n\n2,y\n"
    assert list(sheet_from(content_of(arff, "t.arff")).cells.index) == [6, 8]
    svmlight = b"# by hand\n1 1:2\n\n0 1:3 # the second\n"
    assert list(sheet_from(content_of(svmlight, "t.svmlight")).cells.index) == [2, 4]


def test_a_feature_of_an_absurd_number_is_refused_before_it_takes_memory() -> None:
    for index in (b"99999999", b"9" * 30):
        with pytest.raises(ValueError, match="at most 1001 columns"):
            sheet_from(content_of(b"1 1:1 2:3\n0 1:2\n0 %b:1\n" % index, "t.svmlight"))
