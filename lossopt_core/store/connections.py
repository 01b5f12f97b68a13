"""Connections to a database: kept while it is in use, fit for several threads and processes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sql

from lossopt_core.store.address import in_memory, is_sqlite

BUSY_SECONDS = 30
"""How long a writer waits for the lock."""
CONNECT_SECONDS = 10
"""How long a PostgreSQL server may take to accept a connection."""
WRITER_LOCK = int.from_bytes(b"lossopt")
"""The id of the PostgreSQL advisory lock that writers hold."""


class Connections:
    """The connections to the database at a URL.

    Opening and closing an SQLite file takes longer than a query, so connections stay open while
    anybody uses the database.  Once nobody does they are closed, because only then the file is
    complete without the files of its log beside it, and can be copied.
    """

    def __init__(self, url: sql.URL) -> None:
        self.engine = _new_engine(url)
        self._closes = is_sqlite(url) and not in_memory(url)
        self._users = 0
        self._lock = threading.Lock()

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Use the database: connections of this and other threads stay open meanwhile."""
        with self._lock:
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if self._closes and not self._users:
                    self.engine.dispose()


@lru_cache(maxsize=16)
def shared(url: sql.URL) -> Connections:
    """The same for everybody, so that a server sees one connection pool, not one per store."""
    return Connections(url)


def _new_engine(url: sql.URL) -> sql.Engine:
    if not is_sqlite(url):
        return _new_server_engine(url)
    wait = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    # The only connection to a database in memory is the database, shared by all threads.
    most: dict[str, Any] = {"pool_size": 1, "max_overflow": 0 if in_memory(url) else -1}
    engine = sql.create_engine(url, connect_args=wait, poolclass=sql.QueuePool, **most)
    if not in_memory(url):
        _notice_another_file(engine)
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


def _notice_another_file(engine: sql.Engine) -> None:
    """Do not use a connection to a file that was deleted, replaced or changed from outside.

    Another program's change is rare, and looks the same as one of ours; connecting again is cheap.
    A connection that has just been made is used in any case: where others write all the time, the
    file has changed again since, and no connection would ever be good enough.
    """

    @sql.event.listens_for(engine, "connect")
    def _note(_: Any, record: Any) -> None:
        record.info |= {"file": _identity(engine.url), "new": True}

    @sql.event.listens_for(engine, "checkout")
    def _compare(_: Any, record: Any, __: Any) -> None:
        new = record.info.pop("new", False)
        if not new and record.info["file"] != _identity(engine.url):
            raise sql.exc.DisconnectionError


def _identity(url: sql.URL) -> tuple[int, ...] | None:
    try:
        found = Path(url.database or "").stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size


def make_directory(url: sql.URL) -> None:
    """Make the folder of an SQLite file."""
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
