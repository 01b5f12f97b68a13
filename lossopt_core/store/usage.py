"""Storage used by a workspace: everything that a visitor can store, numbers and text."""

from dataclasses import dataclass
from functools import reduce
from operator import add

import sqlalchemy as sql

from lossopt_core.store import schema as layout


@dataclass(frozen=True)
class Usage:
    """The storage used by a workspace.

    runs    number of runs, including deleted ones until they are removed
    bytes   total size of runs, curves, data sets with their certificates, notes, views, sets of
            runs and active trainings
    """

    runs: int
    bytes: int


ROW_BYTES = 100
"""Overhead per row: keys, dates, flags."""
_TABLES = (
    layout.runs,
    layout.arrays,
    layout.curves,
    layout.sets,
    layout.examples,
    layout.own_certificates,
    layout.notes,
    layout.views,
    layout.trainings,
)


def usage(database: sql.Connection, workspace: str) -> Usage:
    """The current storage used by a workspace."""
    runs = sql.select(sql.func.count()).where(layout.runs.c.workspace == workspace)
    bytes = sum(stored_bytes(database, table, table.c.workspace == workspace) for table in _TABLES)
    return Usage(runs=int(database.scalar(runs) or 0), bytes=bytes)


def stored_bytes(database: sql.Connection, table: sql.Table, which: sql.ColumnElement[bool]) -> int:
    """The size in bytes of some rows of a table: numbers, text and overhead."""
    long = [each for each in table.c if isinstance(each.type, sql.Text | sql.LargeBinary)]
    lengths = reduce(add, (sql.func.coalesce(sql.func.length(each), 0) for each in long))
    size = sql.func.coalesce(sql.func.sum(lengths + ROW_BYTES), 0)
    return int(database.scalar(sql.select(size).where(which)) or 0)
