"""Where runs are kept.

A database with four tables:

    facts    name, value                  `schema` is the version of this layout
    runs     workspace, id, created, status, experiment, settings, final, environment, reason
             four are JSON: experiment is all fields; settings those that have a say; final the
             last row of the history (null where it is not finite); environment versions.
             `reason` says why a run is finished (null before there were stopping rules)
    arrays   workspace, id, name, columns, kind, shape, data
             `data` holds numbers of the kind '<f8', '<f4' or '<i8' (little-endian floats of
             8 or 4 bytes, integers of 8) in an array of that JSON shape, the last axis
             together; a table is stored column after column, with a JSON list of their names
    certificates   problem, created, settings, facts, shape, data
             `problem` is the id of what was certified and `settings` the same in words; `facts`
             are objective, lower_bound, seconds, method, reached; `data` are the weights with
             the bias as last column, '<f8' in an array of that shape.  They are mathematics and
             belong to no workspace

so that any language with a database driver can read it.  Six arrays belong to a run: the
tables history and minibatch, and weights, bias, path and path_updates.  A history of 60
evaluations has the shape [11, 60]; its objective, the fourth column, is the 60 numbers of 8
bytes that begin at byte 3 · 60 · 8.
"""

import builtins
import json
import math
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sql

from lossopt_core.certificates import Certificate, problem_id, problem_settings
from lossopt_core.experiment import Experiment, flat_settings
from lossopt_core.export import settings_table
from lossopt_core.linear import Array, Labels
from lossopt_core.run import (
    DIVERGED,
    FINISHED,
    HISTORY_COLUMNS,
    MINIBATCH_COLUMNS,
    STOPPED,
    WHOLE_COLUMNS,
    Run,
)
from lossopt_core.stopping import Never

SCHEMA = 3

DEFAULT_ADDRESS = f"sqlite:///{Path(__file__).parent.parent / 'data' / 'runs.db'}"
BUSY_SECONDS = 30
"""How long a writer waits for its turn on an SQLite file."""
MOST_NAMES = 500
"""Ids in one question to the database; some allow no more than 1,000 parameters."""

TABLES = {"history": HISTORY_COLUMNS, "minibatch": MINIBATCH_COLUMNS}
ARRAYS = {"weights": "<f8", "bias": "<f8", "path": "<f4", "path_updates": "<i8"}
"""The fields of a run that are tables, and those that are arrays, with the numbers' kind."""
PATH = ("path", "path_updates")

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
    sql.Column("reason", sql.String(40)),
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
    sql.Column("data", sql.LargeBinary(2**24), nullable=False),
)
_certificates = sql.Table(
    "certificates",
    _tables,
    sql.Column("problem", sql.String(16), primary_key=True),
    sql.Column("created", sql.String(40), nullable=False),
    sql.Column("settings", sql.Text, nullable=False),
    sql.Column("facts", sql.Text, nullable=False),
    sql.Column("shape", sql.String(80), nullable=False),
    sql.Column("data", sql.LargeBinary(2**24), nullable=False),
)
MIGRATIONS: dict[int, Callable[[sql.Connection], None]] = {
    1: _certificates.create,
    2: lambda database: _add_column(database, _runs.c.reason),
}
"""From a version of the layout to what turns it into the next one, in one transaction."""


def _add_column(database: sql.Connection, column: sql.Column[Any]) -> None:
    definition = sql.schema.CreateColumn(column).compile(dialect=database.dialect)
    database.exec_driver_sql(f"ALTER TABLE {column.table.name} ADD COLUMN {definition}")


class StoreError(Exception):
    """The store cannot be used; the message says why, in words for people."""


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
        self.address = address or os.environ.get("LOSSOPT_STORE") or DEFAULT_ADDRESS
        self.workspace = workspace
        self._engine = _engine(self.address)

    def missing(self, experiments: Iterable[Experiment]) -> list[Experiment]:
        """Those without a run; a run that was stopped half-way counts as none.

        Of several experiments with one id, the first.
        """
        wanted: dict[str, Experiment] = {}
        for experiment in experiments:
            wanted.setdefault(experiment.id, experiment)
        with self._transaction() as database:
            rows = self._rows(database, sql.select(_runs.c.id, _runs.c.status), wanted)
        kept = {row.id for row in rows if row.status != STOPPED}
        return [experiment for each, experiment in wanted.items() if each not in kept]

    def save(self, runs: Iterable[Run]) -> None:
        """Keep the runs, each in its own transaction: whole or not at all.

        What is here stays as it is, except that a stopped run makes way for a newer one.
        """
        with self._connection(write=True) as database:
            for run in runs:
                rows = _run_to_row(run), builtins.list(_arrays_to_rows(run))
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
            before = self._rows(database, sql.select(_runs.c.status), [id])
            if before and before[0].status != STOPPED:
                return
            self._delete(database, [id])
            database.execute(sql.insert(_runs), key | facts)
            database.execute(sql.insert(_arrays), [key | array for array in arrays])

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
        numbers = sql.select(_arrays)
        if not with_path:
            numbers = numbers.where(_arrays.c.name.not_in(PATH))
        with self._transaction() as database:
            rows = {row.id: row for row in self._rows(database, sql.select(_runs), ids)}
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
            _runs.c.id, _runs.c.created, _runs.c.status, _runs.c.experiment, _runs.c.final
        ).where(_runs.c.workspace == self.workspace)
        with self._transaction() as database:
            rows = database.execute(mine.order_by(_runs.c.created, _runs.c.id)).all()
        facts, experiments, finals, unreadable = [], [], [], []
        for row in rows:
            try:
                experiment, final = _to_experiment(row), _to_final(row.final)
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
            for table in (_arrays, _runs):
                mine = (table.c.workspace == self.workspace) & table.c.id.in_(some)
                database.execute(sql.delete(table).where(mine))

    def certificate(self, experiment: Experiment) -> Certificate | None:
        """What is known of the best possible objective; None where nothing readable is kept."""
        mine = sql.select(_certificates).where(_certificates.c.problem == problem_id(experiment))
        with self._transaction() as database:
            row = database.execute(mine).one_or_none()
        try:
            return None if row is None else _row_to_certificate(row, experiment)
        except DAMAGE:
            return None  # it can be computed again

    def keep_certificate(self, experiment: Experiment, certificate: Certificate) -> None:
        """Keep a certificate for all experiments with this objective, unless a better is kept."""
        before = self.certificate(experiment)
        if before is not None and before.relative_gap <= certificate.relative_gap:
            return
        row = _certificate_to_row(experiment, certificate)
        mine = _certificates.c.problem == row["problem"]
        with (
            self._connection(write=True) as database,
            # Where another process has just kept one too, that one does as well.
            suppress(sql.exc.IntegrityError),
            database.begin(),
        ):
            database.execute(sql.delete(_certificates).where(mine))
            database.execute(sql.insert(_certificates), row)

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
            return _rows_to_run(row, arrays, with_path)
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
            _make_directory(self._engine.url)
            with self._engine.connect() as database:
                self._bring_up_to_date(database)
                yield database.execution_options(write=write)
        except (sql.exc.SQLAlchemyError, OSError) as error:
            reason = getattr(error, "orig", None) or error
            raise StoreError(f"the store at {self.shown} cannot be used: {reason}") from error

    def _bring_up_to_date(self, database: sql.Connection) -> None:
        """Make the tables, or change those of an older layout; refuse a newer one untouched."""
        with database.begin():
            if self._layout(database) == SCHEMA:
                return
        _let_readers_read_while_one_writes(database)
        with database.execution_options(write=True).begin():
            layout = self._layout(database)  # another process may have been here meanwhile
            if layout is None:
                _tables.create_all(database)
                database.execute(sql.insert(_facts), {"name": "schema", "value": str(SCHEMA)})
            else:
                for step in range(layout, SCHEMA):
                    MIGRATIONS[step](database)
                database.execute(
                    sql.update(_facts).where(_facts.c.name == "schema").values(value=str(SCHEMA))
                )

    def _layout(self, database: sql.Connection) -> int | None:
        """The version of the layout; None where there are no tables yet."""
        if not sql.inspect(database).has_table(_facts.name):
            return None
        question = sql.select(_facts.c.value).where(_facts.c.name == "schema")
        value = str(database.execute(question).scalar())
        if not value.isdecimal():
            raise StoreError(f"the database at {self.shown} is in use, but not by lossopt")
        if int(value) > SCHEMA:
            raise StoreError(
                f"the store at {self.shown} was written by a newer lossopt (layout {value},"
                f" this one knows {SCHEMA}): update lossopt, or set LOSSOPT_STORE to another store"
            )
        return int(value)


def _engine(address: str) -> sql.Engine:
    try:
        url = sql.make_url(address)
        return _new_engine(url) if _in_memory(url) else _shared_engine(url)
    except (sql.exc.SQLAlchemyError, ModuleNotFoundError) as error:
        raise StoreError(
            f"the store's address must be one like sqlite:///data/runs.db: {error}"
        ) from error


def _new_engine(url: sql.URL) -> sql.Engine:
    if url.get_backend_name() != "sqlite":
        return sql.create_engine(url, pool_pre_ping=True)
    wait = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    if _in_memory(url):  # its one connection is the database: threads take turns on it
        engine = sql.create_engine(
            url, connect_args=wait, poolclass=sql.QueuePool, pool_size=1, max_overflow=0
        )
    else:  # nothing stays open: a file that is removed or replaced is noticed
        engine = sql.create_engine(url, connect_args=wait, poolclass=sql.NullPool)
    _take_over_transactions(engine)
    return engine


_shared_engine = lru_cache(maxsize=16)(_new_engine)
"""One engine an address, so that a server sees one pool and not one for every RunStore."""


def _in_memory(url: sql.URL) -> bool:
    return url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:")


def _make_directory(url: sql.URL) -> None:
    if url.get_backend_name() == "sqlite" and url.database and not _in_memory(url):
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)


def _take_over_transactions(engine: sql.Engine) -> None:
    """Let SQLite lock when a writing transaction begins, not at its first write.

    A transaction that reads first and writes later could find itself unable to go on.
    """

    @sql.event.listens_for(engine, "connect")
    def _no_implicit_transactions(connection: Any, _: Any) -> None:
        connection.isolation_level = None

    @sql.event.listens_for(engine, "begin")
    def _begin(connection: sql.Connection) -> None:
        write = connection.get_execution_options().get("write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _let_readers_read_while_one_writes(database: sql.Connection) -> None:
    """Switch an SQLite file to write-ahead logging; the file remembers it."""
    connection: Any = database.connection.driver_connection
    if isinstance(connection, sqlite3.Connection):
        # Locked: another process is switching just now.  Without it the store is still correct.
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode = WAL")


def _portions(ids: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """The ids, each once, in portions that fit into one question."""
    each_once = iter(dict.fromkeys(ids))
    while some := tuple(islice(each_once, MOST_NAMES)):
        yield some


def _run_to_row(run: Run) -> dict[str, str]:
    final = {name: value if math.isfinite(value) else None for name, value in run.final.items()}
    return {
        "created": datetime.now(UTC).isoformat(timespec="microseconds"),
        "status": run.status,
        "experiment": run.experiment.to_json(),
        "settings": json.dumps(flat_settings(run.experiment)),
        "final": json.dumps(final),
        "environment": json.dumps(dict(run.environment)),
        "reason": run.reason,
    }


def _arrays_to_rows(run: Run) -> Iterator[dict[str, Any]]:
    for name, columns in TABLES.items():
        table: pd.DataFrame = getattr(run, name)
        numbers = table[builtins.list(columns)].to_numpy(np.float64).T
        yield _array_to_row(name, numbers, "<f8") | {"columns": json.dumps(columns)}
    for name, kind in ARRAYS.items():
        yield _array_to_row(name, getattr(run, name), kind) | {"columns": None}


def _array_to_row(name: str, numbers: np.ndarray[Any, Any], kind: str) -> dict[str, Any]:
    return {
        "name": name,
        "kind": kind,
        "shape": json.dumps(numbers.shape),
        "data": np.ascontiguousarray(numbers, dtype=kind).tobytes(),
    }


DAMAGE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What reading a row may raise when it holds something else than this module wrote."""


def _to_experiment(row: Any) -> Experiment:
    """The experiment of a row in `runs`, once the row is found to be consistent."""
    experiment = Experiment.from_json(row.experiment)
    if experiment.id != row.id:
        raise ValueError(f"its experiment has the id {experiment.id}")
    if row.status not in (FINISHED, DIVERGED, STOPPED):
        raise ValueError(f"its status is {row.status!r}")
    return experiment


def _to_final(text: str) -> builtins.list[float]:
    """Final figures in the order of a history's columns."""
    final = json.loads(text)
    return [math.nan if final[name] is None else float(final[name]) for name in HISTORY_COLUMNS]


def _rows_to_run(row: sql.Row[Any], arrays: Sequence[sql.Row[Any]], with_path: bool) -> Run:
    experiment = _to_experiment(row)
    stored = {array.name: array for array in arrays}
    needed = {*TABLES, *ARRAYS} - (set() if with_path else set(PATH))
    if absent := sorted(needed - set(stored)):
        raise ValueError(f"it has no {', '.join(absent)}")
    classes, features = experiment.size.classes, experiment.size.features
    points = _shape(stored["path_updates"])[0] if with_path else 0
    shapes = {
        "weights": (classes, features),
        "bias": (classes,),
        "path": (points, classes, features + 1),
        "path_updates": (points,),
    }
    values: dict[str, Any] = {
        name: _to_numbers(stored[name], kind, shapes[name])
        if with_path or name not in PATH
        else np.empty(shapes[name], kind)
        for name, kind in ARRAYS.items()
    }
    environment = json.loads(row.environment)
    if not isinstance(environment, dict):
        raise ValueError(f"its environment is {environment!r}")
    return Run(
        experiment=experiment,
        history=_to_table(stored["history"]),
        minibatch=_to_table(stored["minibatch"]),
        status=row.status,
        environment={str(name): str(value) for name, value in environment.items()},
        reason=_reason(row),
        **values,
    )


def _certificate_to_row(experiment: Experiment, certificate: Certificate) -> dict[str, str | bytes]:
    names = ("objective", "lower_bound", "seconds", "method", "reached")
    theta = certificate.theta
    return {
        "problem": problem_id(experiment),
        "created": datetime.now(UTC).isoformat(timespec="microseconds"),
        "settings": json.dumps(problem_settings(experiment)),
        "facts": json.dumps({name: getattr(certificate, name) for name in names}),
        "shape": json.dumps(theta.shape),
        "data": np.ascontiguousarray(theta, dtype="<f8").tobytes(),
    }


def _row_to_certificate(row: sql.Row[Any], experiment: Experiment) -> Certificate:
    facts = json.loads(row.facts)
    objective, lower_bound = float(facts["objective"]), float(facts["lower_bound"])
    if not 0.0 <= lower_bound <= objective < math.inf:
        raise ValueError(f"its bounds are {lower_bound} and {objective}")
    shape = (experiment.size.classes, experiment.size.features + 1)
    theta = np.frombuffer(row.data, dtype="<f8").reshape(shape).astype(np.float64)
    return Certificate(
        objective=objective,
        lower_bound=lower_bound,
        relative_gap=(objective - lower_bound) / objective if objective > 0 else 0.0,
        weights=theta[:, :-1],
        bias=theta[:, -1],
        seconds=float(facts["seconds"]),
        method=str(facts["method"]),
        reached=bool(facts["reached"]),
    )


def _reason(row: sql.Row[Any]) -> str:
    """Why the run ended; before there were stopping rules a run was finished by its updates."""
    if row.reason is None:
        return Never.reason if row.status == FINISHED else ""
    return str(row.reason)


def _shape(array: sql.Row[Any]) -> tuple[int, ...]:
    """The shape that a row of `arrays` claims, once its data are found to be as long."""
    shape = json.loads(array.shape)
    if array.kind not in ARRAYS.values():
        raise ValueError(f"{array.name} holds numbers of the kind {array.kind!r}")
    if not all(type(length) is int and length >= 0 for length in shape):
        raise ValueError(f"{array.name} has the shape {array.shape}")
    if math.prod(shape) * np.dtype(array.kind).itemsize != len(array.data):
        raise ValueError(f"{array.name} has {len(array.data)} bytes for the shape {array.shape}")
    return tuple(shape)


def _to_numbers(array: sql.Row[Any], kind: str, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    if array.kind != kind or _shape(array) != shape:
        raise ValueError(f"{array.name} is {array.kind} {array.shape}, not {kind} {list(shape)}")
    numbers = np.frombuffer(array.data, dtype=kind).reshape(shape)
    return numbers.astype(numbers.dtype.newbyteorder("="))


def _to_table(array: sql.Row[Any]) -> pd.DataFrame:
    columns = TABLES[array.name]
    if tuple(json.loads(array.columns)) != columns:
        raise ValueError(f"{array.name} has the columns {array.columns}")
    length = _shape(array)[-1]
    if array.name == "history" and length == 0:
        raise ValueError("its history is empty")
    numbers = _to_numbers(array, "<f8", (len(columns), length))
    return pd.DataFrame(
        {
            name: _to_whole(column) if name in WHOLE_COLUMNS else column
            for name, column in zip(columns, numbers, strict=True)
        }
    )


def _to_whole(column: Array) -> Labels:
    with np.errstate(invalid="ignore"):
        whole = column.astype(np.int64)
    if not np.array_equal(whole, column):
        raise ValueError("a count is not a whole number")
    return whole
