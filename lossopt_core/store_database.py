"""The database of a store: its address, its engine, its transactions."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sql

from lossopt_core.store_layout import StoreError
from lossopt_core.store_migrations import bring_up_to_date

Result = TypeVar("Result")

DEFAULT_ADDRESS = f"sqlite:///{Path(__file__).parent.parent / 'data' / 'runs.db'}"
BUSY_SECONDS = 30
"""How long a writer waits for its turn on an SQLite file."""


class Database:
    """Connections to the database at an address; threads and processes may share it.

    Every method raises `StoreError` where it is out of reach, damaged, or of a newer layout.
    """

    def __init__(self, address: str | None) -> None:
        self.address = address or os.environ.get("LOSSOPT_STORE") or DEFAULT_ADDRESS
        self._engine = _engine_at(self.address)

    @property
    def shown(self) -> str:
        """The address, its password left out."""
        return self._engine.url.render_as_string(hide_password=True)

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
                bring_up_to_date(connection, self.shown)
                yield connection.execution_options(write=write)
        except (sql.exc.SQLAlchemyError, OSError) as error:
            reason = getattr(error, "orig", None) or error
            raise StoreError(f"the store at {self.shown} cannot be used: {reason}") from error


def at_once(connection: sql.Connection, work: Callable[[sql.Connection], Result]) -> Result:
    """Do the work in one transaction: all of it or nothing.

    On a server, another may add the same row at this moment: then the work begins again.
    """
    with suppress(sql.exc.IntegrityError), connection.begin():
        return work(connection)
    with connection.begin():
        return work(connection)


def _engine_at(address: str) -> sql.Engine:
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


def _make_directory(url: sql.URL) -> None:
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
