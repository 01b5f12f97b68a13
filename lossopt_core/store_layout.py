"""Where the store's rows lie: tables, versions of their layout, engines.

A database with four tables:

    facts    name, value                  `schema` is the version of this layout
    runs     workspace, id, created, status, experiment, settings, final, environment, reason
             four are JSON: experiment is all fields; settings those that have a say; final the
             last row of the history (null where it is not finite); environment versions.
             `reason` says why a run is finished (null before there were stopping rules)
    arrays   workspace, id, name, columns, kind, shape, data
             `data` holds numbers of the kind '<f8', '<f4' or '<i8' (little-endian floats of
             8 or 4 bytes, integers of 8) in an array of that JSON shape, the last axis
             together; a table is stored column after column, with a JSON list of their names
    certificates   problem, created, settings, facts, shape, data
             `problem` is the id of what was certified and `settings` the same in words; `facts`
             are objective, lower_bound, seconds, method, reached; `data` are the weights with
             the bias as last column, '<f8' in an array of that shape.  They are mathematics and
             belong to no workspace

so that any language with a database driver can read it.  Six arrays belong to a run: the
tables history and minibatch, and weights, bias, path and path_updates.  A history of 60
evaluations has the shape [11, 60]; its objective, the fourth column, is the 60 numbers of 8
bytes that begin at byte 3 · 60 · 8.
"""

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sql

SCHEMA = 3

DEFAULT_ADDRESS = f"sqlite:///{Path(__file__).parent.parent / 'data' / 'runs.db'}"
BUSY_SECONDS = 30
"""How long a writer waits for its turn on an SQLite file."""

tables = sql.MetaData()
facts = sql.Table(
    "facts",
    tables,
    sql.Column("name", sql.String(40), primary_key=True),
    sql.Column("value", sql.String(200), nullable=False),
)
runs = sql.Table(
    "runs",
    tables,
    sql.Column("workspace", sql.String(80), primary_key=True),
    sql.Column("id", sql.String(16), primary_key=True),
    sql.Column("created", sql.String(40), nullable=False),
    sql.Column("status", sql.String(20), nullable=False),
    sql.Column("experiment", sql.Text, nullable=False),
    sql.Column("settings", sql.Text, nullable=False),
    sql.Column("final", sql.Text, nullable=False),
    sql.Column("environment", sql.Text, nullable=False),
    sql.Column("reason", sql.String(40)),
)
arrays = sql.Table(
    "arrays",
    tables,
    sql.Column("workspace", sql.String(80), primary_key=True),
    sql.Column("id", sql.String(16), primary_key=True),
    sql.Column("name", sql.String(20), primary_key=True),
    sql.Column("columns", sql.Text),
    sql.Column("kind", sql.String(3), nullable=False),
    sql.Column("shape", sql.String(80), nullable=False),
    sql.Column("data", sql.LargeBinary(2**24), nullable=False),
)
certificates = sql.Table(
    "certificates",
    tables,
    sql.Column("problem", sql.String(16), primary_key=True),
    sql.Column("created", sql.String(40), nullable=False),
    sql.Column("settings", sql.Text, nullable=False),
    sql.Column("facts", sql.Text, nullable=False),
    sql.Column("shape", sql.String(80), nullable=False),
    sql.Column("data", sql.LargeBinary(2**24), nullable=False),
)
MIGRATIONS: dict[int, Callable[[sql.Connection], None]] = {
    1: certificates.create,
    2: lambda database: _add_column(database, runs.c.reason),
}
"""From a version of the layout to what turns it into the next one, in one transaction."""


def _add_column(database: sql.Connection, column: sql.Column[Any]) -> None:
    definition = sql.schema.CreateColumn(column).compile(dialect=database.dialect)
    database.exec_driver_sql(f"ALTER TABLE {column.table.name} ADD COLUMN {definition}")


class StoreError(Exception):
    """The store cannot be used; the message says why, in words for people."""


def engine_at(address: str) -> sql.Engine:
    try:
        url = sql.make_url(address)
        return _new_engine(url) if _in_memory(url) else _shared_engine(url)
    except (sql.exc.SQLAlchemyError, ModuleNotFoundError) as error:
        raise StoreError(
            f"the store's address must be one like sqlite:///data/runs.db: {error}"
        ) from error


def _new_engine(url: sql.URL) -> sql.Engine:
    if url.get_backend_name() != "sqlite":
        return sql.create_engine(url, pool_pre_ping=True)
    wait = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    if _in_memory(url):  # its one connection is the database: threads take turns on it
        engine = sql.create_engine(
            url, connect_args=wait, poolclass=sql.QueuePool, pool_size=1, max_overflow=0
        )
    else:  # nothing stays open: a file that is removed or replaced is noticed
        engine = sql.create_engine(url, connect_args=wait, poolclass=sql.NullPool)
    _take_over_transactions(engine)
    return engine


_shared_engine = lru_cache(maxsize=16)(_new_engine)
"""One engine an address, so that a server sees one pool and not one for every RunStore."""


def _in_memory(url: sql.URL) -> bool:
    return url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:")


def make_directory(url: sql.URL) -> None:
    if url.get_backend_name() == "sqlite" and url.database and not _in_memory(url):
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)


def _take_over_transactions(engine: sql.Engine) -> None:
    """Let SQLite lock when a writing transaction begins, not at its first write.

    A transaction that reads first and writes later could find itself unable to go on.
    """

    @sql.event.listens_for(engine, "connect")
    def _no_implicit_transactions(connection: Any, _: Any) -> None:
        connection.isolation_level = None

    @sql.event.listens_for(engine, "begin")
    def _begin(connection: sql.Connection) -> None:
        write = connection.get_execution_options().get("write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def let_readers_read_while_one_writes(database: sql.Connection) -> None:
    """Switch an SQLite file to write-ahead logging; the file remembers it."""
    connection: Any = database.connection.driver_connection
    if isinstance(connection, sqlite3.Connection):
        # Locked: another process is switching just now.  Without it the store is still correct.
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode = WAL")


def bring_up_to_date(database: sql.Connection, address: str) -> None:
    """Make the tables, or change those of an older layout; refuse a newer one untouched."""
    with database.begin():
        if version_of(database, address) == SCHEMA:
            return
    let_readers_read_while_one_writes(database)
    with database.execution_options(write=True).begin():
        version = version_of(database, address)  # another process may have been here meanwhile
        if version is None:
            tables.create_all(database)
            database.execute(sql.insert(facts), {"name": "schema", "value": str(SCHEMA)})
        else:
            for step in range(version, SCHEMA):
                MIGRATIONS[step](database)
            database.execute(
                sql.update(facts).where(facts.c.name == "schema").values(value=str(SCHEMA))
            )


def version_of(database: sql.Connection, address: str) -> int | None:
    """The version of the layout; None where there are no tables yet."""
    if not sql.inspect(database).has_table(facts.name):
        return None
    question = sql.select(facts.c.value).where(facts.c.name == "schema")
    value = str(database.execute(question).scalar())
    if not value.isdecimal():
        raise StoreError(f"the database at {address} is in use, but not by lossopt")
    if int(value) > SCHEMA:
        raise StoreError(
            f"the store at {address} was written by a newer lossopt (layout {value},"
            f" this one knows {SCHEMA}): update lossopt, or set LOSSOPT_STORE to another store"
        )
    return int(value)
