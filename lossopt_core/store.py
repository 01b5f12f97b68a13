"""Where runs and certificates are kept; `store_layout` says how they lie in the database."""

import builtins
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from typing import Any

import pandas as pd
import sqlalchemy as sql

from lossopt_core import store_layout as layout
from lossopt_core.certificates import Certificate, problem_id
from lossopt_core.experiment import Experiment
from lossopt_core.export import settings_table
from lossopt_core.run import HISTORY_COLUMNS, STOPPED, Run
from lossopt_core.store_layout import StoreError as StoreError
from lossopt_core.store_rows import (
    DAMAGE,
    PATH,
    arrays_to_rows,
    certificate_to_row,
    row_to_certificate,
    rows_to_run,
    run_to_row,
    to_experiment,
    to_final,
)

MOST_NAMES = 500
"""Ids in one question to the database; some allow no more than 1,000 parameters."""


class UnknownRunError(StoreError, KeyError):
    """A run was asked for that the workspace does not have."""

    __str__ = Exception.__str__  # a KeyError would show its message in quotes


class RunStore:
    """The runs of one workspace.  Threads and processes may share a store.

    `address` is any SQLAlchemy address; by default the environment variable `LOSSOPT_STORE`,
    or else SQLite at `data/runs.db`.  Every method raises `StoreError` where the database is
    out of reach, damaged, or of a newer layout.  A workspace sees its own runs only.
    """

    def __init__(self, address: str | None = None, workspace: str = "local") -> None:
        if not 1 <= len(workspace) <= 80:
            raise ValueError(f"workspace must be a name of 1 to 80 characters, got {workspace!r}")
        self.address = address or os.environ.get("LOSSOPT_STORE") or layout.DEFAULT_ADDRESS
        self.workspace = workspace
        self._engine = layout.engine_at(self.address)

    def missing(self, experiments: Iterable[Experiment]) -> list[Experiment]:
        """Those without a run; a run that was stopped half-way counts as none.

        Of several experiments with one id, the first.
        """
        wanted: dict[str, Experiment] = {}
        for experiment in experiments:
            wanted.setdefault(experiment.id, experiment)
        with self._transaction() as database:
            rows = self._rows(database, sql.select(layout.runs.c.id, layout.runs.c.status), wanted)
        kept = {row.id for row in rows if row.status != STOPPED}
        return [experiment for each, experiment in wanted.items() if each not in kept]

    def save(self, runs: Iterable[Run]) -> None:
        """Keep the runs, each in its own transaction: whole or not at all.

        What is here stays as it is, except that a stopped run makes way for a newer one.
        """
        with self._connection(write=True) as database:
            for run in runs:
                rows = run_to_row(run), builtins.list(arrays_to_rows(run))
                try:
                    self._save(database, run.id, *rows)
                except sql.exc.IntegrityError:  # on a server, another saved it at this moment
                    self._save(database, run.id, *rows)

    def _save(
        self,
        database: sql.Connection,
        id: str,
        facts: dict[str, str],
        arrays: Sequence[dict[str, Any]],
    ) -> None:
        key = {"workspace": self.workspace, "id": id}
        with database.begin():
            before = self._rows(database, sql.select(layout.runs.c.status), [id])
            if before and before[0].status != STOPPED:
                return
            self._delete(database, [id])
            database.execute(sql.insert(layout.runs), key | facts)
            database.execute(sql.insert(layout.arrays), [key | array for array in arrays])

    def load(self, ids: Iterable[str], *, with_path: bool = True) -> builtins.list[Run]:
        """The runs of these ids, in their order; UnknownRunError names an id that has none.

        Without `with_path` the paths are left empty, which is much quicker.
        """
        ids = builtins.list(ids)
        found = self.find(ids, with_path=with_path)
        for each in ids:
            if each not in found:
                raise UnknownRunError(f"there is no run {each!r} in the store at {self.shown}")
        return [found[each] for each in ids]

    def find(self, ids: Iterable[str], *, with_path: bool = True) -> dict[str, Run]:
        """Those runs of these ids that there are, in the order of the ids."""
        ids = builtins.list(ids)
        numbers = sql.select(layout.arrays)
        if not with_path:
            numbers = numbers.where(layout.arrays.c.name.not_in(PATH))
        with self._transaction() as database:
            rows = {row.id: row for row in self._rows(database, sql.select(layout.runs), ids)}
            arrays: dict[str, builtins.list[sql.Row[Any]]] = {each: [] for each in rows}
            for array in self._rows(database, numbers, ids):
                arrays[array.id].append(array)
        return {
            each: self._to_run(rows[each], arrays[each], with_path) for each in ids if each in rows
        }

    def list(self) -> pd.DataFrame:
        """All runs, the oldest first: id, created, status, settings, final figures.

        A setting that a run does not look at is missing in its row.  Rows that this version
        cannot read are left out; `table.attrs["unreadable"]` lists their ids.
        """
        mine = sql.select(
            layout.runs.c.id,
            layout.runs.c.created,
            layout.runs.c.status,
            layout.runs.c.experiment,
            layout.runs.c.final,
        ).where(layout.runs.c.workspace == self.workspace)
        with self._transaction() as database:
            rows = database.execute(mine.order_by(layout.runs.c.created, layout.runs.c.id)).all()
        facts, experiments, finals, unreadable = [], [], [], []
        for row in rows:
            try:
                experiment, final = to_experiment(row), to_final(row.final)
            except DAMAGE:
                unreadable.append(row.id)
                continue
            facts.append((row.id, row.created, row.status))
            experiments.append(experiment)
            finals.append(final)
        about = pd.DataFrame(facts, columns=["id", "created", "status"], dtype="str")
        created = pd.to_datetime(about["created"], utc=True, format="ISO8601", errors="coerce")
        about["created"] = created.dt.as_unit("us")
        final_table = pd.DataFrame(finals, columns=builtins.list(HISTORY_COLUMNS), dtype="float64")
        table = pd.concat([about, settings_table(experiments), final_table], axis=1)
        table.attrs["unreadable"] = unreadable
        return table

    def delete(self, ids: Iterable[str]) -> None:
        """Remove the runs of these ids, all at once; ids without a run are passed over."""
        with self._transaction(write=True) as database:
            self._delete(database, ids)

    def _delete(self, database: sql.Connection, ids: Iterable[str]) -> None:
        for some in _portions(ids):
            for table in (layout.arrays, layout.runs):
                mine = (table.c.workspace == self.workspace) & table.c.id.in_(some)
                database.execute(sql.delete(table).where(mine))

    def certificate(self, experiment: Experiment) -> Certificate | None:
        """What is known of the best possible objective; None where nothing readable is kept."""
        mine = sql.select(layout.certificates).where(
            layout.certificates.c.problem == problem_id(experiment)
        )
        with self._transaction() as database:
            row = database.execute(mine).one_or_none()
        try:
            return None if row is None else row_to_certificate(row, experiment)
        except DAMAGE:
            return None  # it can be computed again

    def keep_certificate(self, experiment: Experiment, certificate: Certificate) -> None:
        """Keep a certificate for all experiments with this objective, unless a better is kept."""
        before = self.certificate(experiment)
        if before is not None and before.relative_gap <= certificate.relative_gap:
            return
        row = certificate_to_row(experiment, certificate)
        mine = layout.certificates.c.problem == row["problem"]
        with (
            self._connection(write=True) as database,
            # Where another process has just kept one too, that one does as well.
            suppress(sql.exc.IntegrityError),
            database.begin(),
        ):
            database.execute(sql.delete(layout.certificates).where(mine))
            database.execute(sql.insert(layout.certificates), row)

    def _rows(
        self, database: sql.Connection, question: sql.Select[Any], ids: Iterable[str]
    ) -> builtins.list[sql.Row[Any]]:
        """The rows of the question's table that belong to these runs of this workspace."""
        [table] = question.get_final_froms()
        rows: builtins.list[sql.Row[Any]] = []
        for some in _portions(ids):
            mine = (table.c.workspace == self.workspace) & table.c.id.in_(some)
            rows += database.execute(question.where(mine)).all()
        return rows

    def _to_run(self, row: sql.Row[Any], arrays: Sequence[sql.Row[Any]], with_path: bool) -> Run:
        try:
            return rows_to_run(row, arrays, with_path)
        except DAMAGE as error:
            raise StoreError(
                f"the run {row.id} in the store at {self.shown} is damaged: {error}"
            ) from error

    @property
    def shown(self) -> str:
        """The address, its password left out."""
        return self._engine.url.render_as_string(hide_password=True)

    @contextmanager
    def _transaction(self, *, write: bool = False) -> Iterator[sql.Connection]:
        """All of what is done inside happens, or nothing of it."""
        with self._connection(write=write) as database, database.begin():
            yield database

    @contextmanager
    def _connection(self, *, write: bool) -> Iterator[sql.Connection]:
        """A connection to a store of the present layout."""
        try:
            layout.make_directory(self._engine.url)
            with self._engine.connect() as database:
                layout.bring_up_to_date(database, self.shown)
                yield database.execution_options(write=write)
        except (sql.exc.SQLAlchemyError, OSError) as error:
            reason = getattr(error, "orig", None) or error
            raise StoreError(f"the store at {self.shown} cannot be used: {reason}") from error


def _portions(ids: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """The ids, each once, in portions that fit into one question."""
    each_once = iter(dict.fromkeys(ids))
    while some := tuple(islice(each_once, MOST_NAMES)):
        yield some
