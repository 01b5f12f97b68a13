"""Imported curves in the store, validated when saved and when read."""

import json
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sql

from lossopt_core.fields import brief
from lossopt_core.store.arrays import (
    DAMAGE,
    is_whole,
    table_to_row,
    to_numbers,
)
from lossopt_core.store.foreign import ForeignRun
from lossopt_core.store.queries import remove, rows_of
from lossopt_core.store.schema import curves, written
from lossopt_core.texts import checked_text
from lossopt_core.training.run import HISTORY_COLUMNS, WHOLE_COLUMNS

LONGEST_NAME = 80
LONGEST_SOURCE = 200
MAX_POINTS = 200_000
MAX_CURVES = 1_000
AXES = ("update", "epoch", "gradient_evaluations")


def normalized(run: ForeignRun) -> ForeignRun:
    """Validate a curve and convert it to the form (and id) in which it is stored.

    Whole counts become integers, all other numbers floats.  ValueError names what is invalid or
    too large: a name of more than 80 characters, a source of more than 200, a history of more
    than 200,000 rows.
    """
    history = run.history
    if not 1 <= len(history) <= MAX_POINTS:
        raise ValueError(f"history must have 1 to {MAX_POINTS:,} rows, got {len(history):,}")
    if unknown := [name for name in history.columns if name not in HISTORY_COLUMNS]:
        allowed = ", ".join(HISTORY_COLUMNS)
        raise ValueError(f"history must only have the columns {allowed}; got {brief(unknown[0])}")
    if not history.columns.is_unique:
        raise ValueError("history must not have duplicate columns")
    try:
        numbers = {str(name): history[name].to_numpy(np.float64) for name in history.columns}
    except (TypeError, ValueError) as error:
        raise ValueError(f"history must be numeric: {brief(str(error))}") from None
    measured = {name for name, column in numbers.items() if not np.isnan(column).all()}
    if not measured & {*AXES} or not measured - {*AXES}:
        raise ValueError(f"history must have one of {', '.join(AXES)} and a metric")
    return ForeignRun(
        name=checked_text("name", run.name, LONGEST_NAME, shortest=1),
        history=pd.DataFrame(
            {
                name: column.astype(np.int64) if _is_count(name, column) else column
                for name, column in numbers.items()
            }
        ),
        source=checked_text("source", run.source, LONGEST_SOURCE),
    )


def _is_count(name: str, column: np.ndarray[Any, Any]) -> bool:
    return name in WHOLE_COLUMNS and is_whole(column)


def save_foreign(database: sql.Connection, workspace: str, runs: Iterable[ForeignRun]) -> None:
    """Save curves that are `normalized`; existing ones are left unchanged."""
    new = {run.id: run for run in runs}
    for row in rows_of(database, workspace, sql.select(curves.c.id), new):
        del new[row.id]
    mine = curves.c.workspace == workspace
    there = database.scalar(sql.select(sql.func.count()).where(mine)) or 0
    if there + len(new) > MAX_CURVES:
        raise ValueError(
            f"a workspace can have at most {MAX_CURVES:,} imported curves:"
            f" it has {there:,}, and {len(new):,} would be added"
        )
    if new:
        rows = [{"workspace": workspace, "id": id} | _to_row(run) for id, run in new.items()]
        database.execute(sql.insert(curves), rows)


def _to_row(run: ForeignRun) -> dict[str, Any]:
    return {
        "name": run.name,
        "source": run.source,
        "created": written(datetime.now(UTC)),
    } | table_to_row(run.history, run.history.columns)


def load_foreign(database: sql.Connection, workspace: str) -> list[ForeignRun]:
    """All readable imported curves, oldest first."""
    mine = sql.select(curves).where(curves.c.workspace == workspace)
    rows = database.execute(mine).all()
    runs = []
    for row in sorted(rows, key=lambda row: (row.created, row.name, row.id)):
        with suppress(*DAMAGE):
            runs.append(_to_run(row))
    return runs


def _to_run(row: sql.Row[Any]) -> ForeignRun:
    columns = json.loads(row.columns)
    history = pd.DataFrame(dict(zip(columns, to_numbers(row, "<f8"), strict=True)))
    run = normalized(ForeignRun(name=row.name, history=history, source=row.source))
    if run.id != row.id:
        raise ValueError(f"{row.id} has the numbers of {run.id}")
    return run


def delete_foreign(database: sql.Connection, workspace: str, ids: Iterable[str]) -> None:
    """Delete the curves with these ids; unknown ids are ignored."""
    remove(database, workspace, [curves], ids)
