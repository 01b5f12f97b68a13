"""Conversion of runs to database rows and back.

Rows are validated when read, because they may have been written by other programs.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import numpy as np
import sqlalchemy as sql

from lossopt_core.analysis.groups import group_id
from lossopt_core.experiment.description import (
    Experiment,
)
from lossopt_core.experiment.settings import flat_settings
from lossopt_core.objective.linear import Array
from lossopt_core.optim.stopping import Never
from lossopt_core.store.arrays import ARRAYS, OPTIONAL_ARRAYS, to_numbers
from lossopt_core.store.schema import written
from lossopt_core.store.summaries import summary
from lossopt_core.training.run import (
    DIVERGED,
    FINISHED,
    STOPPED,
    Run,
    seconds_per_update,
)


def run_to_row(run: Run) -> dict[str, str]:
    """The row for the table `runs`, without workspace and id."""
    return {
        "created": written(datetime.now(UTC)),
        "status": run.status,
        "experiment": run.experiment.to_json(),
        "settings": json.dumps(flat_settings(run.experiment)),
        "environment": json.dumps(dict(run.environment)),
        "reason": run.reason,
        **summary(run.numbers("history")),
    }


@dataclass(frozen=True)
class Description:
    """An experiment with derived values that are slow to compute."""

    experiment: Experiment
    id: str
    family: str
    settings: Mapping[str, Any]


@lru_cache(maxsize=10_000)
def describe(text: str) -> Description:
    """Parse and validate the JSON of an experiment (cached)."""
    experiment = Experiment.from_json(text)
    return Description(experiment, experiment.id, group_id(experiment), flat_settings(experiment))


def description_of(row: Any) -> Description:
    """The experiment of a row in `runs`, after validating the row."""
    description = describe(row.experiment)
    if description.id != row.id:
        raise ValueError(f"its experiment has the id {description.id}")
    if row.status not in (FINISHED, DIVERGED, STOPPED):
        raise ValueError(f"its status is {row.status!r}")
    return description


def rows_to_run(
    row: sql.Row[Any], stored: Mapping[str, sql.Row[Any]], tables: Mapping[str, Array]
) -> Run:
    """Build a run from its row in `runs`, its rows in `arrays` by name, and the numbers
    (columns, rows) of its tables.

    The path is empty if it is not among the arrays.
    """
    experiment = description_of(row).experiment
    environment = json.loads(row.environment)
    if not isinstance(environment, dict):
        raise ValueError(f"its environment is {environment!r}")
    fields: dict[str, Any] = {name: numbers.T for name, numbers in tables.items()}
    fields |= _arrays_of(experiment, stored)
    return Run(
        experiment=experiment,
        status=row.status,
        environment={str(name): str(value) for name, value in environment.items()},
        reason=_reason(row),
        **fields,
    )


def timing_of(row: Any) -> float | None:
    """Seconds per update from a row's environment, or None."""
    try:
        environment = json.loads(row.environment)
    except ValueError:
        return None
    return seconds_per_update(environment) if isinstance(environment, dict) else None


def _arrays_of(
    experiment: Experiment, stored: Mapping[str, sql.Row[Any]]
) -> dict[str, np.ndarray[Any, Any]]:
    """Weights, bias and path, with validated shapes."""
    classes, features = experiment.size.classes, experiment.size.features
    arrays: dict[str, np.ndarray[Any, Any]] = {
        "path": np.empty((0, classes, features + 1), np.float32),
        "path_updates": np.empty(0, np.int64),
    }
    for name, kind in (ARRAYS | OPTIONAL_ARRAYS).items():
        if name in stored:
            numbers = to_numbers(stored[name], kind)
            arrays[name] = numbers.astype(numbers.dtype.newbyteorder("="))
    shapes = {
        "weights": (classes, features),
        "bias": (classes,),
        "path": (len(arrays["path_updates"]), classes, features + 1),
        "path_updates": (len(arrays["path_updates"]),),
    }
    if "state" in arrays:
        shapes["state"] = (len(arrays["state"]), classes, features + 1)
    for name, shape in shapes.items():
        if arrays[name].shape != shape:
            raise ValueError(f"{name} has the shape {arrays[name].shape}, not {shape}")
    return arrays


def _reason(row: sql.Row[Any]) -> str:
    """Why the run ended; older rows, from before stopping rules, have no reason."""
    if row.reason is None:
        return Never.reason if row.status == FINISHED else ""
    return str(row.reason)
