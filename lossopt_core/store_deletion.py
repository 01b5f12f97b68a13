"""Deletion that can be undone: runs are marked first, and removed by a later deletion."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import sqlalchemy as sql

from lossopt_core.store_layout import arrays, notes, runs, written
from lossopt_core.store_questions import portions, remove

KEPT = timedelta(hours=24)
"""How long a deleted run can be restored, at least."""


def delete(
    database: sql.Connection, workspace: str, ids: Iterable[str], now: datetime | None
) -> None:
    """Mark the runs as deleted `now`, and remove those marked long before."""
    now = now or datetime.now(UTC)
    _mark(database, workspace, ids, written(now))
    _purge(database, workspace, written(now - KEPT))


def restore(database: sql.Connection, workspace: str, ids: Iterable[str]) -> None:
    """Take the mark from the runs; what is removed stays so."""
    _mark(database, workspace, ids, None)


def _mark(
    database: sql.Connection, workspace: str, ids: Iterable[str], deleted: str | None
) -> None:
    marked = runs.c.deleted.is_not(None)
    for some in portions(ids):
        mine = (runs.c.workspace == workspace) & runs.c.id.in_(some)
        to_change = mine & (marked if deleted is None else ~marked)
        database.execute(sql.update(runs).where(to_change).values(deleted=deleted))


def _purge(database: sql.Connection, workspace: str, before: str) -> None:
    old = (runs.c.workspace == workspace) & (runs.c.deleted < before)
    ids = database.scalars(sql.select(runs.c.id).where(old)).all()
    remove(database, workspace, [arrays, notes, runs], ids)
