"""Whether a store can be used, found out before anybody depends on it."""

import sqlite3
from typing import Any

import sqlalchemy as sql

from lossopt_core.store.address import (
    MUST_BE,
    in_memory,
    parse,
    shown,
    without_password,
)
from lossopt_core.store.database import Database
from lossopt_core.store.schema import StoreError, facts, tables


def check(address: str) -> None:
    """Open the store as a writer, and change nothing in it but an older or missing layout.

    StoreError says in one line what the address must be, and why this one is not: no address, no
    driver, no server, no right to write, a database of somebody else or of a newer version.  A
    store that another process is writing to at this moment is a store that can be used.
    """
    url = parse(address)
    if in_memory(url):
        raise StoreError(f"{MUST_BE}: in memory, every page would find an empty database")
    try:
        Database(address).write(_look_at_all)
    except StoreError as error:
        if _is_busy(error.__cause__):
            return
        reason = without_password(str(error), url).removeprefix(f"the store at {shown(address)} ")
        said = reason if reason.startswith(MUST_BE) else f"{MUST_BE}; this one {reason}"
        raise StoreError(said) from error


def _look_at_all(connection: sql.Connection) -> None:
    """Fails where a table is somebody else's, or where the user may only read."""
    for table in tables.sorted_tables:
        connection.execute(sql.select(table).limit(0))
    connection.execute(sql.update(facts).values(value=facts.c.value))


def _is_busy(cause: Any) -> bool:
    """Whether other writers held the store for so long that this one gave up waiting."""
    driver = getattr(cause, "orig", None)
    if isinstance(driver, sqlite3.OperationalError):
        return "locked" in str(driver)
    return getattr(driver, "sqlstate", None) == "55P03"  # lock_not_available
