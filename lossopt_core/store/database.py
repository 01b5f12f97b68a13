"""The database of a store: URL, engine and transactions."""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sql

from lossopt_core.store import address as store_address
from lossopt_core.store.address import in_memory, is_sqlite, shown
from lossopt_core.store.migrations import migrate
from lossopt_core.store.schema import StoreError

Result = TypeVar("Result")

BUSY_SECONDS = 30
"""How long a writer waits for the lock."""
CONNECT_SECONDS = 10
"""How long a PostgreSQL server may take to accept a connection."""
WRITER_LOCK = int.from_bytes(b"lossopt")
"""The id of the PostgreSQL advisory lock that writers hold."""


class Database:
    """Connections to the database at a URL; threads and processes may share it.

    Every method raises `StoreError` if the database is unreachable, corrupted, or has a newer
    schema.

    With `discreet`, error messages do not reveal the URL or driver messages; the log has them.
    """

    def __init__(self, address: str | None, *, discreet: bool = False) -> None:
        self.address = address or store_address.from_environment()
        self.discreet = discreet
        self._engine = _engine_at(self.address, discreet)

    @property
    def shown(self) -> str:
        """The URL without its password."""
        return shown(self.address)

    @property
    def display_name(self) -> str:
        """The name of the store in messages."""
        return _display_name(self.address, self.discreet)

    @contextmanager
    def reading(self) -> Iterator[sql.Connection]:
        """A connection that reads a consistent snapshot."""
        with self.connection(write=False) as connection, connection.begin():
            yield connection

    def write(self, work: Callable[[sql.Connection], Result]) -> Result:
        """Run `work` atomically in one transaction."""
        with self.connection(write=True) as connection:
            return atomically(connection, work)

    @contextmanager
    def connection(self, *, write: bool) -> Iterator[sql.Connection]:
        """A connection to a store with the current schema."""
        try:
            _make_directory(self._engine.url)
            with self._engine.connect() as connection:
                migrate(connection, self.display_name)
                yield connection.execution_options(write=write)
        except (sql.exc.SQLAlchemyError, OSError) as error:
            raise StoreError(
                f"{self.display_name} cannot be used: {self._reason(error)}"
            ) from error

    def _reason(self, error: Exception) -> str:
        cause = getattr(error, "orig", None) or error
        if not self.discreet:
            return str(cause)
        logging.getLogger(__name__).warning("%s cannot be used: %s", self.shown, cause)
        # SQLite messages contain no paths: "locked", "full" or "corrupt" may be shown.
        return str(cause) if isinstance(cause, sqlite3.Error) else "it cannot be reached"


def atomically(connection: sql.Connection, work: Callable[[sql.Connection], Result]) -> Result:
    """Run `work` in one transaction.

    If writers are not serialized, another may insert the same row concurrently; then the work is
    retried once.
    """
    with suppress(sql.exc.IntegrityError), connection.begin():
        return work(connection)
    with connection.begin():
        return work(connection)


def _engine_at(address: str, discreet: bool) -> sql.Engine:
    url = store_address.parse(address)
    try:
        return _new_engine(url) if in_memory(url) else _shared_engine(url)
    except sql.exc.SQLAlchemyError as error:
        raise StoreError(f"{store_address.MUST_BE}: {url.drivername} is unknown") from error
    except ImportError as error:
        raise StoreError(
            f"{_display_name(address, discreet)} needs a driver that is not installed: {error};"
            ' for PostgreSQL: pip install "psycopg[binary]"'
        ) from error


def _display_name(address: str, discreet: bool) -> str:
    return "the store" if discreet else f"the store at {shown(address)}"


def _new_engine(url: sql.URL) -> sql.Engine:
    if not is_sqlite(url):
        return _new_server_engine(url)
    wait = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    if in_memory(url):  # its only connection is the database, shared by all threads
        engine = sql.create_engine(
            url, connect_args=wait, poolclass=sql.QueuePool, pool_size=1, max_overflow=0
        )
    else:  # no pooling, so that a deleted or replaced file is noticed
        engine = sql.create_engine(url, connect_args=wait, poolclass=sql.NullPool)
    _control_transactions(engine)
    return engine


def _new_server_engine(url: sql.URL) -> sql.Engine:
    is_postgresql = url.get_backend_name() == "postgresql"
    is_libpq = is_postgresql and url.get_driver_name() in ("psycopg", "psycopg2")
    if is_libpq and "connect_timeout" not in url.query:
        url = url.update_query_dict({"connect_timeout": str(CONNECT_SECONDS)})
    engine = sql.create_engine(url, pool_pre_ping=True)
    if is_postgresql:
        _serialize_writers(engine)
    return engine


_shared_engine = lru_cache(maxsize=16)(_new_engine)
"""One engine per URL, so that a server sees one connection pool, not one per RunStore."""


def _make_directory(url: sql.URL) -> None:
    if url.database and is_sqlite(url) and not in_memory(url):
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)


def _control_transactions(engine: sql.Engine) -> None:
    """Make SQLite acquire the write lock at the start of a writing transaction.

    A transaction that reads first and then writes could otherwise fail to get the lock.
    """

    @sql.event.listens_for(engine, "connect")
    def _no_implicit_transactions(connection: Any, _: Any) -> None:
        connection.isolation_level = None

    @sql.event.listens_for(engine, "begin")
    def _begin(connection: sql.Connection) -> None:
        write = connection.get_execution_options().get("write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _serialize_writers(engine: sql.Engine) -> None:
    """Give PostgreSQL the semantics of SQLite: one writer at a time, snapshot reads.

    This avoids deadlocks between writers, and readers that miss the arrays of a run deleted after
    its row was read.
    """

    @sql.event.listens_for(engine, "begin")
    def _begin(connection: sql.Connection) -> None:
        if connection.get_execution_options().get("write"):
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")
        else:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
