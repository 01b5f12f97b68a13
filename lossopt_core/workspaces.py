"""Workspaces of visitors: names that nobody guesses, when each was used last, and their end."""

import hmac
import secrets
from datetime import UTC, datetime, timedelta

import sqlalchemy as sql

from lossopt_core import caches, store_moving
from lossopt_core import store_layout as layout
from lossopt_core.datasets import Owner
from lossopt_core.store_database import Database
from lossopt_core.store_layout import written
from lossopt_core.store_moving import Contents
from lossopt_core.store_usage import Usage

_SECRET = "secret"

_OF_A_WORKSPACE = (
    layout.arrays,
    layout.notes,
    layout.runs,
    layout.views,
    layout.curves,
    layout.revisions,
    layout.trainings,
    layout.examples,
    layout.own_certificates,
    layout.visits,
)


class Workspaces:
    """The workspaces of the store at an address, all of them."""

    def __init__(self, address: str | None = None, *, discreet: bool = False) -> None:
        self._database = Database(address, discreet=discreet)

    def name_for(self, identity: str) -> str:
        """40 hexadecimal digits: the same for an identity each time, and nobody's guess.

        The key is a secret of the store, made when it is first wanted: whoever moves or restores
        the store brings it along, and no change of the app's settings takes somebody's workspace
        away.
        """
        key = self._secret().encode()
        return hmac.new(key, identity.encode(), "sha256").hexdigest()[:40]

    def _secret(self) -> str:
        question = sql.select(layout.facts.c.value).where(layout.facts.c.name == _SECRET)
        with self._database.reading() as database:
            if found := database.scalar(question):
                return str(found)

        def work(database: sql.Connection) -> str:
            found = database.scalar(question)  # another process may have been here meanwhile
            if found is None:
                found = secrets.token_hex(32)
                database.execute(sql.insert(layout.facts), {"name": _SECRET, "value": found})
            return str(found)

        return self._database.write(work)

    def contents(self, workspace: str) -> Contents:
        """How much is in a workspace."""
        with self._database.reading() as database:
            return store_moving.contents(database, workspace)

    def coming(self, source: str, target: str) -> Usage:
        """By how much the target would grow at most if the source were moved into it."""
        with self._database.reading() as database:
            return store_moving.coming(database, source, target)

    def move(self, source: str, target: str) -> None:
        """Move what is in one workspace into another, as `store_moving.move` says."""
        self._database.write(lambda database: store_moving.move(database, source, target))
        self._drop_cached(source)

    def _drop_cached(self, workspace: str) -> None:
        caches.drop_owner(Owner(self._database.address, workspace))

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

        removed = self._database.write(work)
        for name in removed:
            self._drop_cached(name)
        return removed
