"""Visitors' workspaces: unguessable names, last use, and expiry."""

import hmac
import secrets
from datetime import timedelta

import sqlalchemy as sql

from lossopt_core.data.datasets import Owner
from lossopt_core.experiment import caches
from lossopt_core.store import moving
from lossopt_core.store import schema as layout
from lossopt_core.store.database import Database
from lossopt_core.store.moving import Contents
from lossopt_core.store.uptime import uptime
from lossopt_core.store.usage import Usage

GRACE = timedelta(days=1)
"""Time between marking a workspace as expiring and its removal; a visit cancels it."""
_USED, _ENDING = "used at", "ending since"
_SECRET = "secret"

_OF_A_WORKSPACE = (
    layout.arrays,
    layout.notes,
    layout.runs,
    layout.views,
    layout.curves,
    layout.sets,
    layout.revisions,
    layout.trainings,
    layout.examples,
    layout.own_certificates,
    layout.visits,
)


class Workspaces:
    """All workspaces of a store."""

    def __init__(self, address: str | None = None, *, discreet: bool = False) -> None:
        self._database = Database(address, discreet=discreet)

    def name_for(self, identity: str) -> str:
        """The workspace name of an identity: 40 hexadecimal digits, deterministic and unguessable.

        The key is a secret in the store, created on first use.  It moves with the store, and
        changes of the app's settings do not affect workspaces.
        """
        key = self._secret().encode()
        return hmac.new(key, identity.encode(), "sha256").hexdigest()[:40]

    def _secret(self) -> str:
        query = sql.select(layout.facts.c.value).where(layout.facts.c.name == _SECRET)
        with self._database.reading() as database:
            if found := database.scalar(query):
                return str(found)

        def work(database: sql.Connection) -> str:
            found = database.scalar(query)  # another process may have created it meanwhile
            if found is None:
                found = secrets.token_hex(32)
                database.execute(sql.insert(layout.facts), {"name": _SECRET, "value": found})
            return str(found)

        return self._database.write(work)

    def contents(self, workspace: str) -> Contents:
        """Number of items in a workspace."""
        with self._database.reading() as database:
            return moving.contents(database, workspace)

    def growth(self, source: str, target: str) -> Usage:
        """Upper bound on the growth of the target if the source were moved into it."""
        with self._database.reading() as database:
            return moving.growth(database, source, target)

    def move(self, source: str, target: str) -> None:
        """Move the contents of one workspace to another; see `moving.move`."""
        self._database.write(lambda database: moving.move(database, source, target))
        self._drop_cached(source)

    def _drop_cached(self, workspace: str) -> None:
        caches.drop_owner(Owner(self._database.address, workspace))

    def note_use(self, workspace: str) -> None:
        """Record that the workspace is in use, which cancels its expiry."""
        self._database.write(lambda database: _note(database, workspace, _USED, uptime(database)))

    def remove_unused(
        self, prefix: str, unused: timedelta, *, grace: timedelta = GRACE
    ) -> list[str]:
        """Delete unused workspaces with this name prefix; return their names.

        Time is the uptime of servers (`store.uptime`), so that a wall clock cannot cause deletions.
        A workspace unused for `unused` is marked as expiring, and deleted by a later call at least
        `grace` after that, unless it was used in between.  Workspaces without recorded use stay.
        """
        mine = layout.visits.c.workspace.startswith(prefix, autoescape=True)

        def work(database: sql.Connection) -> list[str]:
            now = uptime(database)
            removed = []
            for name, noted in database.execute(sql.select(layout.visits).where(mine)).all():
                word, since = _read(noted)
                if word == _ENDING and now - since >= grace.total_seconds():
                    for table in _OF_A_WORKSPACE:
                        database.execute(sql.delete(table).where(table.c.workspace == name))
                    removed.append(name)
                elif word == _USED and now - since >= unused.total_seconds():
                    _note(database, name, _ENDING, now)
                elif not word:
                    _note(database, name, _USED, now)
            return removed

        removed = self._database.write(work)
        for name in removed:
            self._drop_cached(name)
        return removed


def _note(database: sql.Connection, workspace: str, word: str, now: float) -> None:
    # Earlier versions compare the text with dates and delete what is smaller; letters never are.
    noted = f"{word} {now:.0f} s"
    mine = sql.update(layout.visits).where(layout.visits.c.workspace == workspace)
    if database.execute(mine.values(used=noted)).rowcount == 0:
        row = {"workspace": workspace, "used": noted}
        database.execute(sql.insert(layout.visits), row)


def _read(noted: str) -> tuple[str, float]:
    """The state and time of a record; dates of earlier versions have neither."""
    word, _, rest = noted.removesuffix(" s").rpartition(" ")
    return (word, float(rest)) if word in (_USED, _ENDING) else ("", 0.0)
