"""Database queries for the runs of one workspace."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import sqlalchemy as sql

from lossopt_core.store import schema as layout

IDS_PER_QUERY = 500
"""Ids per query; some databases allow at most 1,000 parameters."""


def batches(ids: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Distinct ids in batches that fit into one query.

    Strings that cannot be ids are skipped, because some databases reject certain characters.
    """
    distinct = (id for id in dict.fromkeys(ids) if id.isascii() and id.isprintable())
    while some := tuple(islice(distinct, IDS_PER_QUERY)):
        yield some


def rows_of(
    database: sql.Connection, workspace: str, query: sql.Select[Any], ids: Iterable[str]
) -> list[sql.Row[Any]]:
    """The rows of a query that belong to these ids of this workspace."""
    [table] = query.get_final_froms()
    rows: list[sql.Row[Any]] = []
    for some in batches(ids):
        mine = (table.c.workspace == workspace) & table.c.id.in_(some)
        rows += database.execute(query.where(mine)).all()
    return rows


def existing_ids(database: sql.Connection, workspace: str, ids: Iterable[str]) -> list[str]:
    """The ids that have a run not marked as deleted, in order."""
    ids = list(ids)
    query = sql.select(layout.runs.c.id).where(layout.runs.c.deleted.is_(None))
    there = {row.id for row in rows_of(database, workspace, query, ids)}
    return [each for each in dict.fromkeys(ids) if each in there]


def remove(
    database: sql.Connection, workspace: str, tables: Iterable[sql.Table], ids: Iterable[str]
) -> None:
    """Delete the rows with these ids from tables; ids without a row are ignored."""
    for some in batches(ids):
        for table in tables:
            mine = (table.c.workspace == workspace) & table.c.id.in_(some)
            database.execute(sql.delete(table).where(mine))
