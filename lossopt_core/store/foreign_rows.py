"""Curves from elsewhere in the store: checked when they are kept, and when they are read."""

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
MOST_POINTS = 100_000
MOST_CURVES = 1_000
AXES = ("update", "epoch", "gradient_evaluations")


def as_kept(run: ForeignRun) -> ForeignRun:
    """The run as the store gives it back, with the id that it has there.

    Counts become integers where they are whole, all other numbers floats.  ValueError names
    what is not as `ForeignRun` says, or is too much: a name of more than 80 characters, a
    source of more than 200, a history of more than 100,000 rows.
    """
    history = run.history
    if not 1 <= len(history) <= MOST_POINTS:
        raise ValueError(f"history must have 1 to {MOST_POINTS:,} rows, got {len(history):,}")
    if unknown := [name for name in history.columns if name not in HISTORY_COLUMNS]:
        allowed = ", ".join(HISTORY_COLUMNS)
        raise ValueError(f"history may have the columns {allowed}; got {brief(unknown[0])}")
    if not history.columns.is_unique:
        raise ValueError("history must have each column once")
    try:
        numbers = {str(name): history[name].to_numpy(np.float64) for name in history.columns}
    except (TypeError, ValueError) as error:
        raise ValueError(f"history must hold numbers: {brief(str(error))}") from None
    measured = {name for name, column in numbers.items() if not np.isnan(column).all()}
    if not measured & {*AXES} or not measured - {*AXES}:
        raise ValueError(f"history must have one of {', '.join(AXES)} and a measured column")
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


def keep_foreign(database: sql.Connection, workspace: str, runs: Iterable[ForeignRun]) -> None:
    """Keep the runs, of which each is `as_kept`; those that are here stay as they are."""
    new = {run.id: run for run in runs}
    for row in rows_of(database, workspace, sql.select(curves.c.id), new):
        del new[row.id]
    mine = curves.c.workspace == workspace
    there = database.scalar(sql.select(sql.func.count()).where(mine)) or 0
    if there + len(new) > MOST_CURVES:
        raise ValueError(
            f"a workspace may hold {MOST_CURVES:,} curves from elsewhere:"
            f" {there:,} are there, and {len(new):,} would come"
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


def kept_foreign(database: sql.Connection, workspace: str) -> list[ForeignRun]:
    """All of them, the oldest first; those that cannot be read are left out."""
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
    run = as_kept(ForeignRun(name=row.name, history=history, source=row.source))
    if run.id != row.id:
        raise ValueError(f"{row.id} has the numbers of {run.id}")
    return run


def forget_foreign(database: sql.Connection, workspace: str, ids: Iterable[str]) -> None:
    """Remove the curves of these ids; ids without one are passed over."""
    remove(database, workspace, [curves], ids)
