"""Workspaces of visitors: when each was used last, and the end of those left alone."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sql

from lossopt_core import store_layout as layout
from lossopt_core.store_database import Database
from lossopt_core.store_layout import written

_OF_A_WORKSPACE = (
    layout.arrays,
    layout.notes,
    layout.runs,
    layout.views,
    layout.curves,
    layout.revisions,
    layout.trainings,
    layout.examples,
    layout.visits,
)


class Workspaces:
    """The workspaces of the store at an address, all of them."""

    def __init__(self, address: str | None = None) -> None:
        self._database = Database(address)

    def note_use(self, workspace: str, *, now: datetime | None = None) -> None:
        """The workspace is being used."""
        used = written(now or datetime.now(UTC))

        def work(database: sql.Connection) -> None:
            mine = sql.update(layout.visits).where(layout.visits.c.workspace == workspace)
            if database.execute(mine.values(used=used)).rowcount == 0:
                row = {"workspace": workspace, "used": used}
                database.execute(sql.insert(layout.visits), row)

        self._database.write(work)

    def remove_unused(
        self, prefix: str, unused: timedelta, *, now: datetime | None = None
    ) -> list[str]:
        """Remove all that is in workspaces of that prefix that were not used for so long.

        Returns their names.  Workspaces whose use was never noted stay.
        """
        before = written((now or datetime.now(UTC)) - unused)
        old = layout.visits.c.workspace.startswith(prefix, autoescape=True)
        ended = sql.select(layout.visits.c.workspace).where(old & (layout.visits.c.used < before))

        def work(database: sql.Connection) -> list[str]:
            names = list(database.scalars(ended))
            for name in names:
                for table in _OF_A_WORKSPACE:
                    database.execute(sql.delete(table).where(table.c.workspace == name))
            return names

        return self._database.write(work)
