"""Check at startup that a store is usable."""

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
    """Open the store for writing; changes nothing except creating or upgrading its schema.

    StoreError says in one line what is wrong: not a URL, no driver, no server, no write access, a
    database of another program or of a newer version.  A store that another process is writing
    to counts as usable.
    """
    url = parse(address)
    if in_memory(url):
        raise StoreError(f"{MUST_BE}; an in-memory database would be empty on every page")
    try:
        Database(address).write(_access_all_tables)
    except StoreError as error:
        if _is_busy(error.__cause__):
            return
        reason = without_password(str(error), url).removeprefix(f"the store at {shown(address)} ")
        said = reason if reason.startswith(MUST_BE) else f"{MUST_BE}; this one {reason}"
        raise StoreError(said) from error


def _access_all_tables(connection: sql.Connection) -> None:
    """Fails if a table belongs to another program or the user has no write access."""
    for table in tables.sorted_tables:
        connection.execute(sql.select(table).limit(0))
    connection.execute(sql.update(facts).values(value=facts.c.value))


def _is_busy(cause: Any) -> bool:
    """Whether waiting for other writers timed out."""
    driver = getattr(cause, "orig", None)
    if isinstance(driver, sqlite3.OperationalError):
        return "locked" in str(driver)
    return getattr(driver, "sqlstate", None) == "55P03"  # lock_not_available
