"""How much a workspace holds.

Everything counts that a visitor can make a workspace hold: numbers, and texts too.
"""

from dataclasses import dataclass
from functools import reduce
from operator import add

import sqlalchemy as sql

from lossopt_core.store import schema as layout


@dataclass(frozen=True)
class Usage:
    """What a workspace holds.

    runs    runs, deleted ones too until they are removed
    bytes   of everything: numbers and texts of runs, curves, data sets with their
            certificates, notes, views, and trainings under way
    """

    runs: int
    bytes: int


ROW_BYTES = 100
"""Of a row beside its numbers and texts: keys, dates, flags."""
_TABLES = (
    layout.runs,
    layout.arrays,
    layout.curves,
    layout.examples,
    layout.own_certificates,
    layout.notes,
    layout.views,
    layout.trainings,
)


def usage(database: sql.Connection, workspace: str) -> Usage:
    """What the workspace holds now."""
    runs = sql.select(sql.func.count()).where(layout.runs.c.workspace == workspace)
    bytes = sum(held(database, table, table.c.workspace == workspace) for table in _TABLES)
    return Usage(runs=int(database.scalar(runs) or 0), bytes=bytes)


def held(database: sql.Connection, table: sql.Table, which: sql.ColumnElement[bool]) -> int:
    """The bytes that some rows of a table take: their numbers, their texts, and what is around."""
    long = [each for each in table.c if isinstance(each.type, sql.Text | sql.LargeBinary)]
    lengths = reduce(add, (sql.func.coalesce(sql.func.length(each), 0) for each in long))
    size = sql.func.coalesce(sql.func.sum(lengths + ROW_BYTES), 0)
    return int(database.scalar(sql.select(size).where(which)) or 0)
