"""Where data that somebody brought are kept: in a store, for one workspace.

An experiment names such data by their fingerprint.  Whose they are it does not say: `look_in`
tells once, for the whole program, in which shelf they are looked up, and `using` for a while.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sql

from lossopt_core.data.datasets import (
    BROUGHT,
    Examples,
    Owner,
    Size,
    class_sizes,
)
from lossopt_core.experiment import caches
from lossopt_core.store import schema as layout
from lossopt_core.store.certificates import forget_certificates
from lossopt_core.store.repository import RunStore, StoreError
from lossopt_core.store.schema import written
from lossopt_core.texts import checked_text
from lossopt_core.uploads.serialization import fingerprint, from_bytes, to_bytes

LONGEST_NAME = 80
CLASS_SIZES: caches.Cache[dict[str, int] | None] = caches.Cache(1_000)


@dataclass(frozen=True)
class Kept:
    """What is known of a data set without its numbers."""

    fingerprint: str
    name: str
    created: str
    size: Size

    @property
    def options(self) -> dict[str, str | int]:
        """The options of an experiment on these data."""
        return {
            "data": self.fingerprint,
            "examples": self.size.examples,
            "features": self.size.features,
            "classes": self.size.classes,
        }


class Shelf:
    """The data sets of a store's workspace."""

    def __init__(self, store: RunStore) -> None:
        self._store = store
        self._database = store.database
        self.owner = Owner(store.address, store.workspace)
        self._workspace = store.workspace
        self._mine = layout.examples.c.workspace == store.workspace

    def keep(self, name: str, examples: Examples) -> Kept:
        """Keep a data set; one with the same numbers gets the new name.

        BudgetError where it is too large, or the workspace has no room for it.
        """
        name = checked_text("name", name, LONGEST_NAME, shortest=1)
        count, width = examples.features.shape
        size = Size(examples=count, classes=len(examples.class_names), features=width)
        self._store.budget.check_numbers(count, width, size.classes)
        kept = Kept(fingerprint(examples), name, written(datetime.now(UTC)), size)
        row = {
            "workspace": self._workspace,
            "fingerprint": kept.fingerprint,
            "name": name,
            "created": kept.created,
            "facts": json.dumps([size.examples, size.classes, size.features]),
            "data": to_bytes(examples),
        }

        def work(database: sql.Connection) -> None:
            self._remove(database, kept.fingerprint)
            database.execute(sql.insert(layout.examples), row)

        self._store.write_within_budget(work)
        return kept

    def list(self) -> list[Kept]:
        """All data sets, the newest first; those that cannot be read are left out."""
        columns = [each for each in layout.examples.c if each.name != "data"]
        question = sql.select(*columns).where(self._mine)
        with self._database.reading() as database:
            rows = database.execute(question.order_by(layout.examples.c.created.desc())).all()
        found = []
        for row in rows:
            try:
                size = Size(*(int(each) for each in json.loads(row.facts)))
            except (TypeError, ValueError):
                continue
            found.append(Kept(row.fingerprint, row.name, row.created, size))
        return found

    def has(self, mark: str) -> bool:
        """Whether data of this fingerprint are here."""
        question = sql.select(layout.examples.c.name).where(
            self._mine & (layout.examples.c.fingerprint == mark)
        )
        with self._database.reading() as database:
            return database.scalar(question) is not None

    def examples(self, mark: str) -> Examples | None:
        """The examples of this fingerprint, if they are here; StoreError where they are damaged."""
        question = sql.select(layout.examples.c.data).where(
            self._mine & (layout.examples.c.fingerprint == mark)
        )
        with self._database.reading() as database:
            data = database.scalar(question)
        if data is None:
            return None
        try:
            examples = from_bytes(data)
            if fingerprint(examples) != mark:
                raise ValueError("they are others than their fingerprint says")
        except ValueError as error:
            raise StoreError(f"the data {mark} are damaged: {error}") from None
        return examples

    def class_sizes(self, mark: str) -> dict[str, int] | None:
        """How many examples each class of these data has, if they can be read here."""

        def read() -> dict[str, int] | None:
            with suppress(StoreError):
                examples = self.examples(mark)
                return None if examples is None else class_sizes(examples)
            return None

        key = (self.owner, mark)
        sizes = CLASS_SIZES.get(key, read, owner=self.owner)
        if sizes is None:  # they may come later
            CLASS_SIZES.drop(key)
        return sizes

    def forget(self, mark: str) -> None:
        """Remove a data set, and what was certified or is cached for it.

        Runs on it stay, and can be trained again once it is back.
        """

        def work(database: sql.Connection) -> None:
            self._remove(database, mark)
            forget_certificates(database, self._workspace, mark)

        self._database.write(work)
        caches.drop_owner(self.owner)

    def _remove(self, database: sql.Connection, mark: str) -> None:
        mine = self._mine & (layout.examples.c.fingerprint == mark)
        database.execute(sql.delete(layout.examples).where(mine))


def look_in(shelf: Callable[[], Shelf | None]) -> None:
    """Let experiments on own data find them in the shelf that this gives whenever one is loaded."""
    BROUGHT.usual = shelf


@contextmanager
def using(shelf: Shelf) -> Iterator[None]:
    """Look into this shelf within, in this thread."""
    token = BROUGHT.here.set(shelf)
    try:
        yield
    finally:
        BROUGHT.here.reset(token)
