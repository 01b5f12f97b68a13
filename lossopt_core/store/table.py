"""The table returned by `RunStore.list`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import sqlalchemy as sql

from lossopt_core.analysis.tables import table_of_settings
from lossopt_core.fields import UnknownEntryError
from lossopt_core.store.annotations import row_to_note
from lossopt_core.store.arrays import DAMAGE
from lossopt_core.store.rows import description_of
from lossopt_core.store.schema import notes, runs
from lossopt_core.store.summaries import BEST, parse_summary
from lossopt_core.training.run import HISTORY_COLUMNS

ABOUT: dict[str, Any] = {
    "id": "str",
    "created": "str",
    "status": "str",
    "name": "str",
    "tags": "object",
    "note": "str",
    "pinned": "bool",
    "archived": "bool",
    "spark": "object",
    "family": "str",
}
"""The columns before the settings, with their dtypes."""


def query(workspace: str, *, deleted: bool = False) -> sql.Select[Any]:
    """The database query of the table, oldest run first; or that of the runs in the bin."""
    here = (notes.c.workspace == runs.c.workspace) & (notes.c.id == runs.c.id)
    described = (runs.c.id, runs.c.created, runs.c.status, runs.c.experiment, runs.c.deleted)
    which = runs.c.deleted.is_not(None) if deleted else runs.c.deleted.is_(None)
    summary = (runs.c.final, runs.c.spark, runs.c.best)
    annotations = (notes.c.name, notes.c.tags, notes.c.note, notes.c.pinned, notes.c.archived)
    return (
        sql.select(*described, *summary, *annotations)
        .select_from(runs.outerjoin(notes, here))
        .where(runs.c.workspace == workspace, which)
        .order_by(runs.c.created, runs.c.id)
    )


def bin_of(rows: Sequence[sql.Row[Any]]) -> pd.DataFrame:
    """The table of the runs in the bin, last deleted first, with a column `deleted`."""
    table = listing(rows).runs
    when = {row.id: row.deleted.split(" ")[0] for row in rows}
    # Marks may have been written by other programs.
    deleted = pd.to_datetime(table["id"].map(when), utc=True, format="ISO8601", errors="coerce")
    return table.assign(deleted=deleted).sort_values(
        "deleted", ascending=False, kind="stable", ignore_index=True
    )


@dataclass(frozen=True, eq=False)
class Listing:
    """All runs of a workspace.

    runs         the table returned by `RunStore.list`
    unreadable   ids of runs that this version cannot read
    needed       plug-in entries that some of them need: "the loss 'focal'"
    """

    runs: pd.DataFrame
    unreadable: Sequence[str]
    needed: Sequence[str]


def listing(rows: Iterable[sql.Row[Any]]) -> Listing:
    """One row per run, without those that cannot be read."""
    about: dict[str, list[Any]] = {name: [] for name in ABOUT}
    settings, numbers, unreadable, needed = [], [], [], []
    for row in rows:
        try:
            description, note = description_of(row), row_to_note(row)
            summary = parse_summary(row.final, row.best, row.spark)
        except DAMAGE as error:
            unreadable.append(row.id)
            if isinstance(error, UnknownEntryError):
                needed.append(error.needs)
            continue
        known = {"id": row.id, "created": row.created, "status": row.status}
        annotations = {"name": note.name, "tags": [*note.tags], "note": note.note}
        flags = {"pinned": note.pinned, "archived": note.archived}
        found = {"spark": [*summary.spark], "family": description.family}
        for name, value in (known | annotations | flags | found).items():
            about[name].append(value)
        settings.append(description.settings)
        numbers.append(summary.final + summary.best)
    first = pd.DataFrame({name: pd.Series(about[name], dtype=kind) for name, kind in ABOUT.items()})
    created = pd.to_datetime(first["created"], utc=True, format="ISO8601", errors="coerce")
    first["created"] = created.dt.as_unit("us")
    names = [*HISTORY_COLUMNS, *(f"best_{name}" for name in BEST)]
    last = pd.DataFrame(numbers, columns=names, dtype="float64")
    table = pd.concat([first, table_of_settings(settings), last], axis=1)
    return Listing(table, unreadable, sorted({*needed}))
