"""Deletion that can be undone: runs are marked first, and removed by a later deletion.

The mark is the date, for people, and the store's running time in minutes, by which runs are
removed: a wall clock that jumps must not cost anybody the way back.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import sqlalchemy as sql

from lossopt_core.store.queries import portions, remove
from lossopt_core.store.running import running
from lossopt_core.store.schema import (
    arrays,
    notes,
    runs,
    written,
)

KEPT = timedelta(hours=24)
"""How long a deleted run can be restored, at least."""
_DIGITS = 7


def delete(database: sql.Connection, workspace: str, ids: Iterable[str]) -> None:
    """Mark the runs as deleted, and remove those marked `KEPT` ago by the store's running time."""
    now = running(database) / 60
    _mark(database, workspace, ids, f"{written(datetime.now(UTC))} {now:0{_DIGITS}.0f}")
    before = now - KEPT.total_seconds() / 60
    if before > 0:
        _purge(database, workspace, f"{before:0{_DIGITS}.0f}")


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
    # An earlier version's mark has no minutes: it counts as made when counting began.
    place = len(written(datetime.now(UTC))) + 2
    minutes = sql.func.substr(runs.c.deleted, place, _DIGITS)
    old = (runs.c.workspace == workspace) & runs.c.deleted.is_not(None) & (minutes < before)
    ids = database.scalars(sql.select(runs.c.id).where(old)).all()
    remove(database, workspace, [arrays, notes, runs], ids)
