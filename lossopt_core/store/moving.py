"""Move the contents of one workspace to another, when a visitor signs in for the first time."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sql

from lossopt_core.store import schema as layout
from lossopt_core.store.annotations import LONGEST_NOTE, MAX_TAGS
from lossopt_core.store.queries import batches, remove, rows_of
from lossopt_core.store.revision import renew
from lossopt_core.store.unfinished import INTERRUPTED
from lossopt_core.store.usage import Usage, stored_bytes
from lossopt_core.store.views import LONGEST_NAME
from lossopt_core.training.run import STOPPED


@dataclass(frozen=True)
class Contents:
    """Number of items in a workspace."""

    runs: int = 0
    curves: int = 0
    data_sets: int = 0
    views: int = 0


def contents(database: sql.Connection, workspace: str) -> Contents:
    """Count the items in a workspace, without deleted runs."""

    def count(table: sql.Table, *conditions: sql.ColumnElement[bool]) -> int:
        mine = sql.and_(table.c.workspace == workspace, *conditions)
        return int(database.scalar(sql.select(sql.func.count()).where(mine)) or 0)

    return Contents(
        runs=count(layout.runs, layout.runs.c.deleted.is_(None)),
        curves=count(layout.curves),
        data_sets=count(layout.examples),
        views=count(layout.views),
    )


def growth(database: sql.Connection, source: str, target: str) -> Usage:
    """Upper bound on the growth of the target; duplicates and deleted runs do not count."""

    def new(key: sql.Column[str]) -> sql.ColumnElement[bool]:
        known = sql.select(key).where(key.table.c.workspace == target)
        return (key.table.c.workspace == source) & key.not_in(known)

    ids = sql.select(layout.runs.c.id).where(
        new(layout.runs.c.id) & layout.runs.c.deleted.is_(None)
    )
    of_runs = [(table, table.c.id.in_(ids)) for table in (layout.runs, layout.arrays, layout.notes)]
    same = layout.views.alias()
    known = sql.exists().where(
        same.c.workspace == target,
        same.c.name == layout.views.c.name,
        same.c.query == layout.views.c.query,
    )
    whole = [(layout.views, ~known), (layout.trainings, sql.true())]
    sizes = [
        *(
            stored_bytes(database, table, (table.c.workspace == source) & which)
            for table, which in [*of_runs, *whole]
        ),
        stored_bytes(database, layout.curves, new(layout.curves.c.id)),
        stored_bytes(database, layout.sets, new(layout.sets.c.id)),
        stored_bytes(database, layout.examples, new(layout.examples.c.fingerprint)),
        stored_bytes(database, layout.own_certificates, new(layout.own_certificates.c.problem)),
    ]
    return Usage(runs=len(database.scalars(ids).all()), bytes=sum(sizes))


def move(database: sql.Connection, source: str, target: str) -> None:
    """Move all items with their annotations into the target.

    Duplicate runs, curves and data (which are identified by content) keep the target's version,
    except that a finished run replaces a stopped one.  Notes on the same run are merged.  Views
    with the same name get a number.  Deleted runs and active trainings are not moved.
    """
    _move_runs(database, source, target)
    _move_rows(layout.curves.c.id, database, source, target)
    _move_rows(layout.sets.c.id, database, source, target)
    _move_rows(layout.examples.c.fingerprint, database, source, target)
    _move_rows(layout.own_certificates.c.problem, database, source, target)
    _move_views(database, source, target)
    _move_interrupted(database, source, target)
    for workspace in (source, target):
        renew(database, workspace)


def _move_runs(database: sql.Connection, source: str, target: str) -> None:
    there = sql.select(layout.runs.c.id, layout.runs.c.status, layout.runs.c.deleted)
    mine = database.execute(there.where(layout.runs.c.workspace == source)).all()
    moving = {row.id: row for row in mine if row.deleted is None}
    for row in rows_of(database, target, there, moving):
        if row.deleted is None and (row.status != STOPPED or moving[row.id].status == STOPPED):
            del moving[row.id]
    duplicates = [row.id for row in mine if row.deleted is None and row.id not in moving]
    stored = [layout.arrays, layout.runs]
    remove(database, target, stored, moving)
    _reassign(database, stored, source, target, moving)
    remove(database, source, stored, duplicates)
    _move_notes(database, source, target, [*moving, *duplicates])


def _move_notes(database: sql.Connection, source: str, target: str, ids: Iterable[str]) -> None:
    theirs = {row.id: row for row in rows_of(database, source, sql.select(layout.notes), ids)}
    for mine in rows_of(database, target, sql.select(layout.notes), theirs):
        this = (layout.notes.c.workspace == target) & (layout.notes.c.id == mine.id)
        both = _merged_note(mine, theirs.pop(mine.id))
        database.execute(sql.update(layout.notes).where(this).values(both))
        remove(database, source, [layout.notes], [mine.id])
    _reassign(database, [layout.notes], source, target, theirs)


def _merged_note(mine: sql.Row[Any], other: sql.Row[Any]) -> dict[str, Any]:
    """Merge two notes within the length limits; the target's values take precedence."""
    texts = [each for each in dict.fromkeys((mine.note, other.note)) if each]
    combined = "\n\n".join(texts)
    tags = list(dict.fromkeys([*json.loads(mine.tags), *json.loads(other.tags)]))
    return {
        "name": mine.name or other.name,
        "tags": json.dumps(tags[:MAX_TAGS]),
        "note": combined if len(combined) <= LONGEST_NOTE else mine.note,
        "pinned": mine.pinned or other.pinned,
        "archived": mine.archived and other.archived,
    }


def _move_rows(key: sql.Column[str], database: sql.Connection, source: str, target: str) -> None:
    """Move rows whose key the target does not have; the rest are duplicates and are deleted."""
    table = key.table
    at_target = sql.select(key).where(table.c.workspace == target)
    mine = table.c.workspace == source
    known = set(database.scalars(at_target))
    new = [each for each in database.scalars(sql.select(key).where(mine)) if each not in known]
    for some in batches(new):
        change = sql.update(table).where(mine & key.in_(some))
        database.execute(change.values(workspace=target))
    database.execute(sql.delete(table).where(mine))


def _move_views(database: sql.Connection, source: str, target: str) -> None:
    query = sql.select(layout.views.c.name, layout.views.c.query)
    of_target = query.where(layout.views.c.workspace == target)
    known = {row.name: row.query for row in database.execute(of_target)}
    mine = layout.views.c.workspace == source
    for row in database.execute(query.where(mine)).all():
        if known.get(row.name) != row.query:
            name = _free_name(row.name, known)
            known[name] = row.query
            new = {"workspace": target, "name": name, "query": row.query}
            database.execute(sql.insert(layout.views), new)
    database.execute(sql.delete(layout.views).where(mine))


def _free_name(name: str, known: Iterable[str]) -> str:
    """The name, with a number appended if it is taken."""
    taken = {*known}
    free, number = name, 1
    while free in taken:
        number += 1
        end = f" ({number})"
        free = name[: LONGEST_NAME - len(end)] + end
    return free


def _move_interrupted(database: sql.Connection, source: str, target: str) -> None:
    interrupted = (layout.trainings.c.workspace == source) & (
        layout.trainings.c.beat == INTERRUPTED
    )
    database.execute(sql.update(layout.trainings).where(interrupted).values(workspace=target))


def _reassign(
    database: sql.Connection,
    tables: Sequence[sql.Table],
    source: str,
    target: str,
    ids: Iterable[str],
) -> None:
    for some in batches(ids):
        for table in tables:
            mine = (table.c.workspace == source) & table.c.id.in_(some)
            database.execute(sql.update(table).where(mine).values(workspace=target))
