"""The database schema and its version.

The database has thirteen tables:

    facts    name, value
             `schema` is the schema version; `secret`, if present, is the random key of the
             digests that name users' workspaces; `running` is the uptime of servers in seconds
    runs     workspace, id, created, status, experiment, settings, final, environment, reason,
             deleted, spark, best
             six are JSON: experiment has all fields; settings those that apply; final the last
             row of the history (null for non-finite values); environment the versions; spark
             the objective at up to 24 evaluations; best the lowest objective and the highest
             accuracies.  `reason` says why a run ended (null in rows from before stopping
             rules).  `deleted` is when it was marked as deleted, as date and minutes of
             `running`; otherwise null.  spark and best are null if a migration could not read
             the history
    arrays   workspace, id, name, columns, kind, shape, data
             `data` has numbers of the dtype `kind`: '<f8', '<f4' or '<i8' (little-endian floats
             of 8 or 4 bytes, integers of 8), in C order with the JSON shape; a table is stored
             column by column, with a JSON list of column names
    notes    workspace, id, name, tags, note, pinned, archived, changed
             annotations of the run with that id; `tags` is a JSON list; no row if there are none
    views    workspace, name, query       saved views of a page
    sets     workspace, id, created, runs
             runs that were planned together, such as a sweep: `runs` is a JSON list of their ids
             and `id` a hash of it
    curves   workspace, id, name, source, created, columns, kind, shape, data
             imported curves, with numbers as in arrays
    revisions      workspace, value       `value` changes with runs, notes or curves
    certificates   problem, created, settings, facts, shape, data
             `problem` is the id of the certified objective and `settings` its settings; `facts`
             has objective, lower_bound, seconds, method, reached; `data` has the weights with
             the bias as last column, '<f8' in an array of that shape.  They are for built-in
             data and belong to no workspace
    own_certificates   workspace, problem, fingerprint, created, settings, facts, shape, data
             the same for uploaded data; they belong to the workspace and are deleted with the data
    visits   workspace, used              "used at" or "ending since" seconds of `running`
    trainings      workspace, job, beat, experiments
             active trainings: a JSON list of experiments, or an object that also has the fair
             comparison whose tuning they are; `beat` is a heartbeat that changes while the
             training runs, or "interrupted".  The row is deleted when the training ends
    examples       workspace, fingerprint, name, created, facts, data
             uploaded data sets; `facts` is JSON: their size

Any language with a database driver can read it.  Times are ISO 8601 in UTC, with
microseconds.  Every run has six arrays: the tables history and minibatch, and weights, bias,
path and path_updates; some have a seventh, state (see `Run`).  A history of 60 evaluations has
the shape [11, 60]; its objective, the fourth column, is the 60 numbers of 8 bytes that begin at
byte 3 · 60 · 8.

Notes are not columns of `runs`, because a run may be replaced (a stopped one by a finished one,
a deleted one by a retrained one) while its annotations stay.
"""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sql

SCHEMA = 8
MAX_BYTES = 2**24
"""Maximum size of an array, for databases that need to know it."""


class StoreError(Exception):
    """The store cannot be used; the message says why."""


def written(time: datetime) -> str:
    """Format a time for the store, so that times sort as strings."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")


tables = sql.MetaData()


def _workspace() -> sql.Column[str]:
    return sql.Column("workspace", sql.String(80), primary_key=True)


def _id() -> sql.Column[str]:
    return sql.Column("id", sql.String(16), primary_key=True)


def _numbers() -> tuple[sql.Column[Any], ...]:
    return (
        sql.Column("kind", sql.String(3), nullable=False),
        sql.Column("shape", sql.String(80), nullable=False),
        sql.Column("data", sql.LargeBinary(MAX_BYTES), nullable=False),
    )


def _certified() -> tuple[sql.Column[Any], ...]:
    return (
        sql.Column("created", sql.String(40), nullable=False),
        sql.Column("settings", sql.Text, nullable=False),
        sql.Column("facts", sql.Text, nullable=False),
        sql.Column("shape", sql.String(80), nullable=False),
        sql.Column("data", sql.LargeBinary(MAX_BYTES), nullable=False),
    )


facts = sql.Table(
    "facts",
    tables,
    sql.Column("name", sql.String(40), primary_key=True),
    sql.Column("value", sql.String(200), nullable=False),
)
runs = sql.Table(
    "runs",
    tables,
    _workspace(),
    _id(),
    sql.Column("created", sql.String(40), nullable=False),
    sql.Column("status", sql.String(20), nullable=False),
    sql.Column("experiment", sql.Text, nullable=False),
    sql.Column("settings", sql.Text, nullable=False),
    sql.Column("final", sql.Text, nullable=False),
    sql.Column("environment", sql.Text, nullable=False),
    sql.Column("reason", sql.String(40)),
    sql.Column("deleted", sql.String(40)),
    sql.Column("spark", sql.Text),
    sql.Column("best", sql.Text),
)
arrays = sql.Table(
    "arrays",
    tables,
    _workspace(),
    _id(),
    sql.Column("name", sql.String(20), primary_key=True),
    sql.Column("columns", sql.Text),
    *_numbers(),
)
notes = sql.Table(
    "notes",
    tables,
    _workspace(),
    _id(),
    sql.Column("name", sql.String(80), nullable=False),
    sql.Column("tags", sql.Text, nullable=False),
    sql.Column("note", sql.Text, nullable=False),
    sql.Column("pinned", sql.Boolean, nullable=False),
    sql.Column("archived", sql.Boolean, nullable=False),
    sql.Column("changed", sql.String(40), nullable=False),
)
views = sql.Table(
    "views",
    tables,
    _workspace(),
    sql.Column("name", sql.String(60), primary_key=True),
    sql.Column("query", sql.Text, nullable=False),
)
curves = sql.Table(
    "curves",
    tables,
    _workspace(),
    _id(),
    sql.Column("name", sql.String(80), nullable=False),
    sql.Column("source", sql.String(200), nullable=False),
    sql.Column("created", sql.String(40), nullable=False),
    sql.Column("columns", sql.Text, nullable=False),
    *_numbers(),
)
sets = sql.Table(
    "sets",
    tables,
    _workspace(),
    _id(),
    sql.Column("created", sql.String(40), nullable=False),
    sql.Column("runs", sql.Text, nullable=False),
)
revisions = sql.Table(
    "revisions",
    tables,
    _workspace(),
    sql.Column("value", sql.String(32), nullable=False),
)
certificates = sql.Table(
    "certificates",
    tables,
    sql.Column("problem", sql.String(16), primary_key=True),
    *_certified(),
)
own_certificates = sql.Table(
    "own_certificates",
    tables,
    _workspace(),
    sql.Column("problem", sql.String(16), primary_key=True),
    sql.Column("fingerprint", sql.String(32), nullable=False),
    *_certified(),
)
visits = sql.Table(
    "visits",
    tables,
    _workspace(),
    sql.Column("used", sql.String(40), nullable=False),
)
trainings = sql.Table(
    "trainings",
    tables,
    _workspace(),
    sql.Column("job", sql.String(32), primary_key=True),
    sql.Column("beat", sql.String(40), nullable=False),
    sql.Column("experiments", sql.Text, nullable=False),
)
examples = sql.Table(
    "examples",
    tables,
    _workspace(),
    sql.Column("fingerprint", sql.String(32), primary_key=True),
    sql.Column("name", sql.String(80), nullable=False),
    sql.Column("created", sql.String(40), nullable=False),
    sql.Column("facts", sql.Text, nullable=False),
    sql.Column("data", sql.LargeBinary(MAX_BYTES), nullable=False),
)
