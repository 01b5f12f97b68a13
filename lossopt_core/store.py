"""Where runs are kept.

A database with three tables:

    facts    name, value                  `schema` is the version of this layout
    runs     workspace, id, created, status, experiment, settings, final, environment
             the last four are JSON: all fields; those that have a say; the last row of the
             history (null where it is not finite); versions
    arrays   workspace, id, name, columns, kind, shape, data
             `data` holds numbers of the kind '<f8', '<f4' or '<i8' (little-endian floats of
             8 or 4 bytes, integers of 8) in an array of that JSON shape, the last axis
             together; a table is stored column after column, with a JSON list of their names

so that any language with a database driver can read it.
"""

import builtins
import json
import math
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sql

from lossopt_core.experiment import Experiment, flat_settings
from lossopt_core.run import DIVERGED, FINISHED, STOPPED, WHOLE_COLUMNS, Run

SCHEMA = 1
DEFAULT_ADDRESS = f"sqlite:///{Path(__file__).parent.parent / 'data' / 'runs.db'}"
BUSY_SECONDS = 30
MOST_NAMES = 500
"""Ids in one question to the database; some allow no more than 1,000 parameters."""

TABLES = ("history", "minibatch")
ARRAYS = {"weights": "<f8", "bias": "<f8", "path": "<f4", "path_updates": "<i8"}
"""The fields of a run that are tables, and those that are arrays, with the numbers' kind."""

_tables = sql.MetaData()
_facts = sql.Table(
    "facts",
    _tables,
    sql.Column("name", sql.String(40), primary_key=True),
    sql.Column("value", sql.String(200), nullable=False),
)
_runs = sql.Table(
    "runs",
    _tables,
    sql.Column("workspace", sql.String(80), primary_key=True),
    sql.Column("id", sql.String(16), primary_key=True),
    sql.Column("created", sql.String(40), nullable=False),
    sql.Column("status", sql.String(20), nullable=False),
    sql.Column("experiment", sql.Text, nullable=False),
    sql.Column("settings", sql.Text, nullable=False),
    sql.Column("final", sql.Text, nullable=False),
    sql.Column("environment", sql.Text, nullable=False),
)
_arrays = sql.Table(
    "arrays",
    _tables,
    sql.Column("workspace", sql.String(80), primary_key=True),
    sql.Column("id", sql.String(16), primary_key=True),
    sql.Column("name", sql.String(20), primary_key=True),
    sql.Column("columns", sql.Text),
    sql.Column("kind", sql.String(3), nullable=False),
    sql.Column("shape", sql.String(80), nullable=False),
    sql.Column("data", sql.LargeBinary, nullable=False),
)


class StoreError(Exception):
    """The store cannot be used; the message says why, in words for people."""


class RunStore:
    """The runs of one workspace.  Threads and processes may share a store.

    `address` is any SQLAlchemy address; by default the environment variable `LOSSOPT_STORE`,
    or else SQLite at `data/runs.db`.  Every method raises `StoreError` where the database is
    out of reach, damaged, or of a newer layout.
    """

    def __init__(self, address: str | None = None, workspace: str = "local") -> None:
        self.address = address or os.environ.get("LOSSOPT_STORE") or DEFAULT_ADDRESS
        self.workspace = workspace

    def missing(self, experiments: Iterable[Experiment]) -> list[Experiment]:
        """Those without a run; a run that was stopped half-way counts as none."""
        wanted = {experiment.id: experiment for experiment in experiments}
        with self._transaction() as database:
            rows = self._rows(database, _runs, wanted)
        kept = {row.id for row in rows if row.status != STOPPED}
        return [experiment for each, experiment in wanted.items() if each not in kept]

    def save(self, runs: Iterable[Run]) -> None:
        """Keep the runs, each whole or not at all.

        A run of an experiment that has one already replaces it, but a stopped one never
        replaces one that came to its end.
        """
        for run in runs:
            with self._transaction(write=True) as database:
                before = [row.status for row in self._rows(database, _runs, [run.id])]
                if run.status == STOPPED and before not in ([], [STOPPED]):
                    continue
                self._delete(database, [run.id])
                key = {"workspace": self.workspace, "id": run.id}
                database.execute(sql.insert(_runs), key | _run_to_row(run))
                database.execute(sql.insert(_arrays), [key | row for row in _arrays_to_rows(run)])

    def load(self, ids: Sequence[str], *, with_path: bool = True) -> builtins.list[Run]:
        """The runs of these ids, in their order; KeyError names an id that has none.

        Without `with_path` the paths are left empty, which is much quicker.
        """
        found = self.find(ids, with_path=with_path)
        for each in ids:
            if each not in found:
                raise KeyError(f"no run with id {each!r} in this store")
        return [found[each] for each in ids]

    def find(self, ids: Iterable[str], *, with_path: bool = True) -> dict[str, Run]:
        """Those runs of these ids that there are."""
        ids = builtins.list(ids)
        only = () if with_path else (_arrays.c.name.not_in(["path", "path_updates"]),)
        with self._transaction() as database:
            rows = self._rows(database, _runs, ids)
            arrays: dict[str, builtins.list[sql.Row[Any]]] = {row.id: [] for row in rows}
            for array in self._rows(database, _arrays, ids, *only):
                arrays[array.id].append(array)
        return {row.id: self._to_run(row, arrays[row.id]) for row in rows}

    def list(self) -> pd.DataFrame:
        """All runs, the oldest first: id, created, status, settings, final figures.

        A setting that a run does not look at is missing in its row.
        """
        mine = sql.select(_runs).where(_runs.c.workspace == self.workspace)
        with self._transaction() as database:
            rows = database.execute(mine.order_by(_runs.c.created, _runs.c.id)).all()
        table = pd.DataFrame(
            [
                {"id": row.id, "created": row.created, "status": row.status}
                | json.loads(row.settings)
                | json.loads(row.final)
                for row in rows
            ],
            columns=None if rows else ["id", "created", "status"],
        )
        return table.assign(created=pd.to_datetime(table["created"], utc=True, format="ISO8601"))

    def delete(self, ids: Iterable[str]) -> None:
        """Remove the runs of these ids; ids without a run are passed over."""
        with self._transaction(write=True) as database:
            self._delete(database, builtins.list(ids))

    def _delete(self, database: sql.Connection, ids: Sequence[str]) -> None:
        for table in (_arrays, _runs):
            for some in _portions(ids):
                mine = (table.c.workspace == self.workspace) & table.c.id.in_(some)
                database.execute(sql.delete(table).where(mine))

    def _rows(
        self,
        database: sql.Connection,
        table: sql.Table,
        ids: Iterable[str],
        *conditions: sql.ColumnElement[bool],
    ) -> builtins.list[sql.Row[Any]]:
        """The rows of a table that belong to these runs of this workspace."""
        rows: builtins.list[sql.Row[Any]] = []
        for some in _portions(ids):
            mine = (table.c.workspace == self.workspace) & table.c.id.in_(some)
            rows += database.execute(sql.select(table).where(mine, *conditions)).all()
        return rows

    def _to_run(self, row: sql.Row[Any], arrays: Sequence[sql.Row[Any]]) -> Run:
        try:
            return _rows_to_run(row, arrays)
        except (ValueError, KeyError, TypeError) as error:
            raise StoreError(f"the run {row.id} in {self._shown} is damaged: {error}") from error

    @property
    def _shown(self) -> str:
        return sql.make_url(self.address).render_as_string(hide_password=True)

    @contextmanager
    def _transaction(self, *, write: bool = False) -> Iterator[sql.Connection]:
        """All of what is done inside happens, or nothing of it."""
        try:
            engine = self._engine
            with engine.connect().execution_options(write=write) as database, database.begin():
                yield database
        except (sql.exc.SQLAlchemyError, OSError) as error:
            reason = getattr(error, "orig", None) or error
            raise StoreError(f"the store at {self._shown} cannot be used: {reason}") from error

    @cached_property
    def _engine(self) -> sql.Engine:
        url = sql.make_url(self.address)
        if url.get_backend_name() != "sqlite":
            engine = sql.create_engine(url, pool_pre_ping=True)
        else:
            if url.database:
                Path(url.database).parent.mkdir(parents=True, exist_ok=True)
            engine = sql.create_engine(url, connect_args={"timeout": BUSY_SECONDS})
            _take_over_transactions(engine)
        with engine.connect().execution_options(write=True) as database, database.begin():
            fresh = not sql.inspect(database).has_table(_facts.name)
            if fresh:
                _tables.create_all(database)
                database.execute(sql.insert(_facts), {"name": "schema", "value": str(SCHEMA)})
            version = database.execute(
                sql.select(_facts.c.value).where(_facts.c.name == "schema")
            ).scalar_one()
        if int(version) > SCHEMA:
            raise StoreError(
                f"the store at {self._shown} was written by a newer lossopt (layout {version},"
                f" this one knows {SCHEMA}): update lossopt, or set LOSSOPT_STORE to another store"
            )
        return engine


def _take_over_transactions(engine: sql.Engine) -> None:
    """Let SQLite lock when a writing transaction begins, not at its first write.

    A transaction that reads first and writes later could find itself unable to go on.
    """

    @sql.event.listens_for(engine, "connect")
    def _no_implicit_transactions(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables == 0 and mode != "wal":
            connection.execute("PRAGMA journal_mode = WAL")

    @sql.event.listens_for(engine, "begin")
    def _begin(connection: sql.Connection) -> None:
        write = connection.get_execution_options().get("write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _portions(ids: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """The ids, each once, in portions that fit into one question."""
    each_once = iter(dict.fromkeys(ids))
    while some := tuple(islice(each_once, MOST_NAMES)):
        yield some


def _run_to_row(run: Run) -> dict[str, str]:
    final = {name: value if math.isfinite(value) else None for name, value in run.final.items()}
    return {
        "created": datetime.now(UTC).isoformat(),
        "status": run.status,
        "experiment": run.experiment.to_json(),
        "settings": json.dumps(flat_settings(run.experiment)),
        "final": json.dumps(final),
        "environment": json.dumps(dict(run.environment)),
    }


def _arrays_to_rows(run: Run) -> Iterator[dict[str, Any]]:
    for name in TABLES:
        table: pd.DataFrame = getattr(run, name)
        numbers = table.to_numpy(np.float64).T
        columns = json.dumps(builtins.list(table.columns))
        yield _array_to_row(name, numbers, "<f8") | {"columns": columns}
    for name, kind in ARRAYS.items():
        yield _array_to_row(name, getattr(run, name), kind) | {"columns": None}


def _array_to_row(name: str, numbers: np.ndarray[Any, Any], kind: str) -> dict[str, Any]:
    return {
        "name": name,
        "kind": kind,
        "shape": json.dumps(numbers.shape),
        "data": np.ascontiguousarray(numbers, dtype=kind).tobytes(),
    }


def _rows_to_run(row: sql.Row[Any], arrays: Sequence[sql.Row[Any]]) -> Run:
    experiment = Experiment.from_json(row.experiment)
    size = experiment.size
    nothing = np.empty((0, size.classes, size.features + 1), np.float32)
    values: dict[str, Any] = {"path": nothing, "path_updates": np.empty(0, np.int64)}
    for array in arrays:
        values[array.name] = _row_to_array(array)
    if row.status not in (FINISHED, DIVERGED, STOPPED):
        raise ValueError(f"unknown status {row.status!r}")
    if values["weights"].shape != (size.classes, size.features):
        raise ValueError(f"weights of shape {values['weights'].shape}")
    return Run(
        experiment=experiment,
        status=row.status,
        environment=json.loads(row.environment),
        **{name: values[name] for name in (*TABLES, *ARRAYS)},
    )


def _row_to_array(row: sql.Row[Any]) -> Any:
    if row.kind not in set(ARRAYS.values()):
        raise ValueError(f"{row.name} holds unknown numbers {row.kind!r}")
    numbers = np.frombuffer(row.data, dtype=row.kind).reshape(json.loads(row.shape)).copy()
    if row.columns is None:
        return numbers
    table = pd.DataFrame(dict(zip(json.loads(row.columns), numbers, strict=True)))
    whole = [name for name in WHOLE_COLUMNS if name in table]
    return table.astype(dict.fromkeys(whole, np.int64))
