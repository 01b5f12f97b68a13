"""Migrations from older schema versions to the current one."""

import json
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import sqlalchemy as sql

from lossopt_core.data.datasets import DATASETS
from lossopt_core.optim.older_rules import OLDER_RULE, by_older_rule
from lossopt_core.store import schema as layout
from lossopt_core.store.arrays import DAMAGE, table_numbers
from lossopt_core.store.queries import batches, rows_of
from lossopt_core.store.revision import renew
from lossopt_core.store.schema import StoreError
from lossopt_core.store.summaries import summary
from lossopt_core.training.run import STOPPED


def migrate(database: sql.Connection, store_name: str) -> None:
    """Create the tables, or migrate an older schema; a newer one raises StoreError, unchanged.

    `store_name` is how messages refer to the store.
    """
    if _is_current(database):
        return
    _enable_write_ahead_log(database)
    with database.execution_options(write=True).begin():
        version = _version_of(database, store_name)  # possibly migrated meanwhile
        if version is None:
            layout.tables.create_all(database)
            version_now = {"name": "schema", "value": str(layout.SCHEMA)}
            database.execute(sql.insert(layout.facts), version_now)
        else:
            for step in range(version, layout.SCHEMA):
                MIGRATIONS[step](database)
            of_schema = layout.facts.c.name == "schema"
            database.execute(
                sql.update(layout.facts).where(of_schema).values(value=str(layout.SCHEMA))
            )


_SCHEMA = sql.select(layout.facts.c.value).where(layout.facts.c.name == "schema")


def _is_current(database: sql.Connection) -> bool:
    """Whether the schema is the current one, by the one query that every access begins with."""
    try:
        with database.begin():
            return database.scalar(_SCHEMA) == str(layout.SCHEMA)
    except sql.exc.DBAPIError as error:
        # SQLite says only in words that there is no such table.
        if isinstance(error, sql.exc.ProgrammingError) or "no such table" in str(error.orig):
            return False
        raise


def _version_of(database: sql.Connection, store_name: str) -> int | None:
    """The schema version; None if there are no tables yet."""
    if not sql.inspect(database).has_table(layout.facts.name):
        return None
    value = str(database.scalar(_SCHEMA))
    if not value.isdecimal():
        raise StoreError(f"{store_name} is a database of another program")
    if int(value) > layout.SCHEMA:
        raise StoreError(
            f"{store_name} was written by a newer lossopt (schema {value}, this version supports"
            f" {layout.SCHEMA}): update lossopt, or set LOSSOPT_STORE to another store"
        )
    return int(value)


def _enable_write_ahead_log(database: sql.Connection) -> None:
    """Switch an SQLite file to write-ahead logging (persistent), so that reads do not block."""
    connection: Any = database.connection.driver_connection
    if isinstance(connection, sqlite3.Connection):
        # Locked: another process is switching right now.  The store works without it, too.
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode = WAL")


def _add_column(database: sql.Connection, column: sql.Column[Any]) -> None:
    definition = sql.schema.CreateColumn(column).compile(dialect=database.dialect)
    database.exec_driver_sql(f"ALTER TABLE {column.table.name} ADD COLUMN {definition}")


def _add_summaries(database: sql.Connection) -> None:
    """Add deletion, notes, views and curves, and sparklines and best values of existing runs."""
    for column in (layout.runs.c.deleted, layout.runs.c.spark, layout.runs.c.best):
        _add_column(database, column)
    for table in (layout.notes, layout.views, layout.curves, layout.revisions):
        table.create(database)
    for workspace in database.scalars(sql.select(layout.runs.c.workspace).distinct()).all():
        mine = layout.runs.c.workspace == workspace
        _summarise(database, workspace, database.scalars(sql.select(layout.runs.c.id).where(mine)))
        renew(database, workspace)


def _add_visits_and_uploads(database: sql.Connection) -> None:
    """Add tables for workspace visits, active trainings and uploaded data."""
    for table in (layout.visits, layout.trainings, layout.examples):
        table.create(database)


def _separate_own_certificates(database: sql.Connection) -> None:
    """Add certificates on uploaded data, and delete shared ones, which everybody could read.

    They are recomputed when their owner opens a run.
    """
    layout.own_certificates.create(database)
    there = sql.select(layout.certificates.c.problem, layout.certificates.c.settings)
    brought = {name for name, dataset in DATASETS.items() if dataset.uploaded}
    private = []
    for row in database.execute(there).all():
        with suppress(*DAMAGE):
            if json.loads(row.settings)["dataset"] not in brought:
                continue
        private.append(row.problem)
    for some in batches(private):
        these = layout.certificates.c.problem.in_(some)
        database.execute(sql.delete(layout.certificates).where(these))


def _mark_older_rules(database: sql.Connection) -> None:
    """Mark runs of changed optimizers as stopped, so that they are retrained."""
    runs = layout.runs.c
    there = sql.select(runs.workspace, runs.id, runs.experiment, runs.environment)
    found: dict[str, list[str]] = {}
    for row in database.execute(there).all():
        with suppress(*DAMAGE):
            if by_older_rule(json.loads(row.experiment), json.loads(row.environment)):
                found.setdefault(row.workspace, []).append(row.id)
    for workspace, ids in found.items():
        for some in batches(ids):
            these = (runs.workspace == workspace) & runs.id.in_(some)
            apart = {"status": STOPPED, "reason": OLDER_RULE}
            database.execute(sql.update(layout.runs).where(these).values(apart))
        renew(database, workspace)


def _summarise(database: sql.Connection, workspace: str, ids: Iterable[str]) -> None:
    """Compute spark and best from the histories; unreadable histories are skipped."""
    histories = sql.select(layout.arrays).where(layout.arrays.c.name == "history")
    for some in batches(ids):
        for row in rows_of(database, workspace, histories, some):
            with suppress(*DAMAGE):
                this = (layout.runs.c.workspace == workspace) & (layout.runs.c.id == row.id)
                values = summary(table_numbers(row).T)
                database.execute(sql.update(layout.runs).where(this).values(values))


MIGRATIONS: dict[int, Callable[[sql.Connection], None]] = {
    1: layout.certificates.create,
    2: lambda database: _add_column(database, layout.runs.c.reason),
    3: _add_summaries,
    4: _add_visits_and_uploads,
    5: _separate_own_certificates,
    6: _mark_older_rules,
    7: layout.sets.create,
}
"""Schema version to the migration to the next version, run in one transaction."""
