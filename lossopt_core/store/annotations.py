"""Annotations of runs: name, tags, note, pinned, archived."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import sqlalchemy as sql

from lossopt_core.fields import brief
from lossopt_core.store.queries import batches, existing_ids, rows_of
from lossopt_core.store.schema import notes, written
from lossopt_core.texts import checked_lines, checked_text

LONGEST_NAME = 80
LONGEST_NOTE = 2_000
MAX_TAGS = 12
LONGEST_TAG = 24


@dataclass(frozen=True)
class Note:
    """The annotations of one run; empty by default.

    name      one line of at most 80 characters
    tags      at most 12 distinct tags of 1 to 24 characters without commas
    note      at most 2,000 characters on any number of lines
    pinned    shown at the top
    archived  hidden by default
    """

    name: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""
    pinned: bool = False
    archived: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", checked_text("name", self.name, LONGEST_NAME))
        object.__setattr__(self, "tags", _checked_tags(self.tags))
        object.__setattr__(self, "note", checked_lines("note", self.note, LONGEST_NOTE))
        for field in ("pinned", "archived"):
            if not isinstance(getattr(self, field), bool):
                raise ValueError(
                    f"{field} must be true or false, got {brief(getattr(self, field))}"
                )


def checked(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Validate some fields of a `Note`; ValueError names an invalid one."""
    note = asdict(Note(**changes))
    return {field: note[field] for field in changes}


def _checked_tags(tags: Any) -> tuple[str, ...]:
    if isinstance(tags, str) or not isinstance(tags, Iterable):
        raise ValueError(f"tags must be a list of strings, got {brief(tags)}")
    distinct = tuple(
        dict.fromkeys(checked_text("each tag", tag, LONGEST_TAG, shortest=1) for tag in tags)
    )
    if len(distinct) > MAX_TAGS:
        raise ValueError(f"tags must have at most {MAX_TAGS} entries, got {len(distinct)}")
    if with_comma := [tag for tag in distinct if "," in tag]:
        raise ValueError(f"tags must not contain commas, got {brief(with_comma[0])}")
    return distinct


EMPTY = Note()


def row_to_note(row: Any) -> Note:
    """The note in a row of `notes`; an empty one if the row is all null."""
    if row.name is None:
        return EMPTY
    return Note(row.name, json.loads(row.tags), row.note, row.pinned, row.archived)


def notes_in(table: pd.DataFrame) -> dict[str, Note]:
    """Name, tags and note of each run in a table from `RunStore.list`, by id."""
    said = table[["id", "name", "tags", "note"]].itertuples(index=False)
    return {id: Note(name, tuple(tags), note) for id, name, tags, note in said}


def annotate(
    database: sql.Connection, workspace: str, ids: Iterable[str], changes: Mapping[str, Any]
) -> None:
    """Change annotations of existing runs; `changes` are validated fields of a `Note`."""
    there = existing_ids(database, workspace, ids)
    known = {row.id for row in rows_of(database, workspace, sql.select(notes.c.id), there)}
    now = {"changed": written(datetime.now(UTC))}
    if new := [each for each in there if each not in known]:
        first = _to_columns(asdict(EMPTY) | dict(changes)) | now | {"workspace": workspace}
        database.execute(sql.insert(notes), [first | {"id": each} for each in new])
    for some in batches(each for each in there if each in known):
        mine = (notes.c.workspace == workspace) & notes.c.id.in_(some)
        database.execute(sql.update(notes).where(mine).values(_to_columns(changes) | now))


def _to_columns(fields: Mapping[str, Any]) -> dict[str, Any]:
    columns = dict(fields)
    if "tags" in columns:
        columns["tags"] = json.dumps(columns["tags"])
    return columns
