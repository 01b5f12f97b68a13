"""Questions to the store's database about the runs of one workspace."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import sqlalchemy as sql

from lossopt_core.store import schema as layout

MOST_NAMES = 500
"""Ids in one question to the database; some allow no more than 1,000 parameters."""


def portions(ids: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """The ids, each once, in portions that fit into one question.

    A text that cannot be an id is left out: not every database lets one ask for any text.
    """
    each_once = (id for id in dict.fromkeys(ids) if id.isascii() and id.isprintable())
    while some := tuple(islice(each_once, MOST_NAMES)):
        yield some


def rows_of(
    database: sql.Connection, workspace: str, question: sql.Select[Any], ids: Iterable[str]
) -> list[sql.Row[Any]]:
    """The rows of the question's table that belong to these ids of this workspace."""
    [table] = question.get_final_froms()
    rows: list[sql.Row[Any]] = []
    for some in portions(ids):
        mine = (table.c.workspace == workspace) & table.c.id.in_(some)
        rows += database.execute(question.where(mine)).all()
    return rows


def present(database: sql.Connection, workspace: str, ids: Iterable[str]) -> list[str]:
    """Those of the ids that have a run which is not marked as deleted, in their order."""
    ids = list(ids)
    question = sql.select(layout.runs.c.id).where(layout.runs.c.deleted.is_(None))
    there = {row.id for row in rows_of(database, workspace, question, ids)}
    return [each for each in dict.fromkeys(ids) if each in there]


def remove(
    database: sql.Connection, workspace: str, tables: Iterable[sql.Table], ids: Iterable[str]
) -> None:
    """Delete what the tables hold of these ids; ids without a row are passed over."""
    for some in portions(ids):
        for table in tables:
            mine = (table.c.workspace == workspace) & table.c.id.in_(some)
            database.execute(sql.delete(table).where(mine))
