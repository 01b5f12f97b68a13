"""A text that is new whenever the runs, notes or curves of a workspace have changed."""

import uuid

import sqlalchemy as sql

from lossopt_core.store.schema import revisions


def revision(database: sql.Connection, workspace: str) -> str:
    """The present one; empty where nothing was ever kept."""
    mine = sql.select(revisions.c.value).where(revisions.c.workspace == workspace)
    return database.scalar(mine) or ""


def renew(database: sql.Connection, workspace: str) -> None:
    """Make a new one.

    It is random and no count: a file that takes the place of another may have seen as many
    changes.
    """
    value = uuid.uuid4().hex
    mine = sql.update(revisions).where(revisions.c.workspace == workspace)
    if database.execute(mine.values(value=value)).rowcount == 0:
        database.execute(sql.insert(revisions), {"workspace": workspace, "value": value})
