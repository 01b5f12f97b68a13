"""Runs and certificates as rows of the store's tables, and back.

What is read is checked: whoever can write to the database may have written it.
"""

import json
import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sql

from lossopt_core.certificates import Certificate, problem_id, problem_settings
from lossopt_core.experiment import Experiment, flat_settings
from lossopt_core.linear import Array, Labels
from lossopt_core.run import (
    DIVERGED,
    FINISHED,
    HISTORY_COLUMNS,
    MINIBATCH_COLUMNS,
    STOPPED,
    WHOLE_COLUMNS,
    Run,
)
from lossopt_core.stopping import Never

TABLES = {"history": HISTORY_COLUMNS, "minibatch": MINIBATCH_COLUMNS}
ARRAYS = {"weights": "<f8", "bias": "<f8", "path": "<f4", "path_updates": "<i8"}
"""The fields of a run that are tables, and those that are arrays, with the numbers' kind."""
PATH = ("path", "path_updates")


def run_to_row(run: Run) -> dict[str, str]:
    final = {name: value if math.isfinite(value) else None for name, value in run.final.items()}
    return {
        "created": datetime.now(UTC).isoformat(timespec="microseconds"),
        "status": run.status,
        "experiment": run.experiment.to_json(),
        "settings": json.dumps(flat_settings(run.experiment)),
        "final": json.dumps(final),
        "environment": json.dumps(dict(run.environment)),
        "reason": run.reason,
    }


def arrays_to_rows(run: Run) -> Iterator[dict[str, Any]]:
    for name, columns in TABLES.items():
        table: pd.DataFrame = getattr(run, name)
        numbers = table[list(columns)].to_numpy(np.float64).T
        yield _array_to_row(name, numbers, "<f8") | {"columns": json.dumps(columns)}
    for name, kind in ARRAYS.items():
        yield _array_to_row(name, getattr(run, name), kind) | {"columns": None}


def _array_to_row(name: str, numbers: np.ndarray[Any, Any], kind: str) -> dict[str, Any]:
    return {
        "name": name,
        "kind": kind,
        "shape": json.dumps(numbers.shape),
        "data": np.ascontiguousarray(numbers, dtype=kind).tobytes(),
    }


DAMAGE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What reading a row may raise when it holds something else than this module wrote."""


def to_experiment(row: Any) -> Experiment:
    """The experiment of a row in `runs`, once the row is found to be consistent."""
    experiment = Experiment.from_json(row.experiment)
    if experiment.id != row.id:
        raise ValueError(f"its experiment has the id {experiment.id}")
    if row.status not in (FINISHED, DIVERGED, STOPPED):
        raise ValueError(f"its status is {row.status!r}")
    return experiment


def to_final(text: str) -> list[float]:
    """Final figures in the order of a history's columns."""
    final = json.loads(text)
    return [math.nan if final[name] is None else float(final[name]) for name in HISTORY_COLUMNS]


def rows_to_run(row: sql.Row[Any], arrays: Sequence[sql.Row[Any]], with_path: bool) -> Run:
    experiment = to_experiment(row)
    stored = {array.name: array for array in arrays}
    needed = {*TABLES, *ARRAYS} - (set() if with_path else set(PATH))
    if absent := sorted(needed - set(stored)):
        raise ValueError(f"it has no {', '.join(absent)}")
    classes, features = experiment.size.classes, experiment.size.features
    points = _shape(stored["path_updates"])[0] if with_path else 0
    shapes = {
        "weights": (classes, features),
        "bias": (classes,),
        "path": (points, classes, features + 1),
        "path_updates": (points,),
    }
    values: dict[str, Any] = {
        name: _to_numbers(stored[name], kind, shapes[name])
        if with_path or name not in PATH
        else np.empty(shapes[name], kind)
        for name, kind in ARRAYS.items()
    }
    environment = json.loads(row.environment)
    if not isinstance(environment, dict):
        raise ValueError(f"its environment is {environment!r}")
    return Run(
        experiment=experiment,
        history=_to_table(stored["history"]),
        minibatch=_to_table(stored["minibatch"]),
        status=row.status,
        environment={str(name): str(value) for name, value in environment.items()},
        reason=_reason(row),
        **values,
    )


def certificate_to_row(experiment: Experiment, certificate: Certificate) -> dict[str, str | bytes]:
    names = ("objective", "lower_bound", "seconds", "method", "reached")
    theta = certificate.theta
    return {
        "problem": problem_id(experiment),
        "created": datetime.now(UTC).isoformat(timespec="microseconds"),
        "settings": json.dumps(problem_settings(experiment)),
        "facts": json.dumps({name: getattr(certificate, name) for name in names}),
        "shape": json.dumps(theta.shape),
        "data": np.ascontiguousarray(theta, dtype="<f8").tobytes(),
    }


def row_to_certificate(row: sql.Row[Any], experiment: Experiment) -> Certificate:
    facts = json.loads(row.facts)
    objective, lower_bound = float(facts["objective"]), float(facts["lower_bound"])
    if not 0.0 <= lower_bound <= objective < math.inf:
        raise ValueError(f"its bounds are {lower_bound} and {objective}")
    shape = (experiment.size.classes, experiment.size.features + 1)
    theta = np.frombuffer(row.data, dtype="<f8").reshape(shape).astype(np.float64)
    return Certificate(
        objective=objective,
        lower_bound=lower_bound,
        relative_gap=(objective - lower_bound) / objective if objective > 0 else 0.0,
        weights=theta[:, :-1],
        bias=theta[:, -1],
        seconds=float(facts["seconds"]),
        method=str(facts["method"]),
        reached=bool(facts["reached"]),
    )


def _reason(row: sql.Row[Any]) -> str:
    """Why the run ended; before there were stopping rules a run was finished by its updates."""
    if row.reason is None:
        return Never.reason if row.status == FINISHED else ""
    return str(row.reason)


def _shape(array: sql.Row[Any]) -> tuple[int, ...]:
    """The shape that a row of `arrays` claims, once its data are found to be as long."""
    shape = json.loads(array.shape)
    if array.kind not in ARRAYS.values():
        raise ValueError(f"{array.name} holds numbers of the kind {array.kind!r}")
    if not all(type(length) is int and length >= 0 for length in shape):
        raise ValueError(f"{array.name} has the shape {array.shape}")
    if math.prod(shape) * np.dtype(array.kind).itemsize != len(array.data):
        raise ValueError(f"{array.name} has {len(array.data)} bytes for the shape {array.shape}")
    return tuple(shape)


def _to_numbers(array: sql.Row[Any], kind: str, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    if array.kind != kind or _shape(array) != shape:
        raise ValueError(f"{array.name} is {array.kind} {array.shape}, not {kind} {list(shape)}")
    numbers = np.frombuffer(array.data, dtype=kind).reshape(shape)
    return numbers.astype(numbers.dtype.newbyteorder("="))


def _to_table(array: sql.Row[Any]) -> pd.DataFrame:
    columns = TABLES[array.name]
    if tuple(json.loads(array.columns)) != columns:
        raise ValueError(f"{array.name} has the columns {array.columns}")
    length = _shape(array)[-1]
    if array.name == "history" and length == 0:
        raise ValueError("its history is empty")
    numbers = _to_numbers(array, "<f8", (len(columns), length))
    return pd.DataFrame(
        {
            name: _to_whole(column) if name in WHOLE_COLUMNS else column
            for name, column in zip(columns, numbers, strict=True)
        }
    )


def _to_whole(column: Array) -> Labels:
    with np.errstate(invalid="ignore"):
        whole = column.astype(np.int64)
    if not np.array_equal(whole, column):
        raise ValueError("a count is not a whole number")
    return whole
