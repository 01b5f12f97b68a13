"""The database of a store: its address, its engine, its transactions."""

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
from lossopt_core.store.migrations import bring_up_to_date
from lossopt_core.store.schema import StoreError

Result = TypeVar("Result")

BUSY_SECONDS = 30
"""How long a writer waits for its turn."""
CONNECT_SECONDS = 10
"""How long a PostgreSQL server may take to accept a connection."""
TURN = int.from_bytes(b"lossopt")
"""The number of the lock that writers hold on a PostgreSQL server, one after another."""


class Database:
    """Connections to the database at an address; threads and processes may share it.

    Every method raises `StoreError` where it is out of reach, damaged, or of a newer layout.

    Strangers need not know which server it is, and what its driver says of it: where `discreet`,
    messages leave that to the log.
    """

    def __init__(self, address: str | None, *, discreet: bool = False) -> None:
        self.address = address or store_address.from_environment()
        self.discreet = discreet
        self._engine = _engine_at(self.address, discreet)

    @property
    def shown(self) -> str:
        """The address, its password left out."""
        return shown(self.address)

    @property
    def called(self) -> str:
        """The store in messages."""
        return _called(self.address, self.discreet)

    @contextmanager
    def reading(self) -> Iterator[sql.Connection]:
        """A connection within which all is read at one moment."""
        with self.connection(write=False) as connection, connection.begin():
            yield connection

    def write(self, work: Callable[[sql.Connection], Result]) -> Result:
        """All of the work happens, or nothing of it."""
        with self.connection(write=True) as connection:
            return at_once(connection, work)

    @contextmanager
    def connection(self, *, write: bool) -> Iterator[sql.Connection]:
        """A connection to a store of the present layout."""
        try:
            _make_directory(self._engine.url)
            with self._engine.connect() as connection:
                bring_up_to_date(connection, self.called)
                yield connection.execution_options(write=write)
        except (sql.exc.SQLAlchemyError, OSError) as error:
            raise StoreError(f"{self.called} cannot be used: {self._reason(error)}") from error

    def _reason(self, error: Exception) -> str:
        cause = getattr(error, "orig", None) or error
        if not self.discreet:
            return str(cause)
        logging.getLogger(__name__).warning("%s cannot be used: %s", self.shown, cause)
        # SQLite names no places: locked, full, damaged are what a visitor may know.
        return str(cause) if isinstance(cause, sqlite3.Error) else "it is out of reach"


def at_once(connection: sql.Connection, work: Callable[[sql.Connection], Result]) -> Result:
    """Do the work in one transaction: all of it or nothing.

    Where writers do not take turns, another may add the same row at this moment: then the work
    begins again.
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
            f"{_called(address, discreet)} needs a driver that is not installed: {error};"
            ' for PostgreSQL: pip install "psycopg[binary]"'
        ) from error


def _called(address: str, discreet: bool) -> str:
    return "the store" if discreet else f"the store at {shown(address)}"


def _new_engine(url: sql.URL) -> sql.Engine:
    if not is_sqlite(url):
        return _new_server_engine(url)
    wait = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    if in_memory(url):  # its one connection is the database: threads take turns on it
        engine = sql.create_engine(
            url, connect_args=wait, poolclass=sql.QueuePool, pool_size=1, max_overflow=0
        )
    else:  # nothing stays open: a file that is removed or replaced is noticed
        engine = sql.create_engine(url, connect_args=wait, poolclass=sql.NullPool)
    _take_over_transactions(engine)
    return engine


def _new_server_engine(url: sql.URL) -> sql.Engine:
    is_postgresql = url.get_backend_name() == "postgresql"
    is_libpq = is_postgresql and url.get_driver_name() in ("psycopg", "psycopg2")
    if is_libpq and "connect_timeout" not in url.query:
        url = url.update_query_dict({"connect_timeout": str(CONNECT_SECONDS)})
    engine = sql.create_engine(url, pool_pre_ping=True)
    if is_postgresql:
        _let_writers_take_turns(engine)
    return engine


_shared_engine = lru_cache(maxsize=16)(_new_engine)
"""One engine an address, so that a server sees one pool and not one for every RunStore."""


def _make_directory(url: sql.URL) -> None:
    if url.database and is_sqlite(url) and not in_memory(url):
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


def _let_writers_take_turns(engine: sql.Engine) -> None:
    """Give PostgreSQL the rules of an SQLite file: one writer at a time, readers at one moment.

    Writers that wait in different places for each other's rows would not come to an end, and a
    reader would miss the arrays of a run that is removed after its row was read.
    """

    @sql.event.listens_for(engine, "begin")
    def _begin(connection: sql.Connection) -> None:
        if connection.get_execution_options().get("write"):
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({TURN})")
        else:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
