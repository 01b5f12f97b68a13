"""Sets of runs that were planned together: a sweep, a fair tuning, the lanes of one page."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sql

from lossopt_core.store.schema import sets, written

MAX_SETS = 200
"""Sets of a workspace; the oldest are forgotten, but not their runs."""
LARGEST_SET = 10_000


@dataclass(frozen=True)
class RunSet:
    """A set of runs.

    id     16 hexadecimal digits, a hash of the ids of its runs
    runs   ids of its runs, some of which may have been deleted
    """

    id: str
    runs: Sequence[str]


def set_id(ids: Iterable[str]) -> str:
    """The id of the set with these runs."""
    return hashlib.sha256("\n".join(sorted({*ids})).encode()).hexdigest()[:16]


def save_set(database: sql.Connection, workspace: str, ids: Iterable[str]) -> None:
    """Save a set as the newest.  ValueError for more than 10,000 runs."""
    distinct = sorted({*ids})
    if len(distinct) > LARGEST_SET:
        raise ValueError(f"a set can have {LARGEST_SET:,} runs, got {len(distinct):,}")
    mine = sets.c.workspace == workspace
    this = {"id": set_id(distinct), "created": written(datetime.now(UTC))}
    database.execute(sql.delete(sets).where(mine & (sets.c.id == this["id"])))
    row = {"workspace": workspace, "runs": json.dumps(distinct)} | this
    database.execute(sql.insert(sets), row)
    newest_first = sql.select(sets.c.id).where(mine).order_by(sets.c.created.desc(), sets.c.id)
    for old in database.scalars(newest_first).all()[MAX_SETS:]:
        database.execute(sql.delete(sets).where(mine & (sets.c.id == old)))


def load_sets(database: sql.Connection, workspace: str) -> list[RunSet]:
    """All sets, newest first; invalid rows are skipped."""
    query = sql.select(sets).where(sets.c.workspace == workspace)
    found = []
    for row in database.execute(query.order_by(sets.c.created.desc(), sets.c.id)):
        with suppress(ValueError):
            ids = json.loads(row.runs)
            if isinstance(ids, list) and all(isinstance(each, str) for each in ids):
                found.append(RunSet(row.id, tuple(ids)))
    return found
