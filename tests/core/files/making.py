"""The same table as a file of each format: numbers, and a word in the last column."""

import gzip
import json
import zipfile
from collections.abc import Callable, Sequence
from io import BytesIO

import numpy as np
import pandas as pd
from openpyxl import Workbook

Table = list[list[str]]


def table(rows: int, columns: int) -> Table:
    """Numbers, and the label "a" or "b" in the last column."""
    return [[*(str(k + place) for place in range(columns - 1)), "ab"[k % 2]] for k in range(rows)]


def names(table: Table) -> list[str]:
    return [f"c{place}" for place in range(len(table[0]))]


def in_text(table: Table, delimiter: str = ",") -> bytes:
    return "\n".join(map(delimiter.join, [names(table), *table, [""]])).encode()


def in_excel(table: Table) -> bytes:
    book = Workbook()
    for row in [names(table), *table]:
        book.active.append([float(each) if each.isdigit() else each for each in row])
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def in_arff(table: Table) -> bytes:
    *numeric, label = names(table)
    values = ",".join(sorted({row[-1] for row in table}))
    head = [f"@attribute {name} numeric" for name in numeric] + [f"@attribute {label} {{{values}}}"]
    return "\n".join(["@relation r", *head, "@data", *map(",".join, table), ""]).encode()


def in_svmlight(table: Table, first: int = 1) -> bytes:
    """The label is the first column, and the last one is the feature of the highest number."""
    width = len(table[0]) - 1
    words = sorted({row[-1] for row in table})
    lines = []
    for k, row in enumerate(table):
        features = " ".join(f"{n}:{k + n}" for n in range(first, first + width))
        lines.append(f"{words.index(row[-1])} {features}")
    return "\n".join([*(["# features from 0, such as 7:1"] if not first else []), *lines]).encode()


def records(table: Table) -> list[dict[str, str]]:
    return [dict(zip(names(table), row, strict=True)) for row in table]


def in_json_lines(table: Table) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in records(table))


def in_json_columns(table: Table) -> bytes:
    return json.dumps(dict(zip(names(table), zip(*table, strict=True), strict=True))).encode()


def in_parquet(table: Table) -> bytes:
    file = BytesIO()
    pd.DataFrame(table, columns=names(table)).to_parquet(file)
    return file.getvalue()


def in_npz(table: Table) -> bytes:
    """One array of the numbers, and one of the words."""
    numbers = [[float(each) for each in row[:-1]] for row in table]
    return npz(X=np.array(numbers), y=np.array([row[-1] for row in table]))


def npz(**arrays: object) -> bytes:
    file = BytesIO()
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def in_zip(name: str, data: bytes) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(name, data)
    return file.getvalue()


def events(scalars: Sequence[tuple[int, str, float]]) -> bytes:
    """An event file of TensorBoard with one event for each step, tag and value."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.record_writer import RecordWriter

    file = BytesIO()
    file.close = lambda: None  # type: ignore[method-assign]
    writer = RecordWriter(file)
    writer.write(Event(wall_time=1, file_version="brain.Event:2").SerializeToString())
    for step, tag, value in scalars:
        summary = Summary(value=[Summary.Value(tag=tag, simple_value=value)])
        writer.write(Event(wall_time=1, step=step, summary=summary).SerializeToString())
    writer.flush()
    return file.getvalue()


FORMATS: dict[str, Callable[[Table], bytes]] = {
    "t.csv": in_text,
    "t.tsv": lambda table: in_text(table, "\t"),
    "t.csv.gz": lambda table: gzip.compress(in_text(table)),
    "t.zip": lambda table: in_zip("t.csv", in_text(table)),
    "t.xlsx": in_excel,
    "t.arff": in_arff,
    "t.svmlight": in_svmlight,
    "zero.svmlight": lambda table: in_svmlight(table, first=0),
    "t.json": lambda table: json.dumps(records(table)).encode(),
    "columns.json": in_json_columns,
    "t.jsonl": in_json_lines,
    "t.parquet": in_parquet,
}
"""Every format of a table, by the name of a file."""
