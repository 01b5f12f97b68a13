"""Workspaces of visitors: names that nobody guesses, when each was used last, and their end."""

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
from lossopt_core.store.running import running
from lossopt_core.store.usage import Usage

GRACE = timedelta(days=1)
"""Between the decision that a workspace ends and its removal; a visit takes it back."""
_USED, _ENDING = "used at", "ending since"
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
            return moving.contents(database, workspace)

    def coming(self, source: str, target: str) -> Usage:
        """By how much the target would grow at most if the source were moved into it."""
        with self._database.reading() as database:
            return moving.coming(database, source, target)

    def move(self, source: str, target: str) -> None:
        """Move what is in one workspace into another, as `store_moving.move` says."""
        self._database.write(lambda database: moving.move(database, source, target))
        self._drop_cached(source)

    def _drop_cached(self, workspace: str) -> None:
        caches.drop_owner(Owner(self._database.address, workspace))

    def note_use(self, workspace: str) -> None:
        """The workspace is being used: if it was about to end, it is taken back."""
        self._database.write(lambda database: _note(database, workspace, _USED, running(database)))

    def remove_unused(
        self, prefix: str, unused: timedelta, *, grace: timedelta = GRACE
    ) -> list[str]:
        """Remove all that is in workspaces of that prefix that were left alone; return their names.

        Time is the running time of servers (`store_running`), so that no wall clock can remove
        anything.  A workspace that was left alone for `unused` is marked as ending, and removed
        by a later call at least `grace` after that, unless it was used in between.  Workspaces
        whose use was never noted stay.
        """
        mine = layout.visits.c.workspace.startswith(prefix, autoescape=True)

        def work(database: sql.Connection) -> list[str]:
            now = running(database)
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
    # Earlier versions compare the text with dates and remove what is less: letters never are.
    noted = f"{word} {now:.0f} s"
    mine = sql.update(layout.visits).where(layout.visits.c.workspace == workspace)
    if database.execute(mine.values(used=noted)).rowcount == 0:
        row = {"workspace": workspace, "used": noted}
        database.execute(sql.insert(layout.visits), row)


def _read(noted: str) -> tuple[str, float]:
    """The word and the time of a note; an earlier version's date is neither."""
    word, _, rest = noted.removesuffix(" s").rpartition(" ")
    return (word, float(rest)) if word in (_USED, _ENDING) else ("", 0.0)
