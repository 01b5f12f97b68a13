"""Saved views: named states of a page."""

from contextlib import suppress
from typing import Any

import sqlalchemy as sql

from lossopt_core.store.schema import views
from lossopt_core.texts import checked_text

LONGEST_NAME = 60
LONGEST_QUERY = 4_000
MAX_VIEWS = 200


def load_views(database: sql.Connection, workspace: str) -> dict[str, str]:
    """Name to query, sorted by name; invalid rows are skipped."""
    mine = sql.select(views.c.name, views.c.query).where(views.c.workspace == workspace)
    found = {}
    for row in database.execute(mine):
        with suppress(ValueError):
            name, query = checked_view(row.name, row.query)
            found[name] = query
    return dict(sorted(found.items()))  # databases sort names differently


def checked_view(name: Any, query: Any) -> tuple[str, str]:
    """Validate name and query; ValueError names the invalid one."""
    return (
        checked_text("name", name, LONGEST_NAME, shortest=1),
        checked_text("query", query, LONGEST_QUERY),
    )


def save_view(database: sql.Connection, workspace: str, name: str, query: str) -> None:
    """Save a validated view, replacing one of that name.  ValueError if there are too many."""
    delete_view(database, workspace, name)
    mine = views.c.workspace == workspace
    there = database.scalar(sql.select(sql.func.count()).where(mine)) or 0
    if there >= MAX_VIEWS:
        raise ValueError(
            f"a workspace can have {MAX_VIEWS} views and has {there}: delete one that you no"
            " longer need"
        )
    row = {"workspace": workspace, "name": name, "query": query}
    database.execute(sql.insert(views), row)


def delete_view(database: sql.Connection, workspace: str, name: str) -> None:
    """Delete the view of that name, if there is one."""
    mine = (views.c.workspace == workspace) & (views.c.name == name)
    database.execute(sql.delete(views).where(mine))
