"""How long servers have been running on a store: the only clock by which it removes anything.

A wall clock can be a year wrong and be put right a minute later; what was removed by it would stay
removed.  So the store counts the seconds during which a server watched it, by clocks that only
tick.  The count is never ahead of real time, however many servers there are, and stands still
while none is running: things are kept too long rather than too short.
"""

import time
from collections.abc import Callable

import sqlalchemy as sql

from lossopt_core.store import schema as layout
from lossopt_core.store.database import Database

COUNT_SECONDS = 300.0
"""Between two calls of `RunningTime.count`: a server that is killed loses no more than that."""
MOST_SECONDS = 3 * COUNT_SECONDS
"""Added by one call: some clocks go on while the machine sleeps."""
_NAME = "running"
_QUESTION = sql.select(layout.facts.c.value).where(layout.facts.c.name == _NAME)


def running(database: sql.Connection) -> float:
    """The seconds counted so far; 0 where no server was ever running."""
    return float(database.scalar(_QUESTION) or 0)


class RunningTime:
    """The share of one server process in the count.

    clock   seconds from any moment on; may stand still, but must not be faster than real time
    most    seconds that one call adds at most
    """

    def __init__(
        self,
        address: str | None = None,
        clock: Callable[[], float] = time.monotonic,
        most: float = MOST_SECONDS,
    ) -> None:
        self._database = Database(address)
        self._clock = clock
        self._most = most
        self._seen: tuple[str | None, float] | None = None

    def count(self) -> float:
        """Add the time since the last call; return the whole count in seconds.

        Nothing is added where another process has counted since the last call: the same time
        would be counted twice.  StoreError where the store cannot be used.
        """
        self._seen = self._database.write(self._counted)
        return float(self._seen[0] or 0)

    def _counted(self, database: sql.Connection) -> tuple[str | None, float]:
        kept = database.scalar(_QUESTION)
        # Read within the transaction: no other process can count between this and the commit.
        now = self._clock()
        if self._seen is None or self._seen[0] != kept:
            return kept, now
        passed = min(max(now - self._seen[1], 0.0), self._most)
        value = f"{float(kept or 0) + passed:.3f}"
        if kept is None:
            database.execute(sql.insert(layout.facts), {"name": _NAME, "value": value})
        else:
            this = layout.facts.c.name == _NAME
            database.execute(sql.update(layout.facts).where(this).values(value=value))
        return value, now
