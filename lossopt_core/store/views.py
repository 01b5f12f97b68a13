"""Saved views: what a page shows, kept under a name."""

from contextlib import suppress
from typing import Any

import sqlalchemy as sql

from lossopt_core.store.schema import views
from lossopt_core.texts import checked_text

LONGEST_NAME = 60
LONGEST_QUERY = 4_000
MOST_VIEWS = 200


def kept_views(database: sql.Connection, workspace: str) -> dict[str, str]:
    """Name to query, in the order of the names; what is not as it should be is left out."""
    mine = sql.select(views.c.name, views.c.query).where(views.c.workspace == workspace)
    kept = {}
    for row in database.execute(mine):
        with suppress(ValueError):
            name, query = checked_view(row.name, row.query)
            kept[name] = query
    return dict(sorted(kept.items()))  # databases have orders of their own for names


def checked_view(name: Any, query: Any) -> tuple[str, str]:
    """Name and query as they are kept; ValueError names the one that is not as it should be."""
    return (
        checked_text("name", name, LONGEST_NAME, shortest=1),
        checked_text("query", query, LONGEST_QUERY),
    )


def keep_view(database: sql.Connection, workspace: str, name: str, query: str) -> None:
    """Keep a checked view; one of that name makes way.  ValueError where there are too many."""
    forget_view(database, workspace, name)
    mine = views.c.workspace == workspace
    there = database.scalar(sql.select(sql.func.count()).where(mine)) or 0
    if there >= MOST_VIEWS:
        raise ValueError(
            f"a workspace may hold {MOST_VIEWS} views, and holds {there}: forget one that you need"
            " no more"
        )
    row = {"workspace": workspace, "name": name, "query": query}
    database.execute(sql.insert(views), row)


def forget_view(database: sql.Connection, workspace: str, name: str) -> None:
    """Forget the view of that name, where there is one."""
    mine = (views.c.workspace == workspace) & (views.c.name == name)
    database.execute(sql.delete(views).where(mine))
