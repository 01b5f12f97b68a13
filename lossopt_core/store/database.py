"""The database of a store: URL, schema, errors and transactions."""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import TypeVar

import sqlalchemy as sql

from lossopt_core.store import address as store_address
from lossopt_core.store import connections
from lossopt_core.store.address import in_memory, shown
from lossopt_core.store.connections import Connections
from lossopt_core.store.migrations import migrate
from lossopt_core.store.schema import StoreError

Result = TypeVar("Result")


class Database:
    """Connections to the database at a URL; threads and processes may share it.

    Every method raises `StoreError` if the database is unreachable, corrupted, or has a newer
    schema.

    With `discreet`, error messages do not reveal the URL or driver messages; the log has them.
    """

    def __init__(self, address: str | None, *, discreet: bool = False) -> None:
        self.address = address or store_address.from_environment()
        self.discreet = discreet
        self._connections = _connections_to(self.address, discreet)

    @property
    def shown(self) -> str:
        """The URL without its password."""
        return shown(self.address)

    @property
    def display_name(self) -> str:
        """The name of the store in messages."""
        return _display_name(self.address, self.discreet)

    def in_use(self) -> AbstractContextManager[None]:
        """Keep connections open, for several reads and writes in a row."""
        return self._connections.in_use()

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
            connections.make_directory(self._connections.engine.url)
            with self._connections.in_use(), self._connections.engine.connect() as connection:
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


def _connections_to(address: str, discreet: bool) -> Connections:
    url = store_address.parse(address)
    try:
        return Connections(url) if in_memory(url) else connections.shared(url)
    except sql.exc.SQLAlchemyError as error:
        raise StoreError(f"{store_address.MUST_BE}: {url.drivername} is unknown") from error
    except ImportError as error:
        raise StoreError(
            f"{_display_name(address, discreet)} needs a driver that is not installed: {error};"
            ' for PostgreSQL: pip install "psycopg[binary]"'
        ) from error


def _display_name(address: str, discreet: bool) -> str:
    return "the store" if discreet else f"the store at {shown(address)}"
