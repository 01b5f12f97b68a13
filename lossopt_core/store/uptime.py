"""The uptime of servers on a store: the only clock by which it deletes anything.

A wall clock can be wrong by a year and be corrected a minute later, but deletions cannot be
undone.  So the store counts the seconds during which a server was running, with monotonic clocks.
The count is never ahead of real time, with any number of servers, and pauses while none is
running: data are stored too long rather than too short.
"""

import time
from collections.abc import Callable

import sqlalchemy as sql

from lossopt_core.store import schema as layout
from lossopt_core.store.database import Database

COUNT_SECONDS = 300.0
"""Time between two calls of `Uptime.count`; a killed server loses at most this much."""
MAX_SECONDS = 3 * COUNT_SECONDS
"""Maximum added by one call, because some clocks continue while the machine sleeps."""
_NAME = "running"
_QUERY = sql.select(layout.facts.c.value).where(layout.facts.c.name == _NAME)


def uptime(database: sql.Connection) -> float:
    """The uptime in seconds so far."""
    return float(database.scalar(_QUERY) or 0)


class Uptime:
    """One server process's contribution to the uptime.

    clock   returns seconds since any moment; may pause, but must not run faster than real time
    most    maximum seconds added by one call
    """

    def __init__(
        self,
        address: str | None = None,
        clock: Callable[[], float] = time.monotonic,
        most: float = MAX_SECONDS,
    ) -> None:
        self._database = Database(address)
        self._clock = clock
        self._most = most
        self._seen: tuple[str | None, float] | None = None

    def count(self) -> float:
        """Add the time since the last call; return the uptime in seconds.

        Adds nothing if another process has counted since the last call, to avoid counting time
        twice.  StoreError if the store cannot be used.
        """
        self._seen = self._database.write(self._counted)
        return float(self._seen[0] or 0)

    def _counted(self, database: sql.Connection) -> tuple[str | None, float]:
        stored = database.scalar(_QUERY)
        # Read the clock within the transaction, so that no other process can count before the
        # commit.
        now = self._clock()
        if self._seen is None or self._seen[0] != stored:
            return stored, now
        passed = min(max(now - self._seen[1], 0.0), self._most)
        value = f"{float(stored or 0) + passed:.3f}"
        if stored is None:
            database.execute(sql.insert(layout.facts), {"name": _NAME, "value": value})
        else:
            this = layout.facts.c.name == _NAME
            database.execute(sql.update(layout.facts).where(this).values(value=value))
        return value, now
