"""How much a workspace holds."""

from dataclasses import dataclass

import sqlalchemy as sql

from lossopt_core import store_layout as layout


@dataclass(frozen=True)
class Usage:
    """Runs, brought curves, data sets and what is certified for them, and their numbers' bytes."""

    runs: int
    bytes: int


def usage(database: sql.Connection, workspace: str) -> Usage:
    """What the workspace holds now."""
    runs = sql.select(sql.func.count()).where(layout.runs.c.workspace == workspace)
    tables = (layout.arrays, layout.curves, layout.examples, layout.own_certificates)
    bytes = sum(held(database, table, table.c.workspace == workspace) for table in tables)
    return Usage(runs=int(database.scalar(runs) or 0), bytes=bytes)


def held(database: sql.Connection, table: sql.Table, which: sql.ColumnElement[bool]) -> int:
    """The bytes of the numbers in some rows of a table."""
    size = sql.func.coalesce(sql.func.sum(sql.func.length(table.c.data)), 0)
    return int(database.scalar(sql.select(size).where(which)) or 0)
