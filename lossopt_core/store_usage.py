"""How much a workspace holds."""

from dataclasses import dataclass

import sqlalchemy as sql

from lossopt_core import store_layout as layout


@dataclass(frozen=True)
class Usage:
    """Runs, brought curves and data sets of a workspace, and the bytes of their numbers."""

    runs: int
    bytes: int


def usage(database: sql.Connection, workspace: str) -> Usage:
    """What the workspace holds now."""
    runs = sql.select(sql.func.count()).where(layout.runs.c.workspace == workspace)
    held = 0
    for table in (layout.arrays, layout.curves, layout.examples):
        size = sql.func.coalesce(sql.func.sum(sql.func.length(table.c.data)), 0)
        held += int(database.scalar(sql.select(size).where(table.c.workspace == workspace)) or 0)
    return Usage(runs=int(database.scalar(runs) or 0), bytes=held)
