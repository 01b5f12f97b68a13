"""The shapes in which programs write tables as JSON: each becomes rows of strings with names.

[{"step": 1, "loss": 0.5}, ...]                  records, one to a row; also JSON lines
{"loss": [0.5, 0.4], "val_loss": [0.6, 0.5]}     columns, such as a Keras history
{"loss": {"0": 0.5, "1": 0.4}}                   columns by index, as pandas writes them
{"validation_0": {"logloss": [0.5, 0.4]}}        XGBoost's evals_result
{"columns": [...], "index": [...], "data": [[...]]}   pandas' orientation "split"
[0.9, 0.7, 0.5]                  one column
[[1700000000.1, 0, 0.31], ...]                   rows without names, such as TensorBoard's
{"log_history": [...], ...}                      one of these within an object
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from lossopt_core.fields import brief
from lossopt_core.files.limits import MAX_OBJECTS, OBJECT_BYTES, TEXT_BYTES, check_size
from lossopt_core.store.quotas import Budget

TENSORBOARD = ["Wall time", "Step", "Value"]
DEEPEST = 3
"""Objects within objects that are searched for a table."""


@dataclass(frozen=True)
class Rows:
    """Names (None if the file has none), rows of strings and whether the first column is an index.

    `lines` are the numbers of the rows in the file, if they are not 1, 2, 3 and so on.
    """

    names: list[str] | None
    rows: list[list[str]]
    indexed: bool = False
    lines: Sequence[int] = ()
    said: tuple[str, ...] = ()


def rows_of(text: str, budget: Budget) -> Rows:
    """The table in JSON text or JSON lines; ValueError if there is none, or it is too large."""
    parts = text.count("{") + text.count("[")
    if parts > MAX_OBJECTS:  # objects take much more memory than in the file
        raise ValueError(
            f"the file must have at most {MAX_OBJECTS:,} objects and arrays, got {parts:,}: leave"
            f" out the rows from line {_line_of(text, MAX_OBJECTS):,} on"
        )
    budget.check_unpacked(OBJECT_BYTES * parts + TEXT_BYTES * max(text.count(":"), text.count(",")))
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        return _from_lines(text, str(error))
    if (
        isinstance(content, dict)
        and content
        and not any(isinstance(value, dict | list) for value in content.values())
    ):
        return _records([content])  # a single JSON line
    found = _table(content, DEEPEST)
    if found is None:
        raise ValueError(
            "the file has no table: write a JSON array with one object per row, or an object"
            " with one array per column"
        )
    return found


def _line_of(text: str, part: int) -> int:
    """The line where an object or array begins, by its place in the file from 0."""
    found = next(islice(re.finditer(r"[{\[]", text), part, None))
    return text.count("\n", 0, found.start()) + 1


def _from_lines(text: str, error: str) -> Rows:
    """JSON lines: one object to a line."""
    records: list[dict[str, Any]] = []
    lines: list[int] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict):
            if len(records) < 1:
                raise ValueError(f"the file is not JSON: {brief(error)}")
            raise ValueError(f"line {number:,} is not a JSON object: {brief(line[:40])}")
        records.append(record)
        lines.append(number)
    if not records:
        raise ValueError("the file is empty")
    return _records(records, lines)


def _table(content: Any, deepest: int) -> Rows | None:
    if isinstance(content, list) and content:
        if all(isinstance(row, dict) for row in content):
            return _records(content)
        if all(isinstance(row, list) for row in content):
            return _lists(content)
        if not any(isinstance(row, dict | list) for row in content):
            return _lists([[row] for row in content])
        return None
    if not isinstance(content, dict) or not content:
        return None
    if "schema" in content and isinstance(content.get("data"), list):
        return _table(content["data"], deepest)  # pandas' orientation "table"
    return _split(content) or _columns(content) or _by_index(content) or _within(content, deepest)


def _records(records: Sequence[Mapping[str, Any]], lines: Sequence[int] = ()) -> Rows:
    places = lines or range(1, len(records) + 1)
    flat = [_flat(record, row) for row, record in zip(places, records, strict=True)]
    names = list(dict.fromkeys(name for record in flat for name in record))
    check_size(len(flat), len(names), [*lines])
    return Rows(names, [[record.get(name, "") for name in names] for record in flat], lines=lines)


def _flat(record: Mapping[str, Any], row: int) -> dict[str, str]:
    """A record with the fields of objects within it as "outer/inner"."""
    found: dict[str, str] = {}
    for name, value in record.items():
        if isinstance(value, list):
            raise ValueError(
                f"row {row:,}, column {brief(name)}: nested values are invalid, write one number"
                " or string"
            )
        if not isinstance(value, dict):
            found[name] = cell(value)
            continue
        for inner, each in value.items():
            if isinstance(each, dict | list):
                raise ValueError(
                    f"row {row:,}, column {brief(name)}: nested values are invalid, write one"
                    " number or string"
                )
            found[f"{name}/{inner}"] = cell(each)
    return found


def cell(value: Any) -> str:
    """A value as it would be in a CSV file; ValueError if it is no single value."""
    if value is None:
        return ""
    if isinstance(value, float):
        return "nan" if math.isnan(value) else repr(value)
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return str(value)
        except ValueError:  # more digits than Python converts
            raise ValueError("a number in the file has too many digits") from None
    if isinstance(value, dict | list):
        raise ValueError("nested values are invalid: write one number or string per cell")
    return str(value)


def _lists(rows: Sequence[Sequence[Any]]) -> Rows:
    width = len(rows[0])
    for place, row in enumerate(rows, start=1):
        if len(row) != width:
            raise ValueError(f"row {place:,} has {len(row):,} cells instead of {width:,}")
    check_size(len(rows), width)
    cells = [[cell(value) for value in row] for row in rows]
    first = rows[0]
    if width == 3 and all(isinstance(each, int | float) for each in first) and first[0] > 1e9:
        return Rows(TENSORBOARD, cells, said=("Rows of three numbers, the first of them a time:"
                                              " read as TensorBoard's JSON.",))  # fmt: skip
    return Rows(None, cells)


def _split(content: Mapping[str, Any]) -> Rows | None:
    names, index = content.get("columns"), content.get("index")
    data = next((content[key] for key in ("data", "rows", "values") if key in content), None)
    if not isinstance(data, list) or not all(isinstance(row, list) for row in data):
        return None
    if not isinstance(names, list) or not all(len(row) == len(names) for row in data):
        return None
    check_size(len(data), len(names))
    rows = [[cell(value) for value in row] for row in data]
    if isinstance(index, list) and len(index) == len(rows):
        rows = [[cell(each), *row] for each, row in zip(index, rows, strict=True)]
        return Rows(["", *map(str, names)], rows, indexed=True)
    return Rows([*map(str, names)], rows)


def _columns(content: Mapping[str, Any]) -> Rows | None:
    """Columns as arrays, also one level further in."""
    columns: dict[str, list[Any]] = {}
    left = []
    for name, value in content.items():
        if isinstance(value, list):
            columns[name] = value
        elif isinstance(value, dict) and value and all(isinstance(x, list) for x in value.values()):
            columns |= {f"{name} {inner}": each for inner, each in value.items()}
        else:
            left.append(name)
    flat = {
        name: values for name, values in columns.items()
        if not any(isinstance(each, dict | list) for each in values)
    }  # fmt: skip
    if not flat or len(flat) < len(columns) or len(left) > len(flat):
        return None
    if left and not any(isinstance(value, list) for value in content.values()):
        return None  # the columns are within a part of it
    lengths = {name: len(values) for name, values in flat.items()}
    if len({*lengths.values()}) > 1:
        short, long = (pick(lengths, key=lengths.__getitem__) for pick in (min, max))
        raise ValueError(
            f"column {brief(short)} has {lengths[short]:,} values, but {brief(long)} has"
            f" {lengths[long]:,}: write arrays of one length"
        )
    check_size(max(lengths.values()), len(flat))
    cells = [[cell(value) for value in values] for values in flat.values()]
    said = (f"Left out: {', '.join(left)}.",) if left else ()
    return Rows([*flat], [list(row) for row in zip(*cells, strict=True)], said=said)


def _by_index(content: Mapping[str, Any]) -> Rows | None:
    """Columns as objects with the same keys, which are the index."""
    if not all(isinstance(value, dict) and value for value in content.values()):
        return None
    if any(isinstance(x, dict | list) for value in content.values() for x in value.values()):
        return None
    if all(name.isdigit() for name in content):  # rows by their index
        found = _records([*content.values()])
        assert found.names is not None
        cells = [[key, *row] for key, row in zip(content, found.rows, strict=True)]
        return Rows(["", *found.names], cells, indexed=True)
    keys = dict.fromkeys(key for value in content.values() for key in value)
    check_size(len(keys), len(content))
    rows = [[key, *(cell(value.get(key)) for value in content.values())] for key in keys]
    return Rows(["", *content], rows, indexed=True)


def _within(content: Mapping[str, Any], deepest: int) -> Rows | None:
    """The only part of an object that is a table."""
    if deepest == 0:
        return None
    found = {}
    for name, value in content.items():
        if isinstance(value, dict | list) and (table := _table(value, deepest - 1)) is not None:
            found[name] = table
    if not found:
        return None
    name = max(found, key=lambda each: len(found[each].rows))
    table = found[name]
    others = [each for each in content if each != name]
    said = f"Read {brief(name)}" + (f"; left out {', '.join(others[:6])}." if others else ".")
    return Rows(table.names, table.rows, table.indexed, table.lines, (said, *table.said))
