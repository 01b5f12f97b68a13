"""Where runs, what people say about them, and certificates are kept.

`store_layout` says how they lie in the database; a module each knows one kind of them.
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
from lossopt_core.store import annotations, deletion, foreign_rows, table
from lossopt_core.store import certificates as store_certificates
from lossopt_core.store import schema as layout
from lossopt_core.store import views as store_views
from lossopt_core.store.arrays import (
    ARRAYS,
    DAMAGE,
    PATH,
    TABLES,
    arrays_to_rows,
    empty_numbers,
    stored_of,
    table_numbers,
    to_tables,
)
from lossopt_core.store.database import Database, at_once
from lossopt_core.store.foreign import ForeignRun
from lossopt_core.store.queries import present, remove, rows_of
from lossopt_core.store.quotas import Budget
from lossopt_core.store.revision import renew, revision
from lossopt_core.store.room import Room, bounded
from lossopt_core.store.rows import (
    description_of,
    rows_to_run,
    run_to_row,
    timing_of,
)
from lossopt_core.store.schema import StoreError as StoreError
from lossopt_core.store.usage import Usage, usage
from lossopt_core.training.run import STOPPED, Run

REFERENCE = "reference"
"""The workspace of runs that everybody sees and nobody changes."""


Result = TypeVar("Result")


class ReadOnlyError(StoreError):
    """A change was asked for in a workspace that nobody changes."""


class UnknownRunError(StoreError, KeyError):
    """A run was asked for that the workspace does not have."""

    __str__ = Exception.__str__  # a KeyError would show its message in quotes


class RunStore:
    """The runs of one workspace.  Threads and processes may share a store.

    `address` is any SQLAlchemy address; by default the environment variable `LOSSOPT_STORE`,
    or else SQLite at `data/runs.db`.  Every method raises `StoreError` where the database is
    out of reach, damaged, or of a newer layout.  A workspace sees its own runs only, and a
    deleted run is as good as none.  In the workspace "reference" runs, and what is said of them,
    cannot be changed.  Messages of a `discreet` one do not say where it is.  Whatever would make
    the workspace hold more than its `budget` allows is refused with a `BudgetError`.
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
        """The address as it was given, its password included."""
        return self.database.address

    @property
    def shown(self) -> str:
        """The address, its password left out."""
        return self.database.shown

    # Runs

    def missing(self, experiments: Iterable[Experiment]) -> list[Experiment]:
        """Those without a run; a run that was stopped half-way counts as none.

        Of several experiments with one id, the first.
        """
        wanted: dict[str, Experiment] = {}
        for experiment in experiments:
            wanted.setdefault(experiment.id, experiment)
        complete = sql.select(layout.runs.c.id).where(
            layout.runs.c.status != STOPPED, layout.runs.c.deleted.is_(None)
        )
        with self.database.reading() as database:
            kept = {row.id for row in rows_of(database, self.workspace, complete, wanted)}
        return [experiment for each, experiment in wanted.items() if each not in kept]

    def save(self, runs: Iterable[Run]) -> None:
        """Keep the runs, each in its own transaction: whole or not at all.

        What is here stays as it is, except that a stopped or deleted run makes way for a newer
        one.  What people say about it stays in any case.  BudgetError where the workspace is
        full: the runs before are kept then.
        """
        self._refuse_if_read_only()
        with self.database.connection(write=True) as database:
            room = Room(self.budget, self.workspace)
            for run in runs:
                row, arrays = run_to_row(run), builtins.list(arrays_to_rows(run))
                at_once(database, self._saving(run.id, row, arrays, room))

    def _saving(
        self, id: str, row: dict[str, str], arrays: Sequence[dict[str, Any]], room: Room
    ) -> Callable[[sql.Connection], None]:
        key = {"workspace": self.workspace, "id": id}
        before = sql.select(layout.runs.c.status, layout.runs.c.deleted)

        def work(database: sql.Connection) -> None:
            replaced = rows_of(database, self.workspace, before, [id])
            if any(each.status != STOPPED and each.deleted is None for each in replaced):
                return
            room.take(database, arrays, new=not replaced)
            remove(database, self.workspace, [layout.arrays, layout.runs], [id])
            database.execute(sql.insert(layout.runs), key | row)
            database.execute(sql.insert(layout.arrays), [key | array for array in arrays])
            renew(database, self.workspace)

        return work

    def load(
        self, ids: Iterable[str], *, with_path: bool = True, with_minibatch: bool = True
    ) -> builtins.list[Run]:
        """The runs of these ids, in their order; UnknownRunError names an id that has none.

        Without their paths, and without the objective on minibatches, which are left empty
        then, they are read much quicker.
        """
        ids = builtins.list(ids)
        found = self.find(ids, with_path=with_path, with_minibatch=with_minibatch)
        for each in ids:
            if each not in found:
                raise UnknownRunError(f"there is no run {each!r} in {self.database.called}")
        return [found[each] for each in ids]

    def find(
        self, ids: Iterable[str], *, with_path: bool = True, with_minibatch: bool = True
    ) -> dict[str, Run]:
        """Those runs of these ids that there are, in the order of the ids."""
        left_out = (*(() if with_path else PATH), *(() if with_minibatch else ("minibatch",)))
        wanted = sql.select(layout.runs).where(layout.runs.c.deleted.is_(None))
        ids = builtins.list(dict.fromkeys(ids))
        with self.database.reading() as database:
            rows = {row.id: row for row in rows_of(database, self.workspace, wanted, ids)}
            there = [each for each in ids if each in rows]
            stored = self._stored(database, there, {*TABLES, *ARRAYS} - {*left_out})
        experiments = {}
        for each in there:
            with self._naming(each):
                experiments[each] = description_of(rows[each]).experiment
        tables = {
            name: self._tables(name, stored, experiments, left_out=name in left_out)
            for name in TABLES
        }
        found = {}
        for each in there:
            with self._naming(each):
                mine = {name: of_all[each] for name, of_all in tables.items()}
                found[each] = rows_to_run(rows[each], stored[each], mine)
        return found

    def experiments(self, ids: Iterable[str]) -> dict[str, Experiment]:
        """The experiments alone of those ids that have a run, in the order of the ids."""
        columns = (layout.runs.c.id, layout.runs.c.status, layout.runs.c.experiment)
        wanted = sql.select(*columns).where(layout.runs.c.deleted.is_(None))
        ids = builtins.list(dict.fromkeys(ids))
        with self.database.reading() as database:
            rows = {row.id: row for row in rows_of(database, self.workspace, wanted, ids)}
        found = {}
        for each in ids:
            if each in rows:
                with self._naming(each):
                    found[each] = description_of(rows[each]).experiment
        return found

    def histories(self, ids: Iterable[str]) -> dict[str, pd.DataFrame]:
        """The histories alone of those ids that have a run, in the order of the ids.

        For thousands of runs.  The tables share their memory: keep some for long as copies.
        """
        with self.database.reading() as database:
            there = present(database, self.workspace, ids)
            stored = self._stored(database, there, {"history"})
        return self._tables("history", stored)

    def timings(self, ids: Iterable[str]) -> dict[str, float]:
        """The seconds of an update, by id, of those runs that were trained alone."""
        question = sql.select(layout.runs.c.id, layout.runs.c.environment)
        question = question.where(layout.runs.c.deleted.is_(None))
        with self.database.reading() as database:
            rows = rows_of(database, self.workspace, question, ids)
        found = {row.id: timing_of(row) for row in rows}
        return {id: seconds for id, seconds in found.items() if seconds is not None}

    def sizes(self, ids: Iterable[str]) -> dict[str, int]:
        """The bytes of all numbers of those ids that have a run, in the order of the ids."""
        size = sql.func.sum(sql.func.length(layout.arrays.c.data)).label("size")
        question = sql.select(layout.arrays.c.id, size).group_by(layout.arrays.c.id)
        with self.database.reading() as database:
            there = present(database, self.workspace, ids)
            rows = rows_of(database, self.workspace, question, there)
        found = {row.id: int(row.size) for row in rows}
        return {each: found[each] for each in there if each in found}

    def _stored(
        self, database: sql.Connection, ids: Iterable[str], names: set[str]
    ) -> dict[str, dict[str, sql.Row[Any]]]:
        """The arrays of these names of each run; StoreError where one of them is not there."""
        question = sql.select(layout.arrays).where(layout.arrays.c.name.in_(names))
        arrays: dict[str, builtins.list[sql.Row[Any]]] = {each: [] for each in ids}
        for array in rows_of(database, self.workspace, question, arrays):
            arrays[array.id].append(array)
        stored = {}
        for each, rows in arrays.items():
            with self._naming(each):
                stored[each] = stored_of(rows, names)
        return stored

    def _tables(
        self,
        name: str,
        stored: Mapping[str, Mapping[str, sql.Row[Any]]],
        experiments: Mapping[str, Experiment] | None = None,
        *,
        left_out: bool = False,
    ) -> dict[str, pd.DataFrame]:
        """The table of that name of each run; empty where it is left out."""
        numbers = {}
        for each, arrays in stored.items():
            with self._naming(each):
                experiment = (experiments or {}).get(each)
                numbers[each] = (
                    empty_numbers(name) if left_out else table_numbers(arrays[name], experiment)
                )
        return to_tables(name, numbers)

    @contextmanager
    def _naming(self, id: str) -> Iterator[None]:
        """Say of which run it is that what is read within is damaged."""
        try:
            yield
        except UnknownEntryError as error:
            raise StoreError(
                f"the run {id} in {self.database.called} needs {error.needs}, and no plug-in that"
                " adds it is installed here"
            ) from error
        except DAMAGE as error:
            raise StoreError(
                f"the run {id} in {self.database.called} is damaged: {error}"
            ) from error

    def list(self) -> pd.DataFrame:
        """All runs, the oldest first: id, created, status, what is said, settings, figures.

        Said is name, tags, note, pinned, archived.  `spark` is the objective at no more than
        24 evaluations, `family` the id of the experiments that differ by seeds only.  Figures
        are the last row of the history, and best_objective, best_train_accuracy,
        best_test_accuracy.  A setting that a run does not look at is missing in its row.  Rows
        that this version cannot read are left out; `listing` tells their ids.
        """
        return self.listing().runs

    def listing(self) -> table.Listing:
        """The same, with the ids of runs that cannot be read."""
        with self.database.reading() as database:
            rows = database.execute(table.question(self.workspace)).all()
        return table.listing(rows)

    def revision(self) -> str:
        """A short text that is new whenever list, histories or foreign would give others."""
        with self.database.reading() as database:
            return revision(database, self.workspace)

    def usage(self) -> Usage:
        """How much is kept in this workspace, deleted runs included until they are removed."""
        with self.database.reading() as database:
            return usage(database, self.workspace)

    def delete(self, ids: Iterable[str]) -> None:
        """Mark the runs as deleted: they are gone, but `restore` brings them back.

        Those that were deleted at least 24 hours ago are removed for good, with all that was said
        about them.  The hours are those during which a server was running on the store
        (`store_running`).  Ids without a run are passed over.
        """
        ids = builtins.list(ids)
        self._change(lambda database: deletion.delete(database, self.workspace, ids))

    def restore(self, ids: Iterable[str]) -> None:
        """Undo a deletion; ids without a deleted run are passed over."""
        ids = builtins.list(ids)
        self._change(lambda database: deletion.restore(database, self.workspace, ids))

    # What people say about runs

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
        """Say the same about several runs; None leaves a field as it is.

        ValueError names a field that is not as `Note` says.  Ids without a run are passed over.
        """
        ids = builtins.list(ids)
        fields = {
            "name": name, "note": note, "tags": tags, "pinned": pinned, "archived": archived,
        }  # fmt: skip
        changes = annotations.checked({k: v for k, v in fields.items() if v is not None})
        self._change(lambda database: annotations.annotate(database, self.workspace, ids, changes))

    # Views

    def views(self) -> dict[str, str]:
        """The saved views in the order of their names: name to query."""
        with self.database.reading() as database:
            return store_views.kept_views(database, self.workspace)

    def keep_view(self, name: str, query: str) -> None:
        """Save a view: a name of 1 to 60 characters, a query of at most 4,000.

        One of that name makes way.  ValueError for more than 200 views.
        """
        self._refuse_if_read_only()
        name, query = store_views.checked_view(name, query)
        self.write_within_budget(
            lambda database: store_views.keep_view(database, self.workspace, name, query)
        )

    def forget_view(self, name: str) -> None:
        """Forget a saved view; a name without one is passed over."""
        self._refuse_if_read_only()
        self.database.write(
            lambda database: store_views.forget_view(database, self.workspace, name)
        )

    # Curves from elsewhere

    def keep_foreign(self, runs: Iterable[ForeignRun]) -> builtins.list[ForeignRun]:
        """Keep curves from elsewhere, all or none; gives them back as they are kept.

        ValueError where one is not as `store_foreign.as_kept` says, or where there would be
        more than 1,000 in the workspace.
        """
        kept = [foreign_rows.as_kept(run) for run in runs]
        self._change(lambda database: foreign_rows.keep_foreign(database, self.workspace, kept))
        return kept

    def foreign(self) -> builtins.list[ForeignRun]:
        """All curves from elsewhere, the oldest first."""
        with self.database.reading() as database:
            return foreign_rows.kept_foreign(database, self.workspace)

    def forget_foreign(self, ids: Iterable[str]) -> None:
        """Remove curves from elsewhere; ids without one are passed over."""
        ids = builtins.list(ids)
        self._change(lambda database: foreign_rows.forget_foreign(database, self.workspace, ids))

    # Certificates

    def certificate(self, experiment: Experiment) -> Certificate | None:
        """What is known of the best possible objective; None where nothing readable is kept.

        For uploaded data only a workspace that has them is told.
        """
        return self.certificates([experiment]).get(experiment)

    def certificates(self, experiments: Iterable[Experiment]) -> dict[Experiment, Certificate]:
        """The same of several at once; those of which nothing is known are left out."""
        with self.database.reading() as database:
            return store_certificates.kept_certificates(database, self.workspace, experiments)

    def keep_certificate(self, experiment: Experiment, certificate: Certificate) -> None:
        """Keep a certificate for all experiments with this objective, unless a better is kept.

        One for uploaded data is kept for this workspace alone, and as long as it has the data.
        """
        self.write_within_budget(
            lambda database: store_certificates.keep_certificate(
                database, self.workspace, experiment, certificate
            )
        )

    def _change(self, work: Callable[[sql.Connection], None]) -> None:
        """Do the work in one transaction that makes a new revision."""
        self._refuse_if_read_only()

        def work_and_renew(database: sql.Connection) -> None:
            work(database)
            renew(database, self.workspace)

        self.write_within_budget(work_and_renew)

    def write_within_budget(self, work: Callable[[sql.Connection], Result]) -> Result:
        """Do the work in one transaction, unless the workspace would hold too much after it.

        BudgetError says what would be too much; nothing is changed then.
        """
        return self.database.write(bounded(work, self.budget, self.workspace))

    def _refuse_if_read_only(self) -> None:
        if self.read_only:
            raise ReadOnlyError(f"the runs in the workspace {self.workspace!r} cannot be changed")
