"""A revision token that changes with the runs, notes or curves of a workspace."""

import uuid

import sqlalchemy as sql

from lossopt_core.store.schema import revisions


def revision(database: sql.Connection, workspace: str) -> str:
    """The current revision; empty for a workspace without changes."""
    mine = sql.select(revisions.c.value).where(revisions.c.workspace == workspace)
    return database.scalar(mine) or ""


def renew(database: sql.Connection, workspace: str) -> None:
    """Set a new revision.

    It is random rather than a counter, because a database file may be replaced by another one
    with the same number of changes.
    """
    value = uuid.uuid4().hex
    mine = sql.update(revisions).where(revisions.c.workspace == workspace)
    if database.execute(mine.values(value=value)).rowcount == 0:
        database.execute(sql.insert(revisions), {"workspace": workspace, "value": value})
