"""From an older layout of the store to the present one."""

import json
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import sqlalchemy as sql

from lossopt_core.data.datasets import DATASETS
from lossopt_core.optim.older_rules import OLDER_RULE, by_older_rule
from lossopt_core.store import schema as layout
from lossopt_core.store.arrays import DAMAGE, table_numbers, to_tables
from lossopt_core.store.queries import portions, rows_of
from lossopt_core.store.revision import renew
from lossopt_core.store.schema import StoreError
from lossopt_core.store.summaries import summary
from lossopt_core.training.run import STOPPED


def bring_up_to_date(database: sql.Connection, called: str) -> None:
    """Make the tables, or change those of an older layout; refuse a newer one untouched.

    `called` is the store in messages.
    """
    with database.begin():
        if _version_of(database, called) == layout.SCHEMA:
            return
    _let_readers_read_while_one_writes(database)
    with database.execution_options(write=True).begin():
        version = _version_of(database, called)  # another process may have been here meanwhile
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


def _version_of(database: sql.Connection, called: str) -> int | None:
    """The version of the layout; None where there are no tables yet."""
    if not sql.inspect(database).has_table(layout.facts.name):
        return None
    question = sql.select(layout.facts.c.value).where(layout.facts.c.name == "schema")
    value = str(database.execute(question).scalar())
    if not value.isdecimal():
        raise StoreError(f"{called} is a database in use, but not by lossopt")
    if int(value) > layout.SCHEMA:
        raise StoreError(
            f"{called} was written by a newer lossopt (layout {value},"
            f" this one knows {layout.SCHEMA}): update lossopt, or set LOSSOPT_STORE to another"
            " store"
        )
    return int(value)


def _let_readers_read_while_one_writes(database: sql.Connection) -> None:
    """Switch an SQLite file to write-ahead logging; the file remembers it."""
    connection: Any = database.connection.driver_connection
    if isinstance(connection, sqlite3.Connection):
        # Locked: another process is switching just now.  Without it the store is still correct.
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode = WAL")


def _add_column(database: sql.Connection, column: sql.Column[Any]) -> None:
    definition = sql.schema.CreateColumn(column).compile(dialect=database.dialect)
    database.exec_driver_sql(f"ALTER TABLE {column.table.name} ADD COLUMN {definition}")


def _summarise_runs(database: sql.Connection) -> None:
    """Room for deletions, notes, views and curves; sparks and best figures of what is there."""
    for column in (layout.runs.c.deleted, layout.runs.c.spark, layout.runs.c.best):
        _add_column(database, column)
    for table in (layout.notes, layout.views, layout.curves, layout.revisions):
        table.create(database)
    for workspace in database.scalars(sql.select(layout.runs.c.workspace).distinct()).all():
        mine = layout.runs.c.workspace == workspace
        _summarise(database, workspace, database.scalars(sql.select(layout.runs.c.id).where(mine)))
        renew(database, workspace)


def _make_room_for_visitors(database: sql.Connection) -> None:
    """Room for when workspaces were used, what is being trained, and data that people bring."""
    for table in (layout.visits, layout.trainings, layout.examples):
        table.create(database)


def _give_certificates_owners(database: sql.Connection) -> None:
    """Room for certificates on uploaded data; those that everybody could read go.

    They are computed again when their owner looks at a run.
    """
    layout.own_certificates.create(database)
    there = sql.select(layout.certificates.c.problem, layout.certificates.c.settings)
    brought = {name for name, dataset in DATASETS.items() if dataset.brought}
    private = []
    for row in database.execute(there).all():
        with suppress(*DAMAGE):
            if json.loads(row.settings)["dataset"] not in brought:
                continue
        private.append(row.problem)
    for some in portions(private):
        these = layout.certificates.c.problem.in_(some)
        database.execute(sql.delete(layout.certificates).where(these))


def _set_older_rules_apart(database: sql.Connection) -> None:
    """Runs whose rule is another one since then count as stopped, and so are trained again."""
    runs = layout.runs.c
    there = sql.select(runs.workspace, runs.id, runs.experiment, runs.environment)
    found: dict[str, list[str]] = {}
    for row in database.execute(there).all():
        with suppress(*DAMAGE):
            if by_older_rule(json.loads(row.experiment), json.loads(row.environment)):
                found.setdefault(row.workspace, []).append(row.id)
    for workspace, ids in found.items():
        for some in portions(ids):
            these = (runs.workspace == workspace) & runs.id.in_(some)
            apart = {"status": STOPPED, "reason": OLDER_RULE}
            database.execute(sql.update(layout.runs).where(these).values(apart))
        renew(database, workspace)


def _summarise(database: sql.Connection, workspace: str, ids: Iterable[str]) -> None:
    """Fill spark and best out of the histories; what cannot be read stays without."""
    histories = sql.select(layout.arrays).where(layout.arrays.c.name == "history")
    for some in portions(ids):
        for row in rows_of(database, workspace, histories, some):
            with suppress(*DAMAGE):
                this = (layout.runs.c.workspace == workspace) & (layout.runs.c.id == row.id)
                [history] = to_tables("history", {row.id: table_numbers(row)}).values()
                database.execute(sql.update(layout.runs).where(this).values(summary(history)))


MIGRATIONS: dict[int, Callable[[sql.Connection], None]] = {
    1: layout.certificates.create,
    2: lambda database: _add_column(database, layout.runs.c.reason),
    3: _summarise_runs,
    4: _make_room_for_visitors,
    5: _give_certificates_owners,
    6: _set_older_rules_apart,
}
"""From a version of the layout to what turns it into the next one, in one transaction."""
