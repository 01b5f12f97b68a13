"""Deletion with undo: runs are first marked as deleted, and removed by a later deletion.

Marked runs are in the bin, from which they can be restored, or removed at once.

The mark holds the date, for people, and the store's uptime in minutes, which decides when runs
are removed: a jump of the wall clock must not make undo impossible.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import sqlalchemy as sql

from lossopt_core.store.queries import batches, remove, rows_of
from lossopt_core.store.schema import (
    arrays,
    notes,
    runs,
    written,
)
from lossopt_core.store.uptime import uptime

UNDO_PERIOD = timedelta(days=30)
"""Minimum time during which a deleted run can be restored."""
_DIGITS = 7


def delete(database: sql.Connection, workspace: str, ids: Iterable[str]) -> None:
    """Mark runs as deleted, and remove those marked longer than `UNDO_PERIOD` of uptime ago."""
    now = uptime(database) / 60
    _mark(database, workspace, ids, f"{written(datetime.now(UTC))} {now:0{_DIGITS}.0f}")
    before = now - UNDO_PERIOD.total_seconds() / 60
    if before > 0:
        _purge(database, workspace, f"{before:0{_DIGITS}.0f}")


def restore(database: sql.Connection, workspace: str, ids: Iterable[str]) -> None:
    """Unmark runs; runs that were already removed cannot be restored."""
    _mark(database, workspace, ids, None)


def remove_deleted(database: sql.Connection, workspace: str, ids: Iterable[str]) -> None:
    """Remove marked runs for good; others are left alone."""
    marked = sql.select(runs.c.id).where(runs.c.deleted.is_not(None))
    there = [row.id for row in rows_of(database, workspace, marked, ids)]
    remove(database, workspace, [arrays, notes, runs], there)


def _mark(
    database: sql.Connection, workspace: str, ids: Iterable[str], deleted: str | None
) -> None:
    marked = runs.c.deleted.is_not(None)
    for some in batches(ids):
        mine = (runs.c.workspace == workspace) & runs.c.id.in_(some)
        to_change = mine & (marked if deleted is None else ~marked)
        database.execute(sql.update(runs).where(to_change).values(deleted=deleted))


def _purge(database: sql.Connection, workspace: str, before: str) -> None:
    # Marks of earlier versions have no minutes and count as made at uptime 0.
    start = len(written(datetime.now(UTC))) + 2
    minutes = sql.func.substr(runs.c.deleted, start, _DIGITS)
    old = (runs.c.workspace == workspace) & runs.c.deleted.is_not(None) & (minutes < before)
    ids = database.scalars(sql.select(runs.c.id).where(old)).all()
    remove(database, workspace, [arrays, notes, runs], ids)
