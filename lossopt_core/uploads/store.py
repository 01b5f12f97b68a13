"""Storage of uploaded data in a workspace.

An experiment refers to uploaded data by fingerprint, not by owner.  `set_upload_store` sets
where the whole program looks them up, and `using` overrides it for a block.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sql

from lossopt_core.data.datasets import (
    UPLOADED,
    Examples,
    Owner,
    Size,
    class_sizes,
)
from lossopt_core.experiment import caches
from lossopt_core.store import schema as layout
from lossopt_core.store.certificates import delete_certificates
from lossopt_core.store.repository import RunStore, StoreError
from lossopt_core.store.schema import written
from lossopt_core.texts import checked_text
from lossopt_core.uploads.serialization import fingerprint, from_bytes, to_bytes

LONGEST_NAME = 80
CLASS_SIZES: caches.Cache[dict[str, int] | None] = caches.Cache(1_000)


@dataclass(frozen=True)
class UploadedData:
    """Metadata of an uploaded data set."""

    fingerprint: str
    name: str
    created: str
    size: Size

    @property
    def options(self) -> dict[str, str | int]:
        """The data set options of an experiment on these data."""
        return {
            "data": self.fingerprint,
            "examples": self.size.examples,
            "features": self.size.features,
            "classes": self.size.classes,
            "test": self.size.test,
        }


class UploadStore:
    """The uploaded data sets of a workspace."""

    def __init__(self, store: RunStore) -> None:
        self._store = store
        self._database = store.database
        self.owner = Owner(store.address, store.workspace)
        self._workspace = store.workspace
        self._mine = layout.examples.c.workspace == store.workspace

    def save(self, name: str, examples: Examples) -> UploadedData:
        """Save a data set; an identical one is renamed.

        BudgetError if it is too large or does not fit into the workspace.
        """
        name = checked_text("name", name, LONGEST_NAME, shortest=1)
        count, width = examples.features.shape
        test = 0 if examples.test is None else int(examples.test.sum())
        size = Size(count, len(examples.class_names), width, test)
        self._store.budget.check_numbers(count, width, size.classes)
        kept = UploadedData(fingerprint(examples), name, written(datetime.now(UTC)), size)
        row = {
            "workspace": self._workspace,
            "fingerprint": kept.fingerprint,
            "name": name,
            "created": kept.created,
            "facts": json.dumps([size.examples, size.classes, size.features, size.test]),
            "data": to_bytes(examples),
        }

        def work(database: sql.Connection) -> None:
            self._remove(database, kept.fingerprint)
            database.execute(sql.insert(layout.examples), row)

        self._store.write_within_budget(work)
        return kept

    def list(self) -> list[UploadedData]:
        """All readable data sets, newest first."""
        columns = [each for each in layout.examples.c if each.name != "data"]
        query = sql.select(*columns).where(self._mine)
        with self._database.reading() as database:
            rows = database.execute(query.order_by(layout.examples.c.created.desc())).all()
        found = []
        for row in rows:
            try:
                size = Size(*(int(each) for each in json.loads(row.facts)))
            except (TypeError, ValueError):
                continue
            found.append(UploadedData(row.fingerprint, row.name, row.created, size))
        return found

    def has(self, mark: str) -> bool:
        """Whether the workspace has data with this fingerprint."""
        query = sql.select(layout.examples.c.name).where(
            self._mine & (layout.examples.c.fingerprint == mark)
        )
        with self._database.reading() as database:
            return database.scalar(query) is not None

    def examples(self, mark: str) -> Examples | None:
        """The examples with this fingerprint, or None; StoreError if they are corrupted."""
        query = sql.select(layout.examples.c.data).where(
            self._mine & (layout.examples.c.fingerprint == mark)
        )
        with self._database.reading() as database:
            data = database.scalar(query)
        if data is None:
            return None
        try:
            examples = from_bytes(data)
            if fingerprint(examples) != mark:
                raise ValueError("their fingerprint does not match")
        except ValueError as error:
            raise StoreError(f"the data {mark} are corrupted: {error}") from None
        return examples

    def class_sizes(self, mark: str) -> dict[str, int] | None:
        """Number of examples per class, or None if the data cannot be read."""

        def read() -> dict[str, int] | None:
            with suppress(StoreError):
                examples = self.examples(mark)
                return None if examples is None else class_sizes(examples)
            return None

        key = (self.owner, mark)
        sizes = CLASS_SIZES.get(key, read, owner=self.owner)
        if sizes is None:  # they may be uploaded later
            CLASS_SIZES.drop(key)
        return sizes

    def delete(self, mark: str) -> None:
        """Delete a data set with its certificates and cached results.

        Runs on it stay, and can be retrained once it is uploaded again.
        """

        def work(database: sql.Connection) -> None:
            self._remove(database, mark)
            delete_certificates(database, self._workspace, mark)

        self._database.write(work)
        caches.drop_owner(self.owner)

    def _remove(self, database: sql.Connection, mark: str) -> None:
        mine = self._mine & (layout.examples.c.fingerprint == mark)
        database.execute(sql.delete(layout.examples).where(mine))


def set_upload_store(upload_store: Callable[[], UploadStore | None]) -> None:
    """Set the function that returns where experiments look up uploaded data."""
    UPLOADED.usual = upload_store


@contextmanager
def using(upload_store: UploadStore) -> Iterator[None]:
    """Look up uploaded data here within the block, in this thread."""
    token = UPLOADED.here.set(upload_store)
    try:
        yield
    finally:
        UPLOADED.here.reset(token)
