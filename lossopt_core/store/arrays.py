"""Arrays and tables of numbers as rows of the store, and back.

What is read is checked: whoever can write to the database may have written it.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lossopt_core.experiment.description import Experiment
from lossopt_core.objective.linear import Array
from lossopt_core.training.run import (
    HISTORY_COLUMNS,
    MINIBATCH_COLUMNS,
    WHOLE_COLUMNS,
    Run,
)

TABLES = {"history": HISTORY_COLUMNS, "minibatch": MINIBATCH_COLUMNS}
ARRAYS = {"weights": "<f8", "bias": "<f8", "path": "<f4", "path_updates": "<i8"}
"""The fields of a run that are tables, and those that are arrays, with the numbers' kind."""
EARLY_MINIBATCH = ("update", "objective")
"""The columns of the table minibatch in stores of the project's first days."""
PATH = ("path", "path_updates")

DAMAGE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What reading a row may raise when it holds something else than the store wrote."""


def arrays_to_rows(run: Run) -> Iterator[dict[str, Any]]:
    """The six rows of a run in `arrays`, without workspace and id."""
    for name, columns in TABLES.items():
        yield {"name": name} | table_to_row(getattr(run, name), columns)
    for name, kind in ARRAYS.items():
        yield {"name": name, "columns": None} | _to_row(getattr(run, name), kind)


def table_to_row(table: pd.DataFrame, columns: Iterable[str]) -> dict[str, Any]:
    """These columns of a table of numbers."""
    columns = list(columns)
    numbers = np.stack([table[name].to_numpy(np.float64) for name in columns])
    return {"columns": json.dumps(columns)} | _to_row(numbers, "<f8")


def _to_row(numbers: np.ndarray[Any, Any], kind: str) -> dict[str, Any]:
    data = np.ascontiguousarray(numbers, dtype=kind).tobytes()
    return {"kind": kind, "shape": json.dumps(numbers.shape), "data": data}


def to_numbers(row: Any, kind: str) -> np.ndarray[Any, Any]:
    """The array of a row, once it is found to be of this kind and as long as its shape says.

    It is a view of the row, not to be written to.
    """
    shape = json.loads(row.shape)
    if row.kind != kind or not all(type(length) is int and length >= 0 for length in shape):
        raise ValueError(f"{row.name} is {row.kind} {row.shape}, not {kind}")
    if math.prod(shape) * np.dtype(kind).itemsize != len(row.data):
        raise ValueError(f"{row.name} has {len(row.data)} bytes for the shape {row.shape}")
    return np.frombuffer(row.data, dtype=kind).reshape(shape)


def stored_of(arrays: Iterable[Any], names: Iterable[str]) -> dict[str, Any]:
    """The rows of `arrays` of one run by name, once all of the names are found to be there."""
    stored = {array.name: array for array in arrays}
    if absent := sorted({*names} - {*stored}):
        raise ValueError(f"it has no {', '.join(absent)}")
    return stored


def table_numbers(row: Any, experiment: Experiment | None = None) -> Array:
    """(columns, rows) numbers of a table in `arrays`, once they are found to be consistent.

    The first stores kept a minibatch table without its work axes; they are computed where the
    run's experiment is given.
    """
    columns, found = TABLES[row.name], tuple(json.loads(row.columns))
    early = experiment is not None and (row.name, found) == ("minibatch", EARLY_MINIBATCH)
    if found != columns and not early:
        raise ValueError(f"{row.name} has the columns {row.columns}")
    numbers: Array = to_numbers(row, "<f8")
    if numbers.ndim != 2 or len(numbers) != len(found):
        raise ValueError(f"{row.name} has the shape {row.shape}")
    if early and experiment is not None:
        numbers = _with_work_axes(numbers, experiment)
    if row.name == "history" and numbers.size == 0:
        raise ValueError("its history is empty")
    if not is_whole(numbers[[columns.index(name) for name in WHOLE_COLUMNS]]):
        raise ValueError("a count is not a whole number")
    return numbers


def _with_work_axes(numbers: Array, experiment: Experiment) -> Array:
    """An early minibatch table (update, objective) with epoch and gradient evaluations."""
    updates, objective = numbers
    if not is_whole(updates):
        raise ValueError("a count is not a whole number")
    seen = np.array([experiment.gradient_evaluations(int(each)) for each in updates], np.float64)
    return np.stack([updates, seen / experiment.train_examples, seen, objective])


def empty_numbers(name: str) -> Array:
    """Those of a table of that name without rows."""
    return np.empty((len(TABLES[name]), 0))


def to_tables(name: str, numbers: Mapping[str, Array]) -> dict[str, pd.DataFrame]:
    """The tables of that name of many runs, by id, out of the numbers of each.

    They are cut out of one table: to make each for itself takes several times as long.
    """
    if not numbers:
        return {}
    together = _to_frame(TABLES[name], np.concatenate([*numbers.values()], axis=1))
    tables, first = {}, 0
    for id, part in numbers.items():
        length = part.shape[1]
        tables[id] = together.iloc[first : first + length]
        tables[id].index = pd.RangeIndex(length)
        first += length
    return tables


def is_whole(numbers: Array) -> bool:
    """Whether all are integers that 64 bits can hold."""
    return bool(((np.abs(numbers) < 2.0**63) & (numbers == np.floor(numbers))).all())


def _to_frame(columns: Sequence[str], numbers: Array) -> pd.DataFrame:
    return pd.DataFrame(
        {
            name: column.astype(np.int64) if name in WHOLE_COLUMNS else column
            for name, column in zip(columns, numbers, strict=True)
        }
    )
