"""Conversion of arrays and numeric tables to database rows and back.

Rows are validated when read, because they may have been written by other programs.
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
    TABLES,
    WHOLE_COLUMNS,
    Run,
    numeric_table,
)

ARRAYS = {"weights": "<f8", "bias": "<f8", "path": "<f4", "path_updates": "<i8"}
"""The fields of a run that are arrays, with their dtypes."""
OPTIONAL_ARRAYS = {"state": "<f8"}
"""Fields that are not there in every run."""
EARLY_MINIBATCH = ("update", "objective")
"""The columns of the minibatch table in early stores."""
PATH = ("path", "path_updates")

DAMAGE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""Exceptions that reading a corrupted row may raise."""


def arrays_to_rows(run: Run) -> Iterator[dict[str, Any]]:
    """The rows of a run for the table `arrays`, without workspace and id: six, or seven if it has
    a state."""
    for name, columns in TABLES.items():
        yield {"name": name} | numbers_to_row(run.numbers(name).T, columns)
    for name, kind in ARRAYS.items():
        yield {"name": name, "columns": None} | _to_row(getattr(run, name), kind)
    for name, kind in OPTIONAL_ARRAYS.items():
        if (numbers := getattr(run, name)) is not None:
            yield {"name": name, "columns": None} | _to_row(numbers, kind)


def table_to_row(table: pd.DataFrame, columns: Iterable[str]) -> dict[str, Any]:
    """Serialize columns of a numeric table."""
    columns = list(columns)
    numbers = np.stack([table[name].to_numpy(np.float64) for name in columns])
    return numbers_to_row(numbers, columns)


def numbers_to_row(numbers: Array, columns: Sequence[str]) -> dict[str, Any]:
    """Serialize the numbers (columns, rows) of a table."""
    return {"columns": json.dumps(list(columns))} | _to_row(numbers, "<f8")


def _to_row(numbers: np.ndarray[Any, Any], kind: str) -> dict[str, Any]:
    data = np.ascontiguousarray(numbers, dtype=kind).tobytes()
    return {"kind": kind, "shape": json.dumps(numbers.shape), "data": data}


def to_numbers(row: Any, kind: str) -> np.ndarray[Any, Any]:
    """The array of a row, after validating its dtype and shape.

    It is a read-only view of the row's data.
    """
    shape = json.loads(row.shape)
    if row.kind != kind or not all(type(length) is int and length >= 0 for length in shape):
        raise ValueError(f"{row.name} is {row.kind} {row.shape}, not {kind}")
    if math.prod(shape) * np.dtype(kind).itemsize != len(row.data):
        raise ValueError(f"{row.name} has {len(row.data)} bytes for the shape {row.shape}")
    return np.frombuffer(row.data, dtype=kind).reshape(shape)


def stored_of(arrays: Iterable[Any], names: Iterable[str]) -> dict[str, Any]:
    """The rows of a run's `arrays` by name; ValueError if one of the names is missing."""
    stored = {array.name: array for array in arrays}
    if missing := sorted({*names} - {*stored}):
        raise ValueError(f"it has no {', '.join(missing)}")
    return stored


def table_numbers(row: Any, experiment: Experiment | None = None) -> Array:
    """The validated numbers (columns, rows) of a table in `arrays`.

    Early stores have minibatch tables without work columns; these are computed if the run's
    experiment is given.
    """
    columns, found = TABLES[row.name], tuple(json.loads(row.columns))
    early = experiment is not None and (row.name, found) == ("minibatch", EARLY_MINIBATCH)
    if found != columns and not early:
        raise ValueError(f"{row.name} has the columns {row.columns}")
    numbers: Array = to_numbers(row, "<f8")
    if numbers.ndim != 2 or len(numbers) != len(found):
        raise ValueError(f"{row.name} has the shape {row.shape}")
    if early and experiment is not None:
        numbers = _add_work_columns(numbers, experiment)
    if row.name == "history" and numbers.size == 0:
        raise ValueError("its history is empty")
    if not is_whole(numbers[[columns.index(name) for name in WHOLE_COLUMNS]]):
        raise ValueError("a count is not a whole number")
    return numbers


def _add_work_columns(numbers: Array, experiment: Experiment) -> Array:
    """Add epoch and gradient evaluations to an early minibatch table (update, objective)."""
    updates, objective = numbers
    if not is_whole(updates):
        raise ValueError("a count is not a whole number")
    seen = experiment.gradient_evaluations(updates)
    return np.stack([updates, seen / experiment.train_examples, seen, objective])


def empty_numbers(name: str) -> Array:
    """The numbers of an empty table of that name."""
    return np.empty((len(TABLES[name]), 0))


def to_tables(name: str, numbers: Mapping[str, Array]) -> dict[str, pd.DataFrame]:
    """Build the tables of one name for many runs, by id.

    They are slices of one table, since building each separately takes several times as long.
    """
    if not numbers:
        return {}
    together = numeric_table(np.concatenate([*numbers.values()], axis=1).T, TABLES[name])
    tables, first = {}, 0
    for id, part in numbers.items():
        length = part.shape[1]
        tables[id] = together.iloc[first : first + length]
        tables[id].index = pd.RangeIndex(length)
        first += length
    return tables


def is_whole(numbers: Array) -> bool:
    """Whether all numbers are 64-bit integers."""
    return bool(((np.abs(numbers) < 2.0**63) & (numbers == np.floor(numbers))).all())
