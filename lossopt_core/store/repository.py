"""The repository of runs, annotations and certificates.

`store.schema` defines the tables; one module per kind of object reads and writes them.
"""

import builtins
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import pandas as pd
import sqlalchemy as sql

from lossopt_core.certify.certificates import Certificate
from lossopt_core.experiment.description import Experiment
from lossopt_core.fields import UnknownEntryError
from lossopt_core.objective.linear import Array
from lossopt_core.store import annotations, deletion, foreign_rows, table
from lossopt_core.store import certificates as store_certificates
from lossopt_core.store import schema as layout
from lossopt_core.store import sets as store_sets
from lossopt_core.store import views as store_views
from lossopt_core.store.arrays import (
    ARRAYS,
    DAMAGE,
    OPTIONAL_ARRAYS,
    PATH,
    arrays_to_rows,
    empty_numbers,
    stored_of,
    table_numbers,
    to_tables,
)
from lossopt_core.store.database import Database, atomically
from lossopt_core.store.foreign import ForeignRun
from lossopt_core.store.limits import StorageBudget, bounded
from lossopt_core.store.queries import existing_ids, remove, rows_of
from lossopt_core.store.quotas import Budget
from lossopt_core.store.revision import renew, revision
from lossopt_core.store.rows import (
    description_of,
    rows_to_run,
    run_to_row,
    timing_of,
)
from lossopt_core.store.schema import StoreError as StoreError
from lossopt_core.store.sets import RunSet
from lossopt_core.store.usage import Usage, usage
from lossopt_core.training.run import STOPPED, TABLES, Run

REFERENCE = "reference"
"""The read-only workspace of runs that all users see."""


Result = TypeVar("Result")


class ReadOnlyError(StoreError):
    """An attempt to change a read-only workspace."""


class UnknownRunError(StoreError, KeyError):
    """The workspace has no run with the requested id."""

    __str__ = Exception.__str__  # KeyError would put its message in quotes


class RunStore:
    """The saved runs of one workspace.  Threads and processes may share a store.

    `address` is an SQLAlchemy URL; the default is the environment variable `LOSSOPT_STORE`, or
    else SQLite at `data/runs.db`.  Every method raises `StoreError` if the database is
    unreachable, corrupted, or has a newer schema.  A workspace sees only its own runs, and
    deleted runs are treated as missing.  The workspace "reference" is read-only.  With
    `discreet`, messages do not reveal the URL.  Changes that would exceed the `budget` raise
    `BudgetError`.
    """

    def __init__(
        self,
        address: str | None = None,
        workspace: str = "local",
        *,
        discreet: bool = False,
        budget: Budget | None = None,
    ) -> None:
        if not 1 <= len(workspace) <= 80:
            raise ValueError(f"workspace must be a name of 1 to 80 characters, got {workspace!r}")
        self.database = Database(address, discreet=discreet)
        self.workspace = workspace
        self.budget = budget or Budget()
        self.read_only = workspace == REFERENCE

    @property
    def address(self) -> str:
        """The URL as given, including its password."""
        return self.database.address

    @property
    def shown(self) -> str:
        """The URL without its password."""
        return self.database.shown

    # Runs

    def missing(self, experiments: Iterable[Experiment]) -> list[Experiment]:
        """The experiments without a complete run (stopped runs do not count).

        Only the first of several experiments with the same id is returned.
        """
        wanted: dict[str, Experiment] = {}
        for experiment in experiments:
            wanted.setdefault(experiment.id, experiment)
        complete = sql.select(layout.runs.c.id).where(
            layout.runs.c.status != STOPPED, layout.runs.c.deleted.is_(None)
        )
        with self.database.reading() as database:
            complete_ids = {row.id for row in rows_of(database, self.workspace, complete, wanted)}
        return [experiment for each, experiment in wanted.items() if each not in complete_ids]

    def save(self, runs: Iterable[Run]) -> None:
        """Save runs, each atomically in its own transaction.

        Existing runs are left unchanged, except that stopped or deleted runs are replaced.
        Annotations are preserved.  BudgetError if the workspace is full; the runs before it are
        saved in that case.
        """
        self._check_writable()
        with self.database.connection(write=True) as database:
            storage = StorageBudget(self.budget, self.workspace)
            for run in runs:
                row, arrays = run_to_row(run), builtins.list(arrays_to_rows(run))
                atomically(database, self._saving(run.id, row, arrays, storage))

    def _saving(
        self, id: str, row: dict[str, str], arrays: Sequence[dict[str, Any]], storage: StorageBudget
    ) -> Callable[[sql.Connection], None]:
        key = {"workspace": self.workspace, "id": id}
        before = sql.select(layout.runs.c.status, layout.runs.c.deleted)

        def work(database: sql.Connection) -> None:
            replaced = rows_of(database, self.workspace, before, [id])
            if any(each.status != STOPPED and each.deleted is None for each in replaced):
                return
            storage.take(database, arrays, new=not replaced)
            remove(database, self.workspace, [layout.arrays, layout.runs], [id])
            database.execute(sql.insert(layout.runs), key | row)
            database.execute(sql.insert(layout.arrays), [key | array for array in arrays])
            renew(database, self.workspace)

        return work

    def load(
        self, ids: Iterable[str], *, with_path: bool = True, with_minibatch: bool = True
    ) -> builtins.list[Run]:
        """Load runs by id, in order; UnknownRunError names an id without a run.

        Loading is much faster without paths and minibatch objectives, which are empty then.
        """
        ids = builtins.list(ids)
        found = self.find(ids, with_path=with_path, with_minibatch=with_minibatch)
        for each in ids:
            if each not in found:
                raise UnknownRunError(f"there is no run {each!r} in {self.database.display_name}")
        return [found[each] for each in ids]

    def find(
        self, ids: Iterable[str], *, with_path: bool = True, with_minibatch: bool = True
    ) -> dict[str, Run]:
        """Load the existing runs among these ids, in order of the ids."""
        left_out = (*(() if with_path else PATH), *(() if with_minibatch else ("minibatch",)))
        wanted = sql.select(layout.runs).where(layout.runs.c.deleted.is_(None))
        ids = builtins.list(dict.fromkeys(ids))
        with self.database.reading() as database:
            rows = {row.id: row for row in rows_of(database, self.workspace, wanted, ids)}
            there = [each for each in ids if each in rows]
            stored = self._stored(database, there, {*TABLES, *ARRAYS} - {*left_out})
        experiments = {}
        for each in there:
            with self._naming_run(each):
                experiments[each] = description_of(rows[each]).experiment
        tables = {
            name: self._numbers(name, stored, experiments, left_out=name in left_out)
            for name in TABLES
        }
        found = {}
        for each in there:
            with self._naming_run(each):
                mine = {name: of_all[each] for name, of_all in tables.items()}
                found[each] = rows_to_run(rows[each], stored[each], mine)
        return found

    def experiments(self, ids: Iterable[str]) -> dict[str, Experiment]:
        """The experiments of the existing runs among these ids, in order of the ids."""
        columns = (layout.runs.c.id, layout.runs.c.status, layout.runs.c.experiment)
        wanted = sql.select(*columns).where(layout.runs.c.deleted.is_(None))
        ids = builtins.list(dict.fromkeys(ids))
        with self.database.reading() as database:
            rows = {row.id: row for row in rows_of(database, self.workspace, wanted, ids)}
        found = {}
        for each in ids:
            if each in rows:
                with self._naming_run(each):
                    found[each] = description_of(rows[each]).experiment
        return found

    def histories(self, ids: Iterable[str]) -> dict[str, pd.DataFrame]:
        """The histories of the existing runs among these ids, in order of the ids.

        Fast enough for thousands of runs.  The tables share memory; copy those you keep for long.
        """
        with self.database.reading() as database:
            there = existing_ids(database, self.workspace, ids)
            stored = self._stored(database, there, {"history"})
        return to_tables("history", self._numbers("history", stored))

    def timings(self, ids: Iterable[str]) -> dict[str, float]:
        """Seconds per update, by id, of runs that were trained alone."""
        query = sql.select(layout.runs.c.id, layout.runs.c.environment)
        query = query.where(layout.runs.c.deleted.is_(None))
        with self.database.reading() as database:
            rows = rows_of(database, self.workspace, query, ids)
        found = {row.id: timing_of(row) for row in rows}
        return {id: seconds for id, seconds in found.items() if seconds is not None}

    def sizes(self, ids: Iterable[str]) -> dict[str, int]:
        """The size in bytes of the existing runs among these ids, in order of the ids."""
        size = sql.func.sum(sql.func.length(layout.arrays.c.data)).label("size")
        query = sql.select(layout.arrays.c.id, size).group_by(layout.arrays.c.id)
        with self.database.reading() as database:
            there = existing_ids(database, self.workspace, ids)
            rows = rows_of(database, self.workspace, query, there)
        found = {row.id: int(row.size) for row in rows}
        return {each: found[each] for each in there if each in found}

    def with_state(self, ids: Iterable[str]) -> set[str]:
        """The runs among these ids that were saved with the state of their optimizer."""
        arrays = layout.arrays.c
        query = sql.select(arrays.id).where(arrays.name.in_(OPTIONAL_ARRAYS))
        with self.database.reading() as database:
            there = existing_ids(database, self.workspace, ids)
            return {row.id for row in rows_of(database, self.workspace, query, there)}

    def _stored(
        self, database: sql.Connection, ids: Iterable[str], names: set[str]
    ) -> dict[str, dict[str, sql.Row[Any]]]:
        """The named arrays of each run; StoreError if one is missing."""
        every = {*names, *(OPTIONAL_ARRAYS if "weights" in names else ())}
        query = sql.select(layout.arrays).where(layout.arrays.c.name.in_(every))
        arrays: dict[str, builtins.list[sql.Row[Any]]] = {each: [] for each in ids}
        for array in rows_of(database, self.workspace, query, arrays):
            arrays[array.id].append(array)
        stored = {}
        for each, rows in arrays.items():
            with self._naming_run(each):
                stored[each] = stored_of(rows, names)
        return stored

    def _numbers(
        self,
        name: str,
        stored: Mapping[str, Mapping[str, sql.Row[Any]]],
        experiments: Mapping[str, Experiment] | None = None,
        *,
        left_out: bool = False,
    ) -> dict[str, Array]:
        """The numbers (columns, rows) of each run's table of that name; empty if left out."""
        numbers = {}
        for each, arrays in stored.items():
            with self._naming_run(each):
                experiment = (experiments or {}).get(each)
                numbers[each] = (
                    empty_numbers(name) if left_out else table_numbers(arrays[name], experiment)
                )
        return numbers

    @contextmanager
    def _naming_run(self, id: str) -> Iterator[None]:
        """Turn errors on reading corrupted data into a StoreError that names the run."""
        try:
            yield
        except UnknownEntryError as error:
            raise StoreError(
                f"the run {id} in {self.database.display_name} needs {error.needs}, but no plug-in"
                " that adds it is installed"
            ) from error
        except DAMAGE as error:
            raise StoreError(
                f"the run {id} in {self.database.display_name} is corrupted: {error}"
            ) from error

    def list(self) -> pd.DataFrame:
        """All runs, oldest first: id, created, status, annotations, settings, metrics.

        Annotations are name, tags, note, pinned, archived.  `spark` is the objective at up to 24
        evaluations, and `family` the id of the group (runs that differ by seed only).  Metrics are
        the last row of the history, and best_objective, best_train_accuracy,
        best_test_accuracy.  Settings that do not apply to a run are missing.  Rows that this
        version cannot read are left out; `listing` has their ids.
        """
        return self.listing().runs

    def listing(self) -> table.Listing:
        """The same, with the ids of runs that cannot be read."""
        with self.database.reading() as database:
            rows = database.execute(table.query(self.workspace)).all()
        return table.listing(rows)

    def revision(self) -> str:
        """A token that changes whenever the result of list, histories or foreign changes."""
        with self.database.reading() as database:
            return revision(database, self.workspace)

    def usage(self) -> Usage:
        """Storage used by this workspace, including deleted runs until they are removed."""
        with self.database.reading() as database:
            return usage(database, self.workspace)

    def delete(self, ids: Iterable[str]) -> None:
        """Move runs to the bin; `restore` undoes it.

        Runs deleted at least 30 days ago are removed permanently, with their annotations.  Only
        time during which a server was running on the store count (`store.uptime`).  Unknown ids
        are ignored.
        """
        ids = builtins.list(ids)
        self._change(lambda database: deletion.delete(database, self.workspace, ids))

    def restore(self, ids: Iterable[str]) -> None:
        """Undo a deletion; ids without a deleted run are ignored."""
        ids = builtins.list(ids)
        self._change(lambda database: deletion.restore(database, self.workspace, ids))

    def bin(self) -> pd.DataFrame:
        """The deleted runs that can be restored, last deleted first.

        The columns are those of `list`, and `deleted`, the time of the deletion.
        """
        with self.database.reading() as database:
            return table.bin_of(database.execute(table.query(self.workspace, deleted=True)).all())

    def remove_deleted(self, ids: Iterable[str]) -> None:
        """Remove runs in the bin permanently, with their annotations; others are ignored."""
        ids = builtins.list(ids)
        self._change(lambda database: deletion.remove_deleted(database, self.workspace, ids))

    # Annotations

    def annotate(
        self,
        ids: Iterable[str],
        *,
        name: str | None = None,
        note: str | None = None,
        tags: Iterable[str] | None = None,
        pinned: bool | None = None,
        archived: bool | None = None,
    ) -> None:
        """Annotate several runs alike; None leaves a field unchanged.

        ValueError names a field that is invalid for a `Note`.  Unknown ids are ignored.
        """
        ids = builtins.list(ids)
        fields = {
            "name": name, "note": note, "tags": tags, "pinned": pinned, "archived": archived,
        }  # fmt: skip
        changes = annotations.checked({k: v for k, v in fields.items() if v is not None})
        self._change(lambda database: annotations.annotate(database, self.workspace, ids, changes))

    # Views

    def views(self) -> dict[str, str]:
        """The saved views (name to query), sorted by name."""
        with self.database.reading() as database:
            return store_views.load_views(database, self.workspace)

    def save_view(self, name: str, query: str) -> None:
        """Save a view with a name of 1 to 60 characters and a query of at most 4,000.

        An existing view of that name is replaced.  ValueError for more than 200 views.
        """
        self._check_writable()
        name, query = store_views.checked_view(name, query)
        self.write_within_budget(
            lambda database: store_views.save_view(database, self.workspace, name, query)
        )

    def delete_view(self, name: str) -> None:
        """Delete a saved view; an unknown name is ignored."""
        self._check_writable()
        self.database.write(
            lambda database: store_views.delete_view(database, self.workspace, name)
        )

    # Sets

    def save_set(self, ids: Iterable[str]) -> None:
        """Save runs that were planned together as a set, the newest.

        ValueError for more than 10,000 runs.  At most 200 sets are kept.
        """
        ids = builtins.list(ids)
        self._change(lambda database: store_sets.save_set(database, self.workspace, ids))

    def sets(self) -> builtins.list[RunSet]:
        """All sets of runs, newest first."""
        with self.database.reading() as database:
            return store_sets.load_sets(database, self.workspace)

    # Imported curves

    def save_foreign(self, runs: Iterable[ForeignRun]) -> builtins.list[ForeignRun]:
        """Save imported curves, all or none; returns them in the form in which they are stored.

        ValueError if one is invalid (see `foreign_rows.normalized`), or if the workspace would have
        more than 1,000.
        """
        normalized = [foreign_rows.normalized(run) for run in runs]
        self._change(
            lambda database: foreign_rows.save_foreign(database, self.workspace, normalized)
        )
        return normalized

    def foreign(self) -> builtins.list[ForeignRun]:
        """All imported curves, oldest first."""
        with self.database.reading() as database:
            return foreign_rows.load_foreign(database, self.workspace)

    def delete_foreign(self, ids: Iterable[str]) -> None:
        """Delete imported curves; unknown ids are ignored."""
        ids = builtins.list(ids)
        self._change(lambda database: foreign_rows.delete_foreign(database, self.workspace, ids))

    # Certificates

    def certificate(self, experiment: Experiment) -> Certificate | None:
        """The stored certificate of an experiment's optimum, or None.

        Certificates on uploaded data are only visible to workspaces that have the data.
        """
        return self.certificates([experiment]).get(experiment)

    def certificates(self, experiments: Iterable[Experiment]) -> dict[Experiment, Certificate]:
        """The stored certificates of several experiments; those without one are left out."""
        with self.database.reading() as database:
            return store_certificates.load_certificates(database, self.workspace, experiments)

    def save_certificate(self, experiment: Experiment, certificate: Certificate) -> None:
        """Save a certificate for all experiments with this objective, unless a better one exists.

        Certificates on uploaded data belong to this workspace and are deleted with the data.
        """
        self.write_within_budget(
            lambda database: store_certificates.save_certificate(
                database, self.workspace, experiment, certificate
            )
        )

    def _change(self, work: Callable[[sql.Connection], None]) -> None:
        """Run `work` and renew the revision in one transaction."""
        self._check_writable()

        def work_and_renew(database: sql.Connection) -> None:
            work(database)
            renew(database, self.workspace)

        self.write_within_budget(work_and_renew)

    def write_within_budget(self, work: Callable[[sql.Connection], Result]) -> Result:
        """Run `work` in one transaction; BudgetError if it would exceed the budget.

        Nothing is changed in that case.
        """
        return self.database.write(bounded(work, self.budget, self.workspace))

    def _check_writable(self) -> None:
        if self.read_only:
            raise ReadOnlyError(f"the workspace {self.workspace!r} is read-only")
