"""Where the store's rows lie: its tables and the version of their layout.

A database with twelve tables:

    facts    name, value
             `schema` is the version of this layout; `secret`, where there is one, is random, and
             the key of the digests that persons' workspaces are named by; `running` is for how
             many seconds servers have been running on the store
    runs     workspace, id, created, status, experiment, settings, final, environment, reason,
             deleted, spark, best
             six are JSON: experiment is all fields; settings those that have a say; final the
             last row of the history (null where it is not finite); environment versions; spark
             the objective at no more than 24 evaluations; best the lowest objective and the
             highest accuracies.  `reason` says why a run is finished, or set apart (null before
             there were stopping rules).  `deleted` is when it was marked as deleted, by date and
             by minutes of `running`; null where it is there.  spark and best are null where an
             older layout's history was not readable
    arrays   workspace, id, name, columns, kind, shape, data
             `data` holds numbers of the kind '<f8', '<f4' or '<i8' (little-endian floats of
             8 or 4 bytes, integers of 8) in an array of that JSON shape, the last axis
             together; a table is stored column after column, with a JSON list of their names
    notes    workspace, id, name, tags, note, pinned, archived, changed
             what people say about the run of that id; `tags` is a JSON list.  No row: nothing
    views    workspace, name, query       what a page shows, kept under a name
    curves   workspace, id, name, source, created, columns, kind, shape, data
             curves from elsewhere, their numbers as in arrays
    revisions      workspace, value       `value` is new whenever runs, notes or curves changed
    certificates   problem, created, settings, facts, shape, data
             `problem` is the id of what was certified and `settings` the same in words; `facts`
             are objective, lower_bound, seconds, method, reached; `data` are the weights with
             the bias as last column, '<f8' in an array of that shape.  They are for data that
             everybody can make, and belong to no workspace
    own_certificates   workspace, problem, fingerprint, created, settings, facts, shape, data
             the same for uploaded data: they belong to the workspace, and go with the data
    visits   workspace, used              "used at" or "ending since" so many seconds of `running`
    trainings      workspace, job, beat, experiments
             what is being trained: a JSON list of experiments, or with the fair comparison that
             they are the tuning of; `beat` changes as long as somebody trains them, and is
             "interrupted" once nobody does.  A row goes when its training ends
    examples       workspace, fingerprint, name, created, facts, data
             a data set that somebody brought; `facts` is JSON: what is known without its numbers

so that any language with a database driver can read it.  Times are ISO 8601 in UTC, with
microseconds.  Six arrays belong to a run: the tables history and minibatch, and weights, bias,
path and path_updates.  A history of 60 evaluations has the shape [11, 60]; its objective, the
fourth column, is the 60 numbers of 8 bytes that begin at byte 3 · 60 · 8.

Notes are no columns of `runs`: a run is computed and may be replaced (a stopped one by a
finished one, a deleted one by one that is trained again), while what people say stays.
"""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sql

SCHEMA = 7
MOST_BYTES = 2**24
"""Of an array, where a database wants to know."""


class StoreError(Exception):
    """The store cannot be used; the message says why, in words for people."""


def written(time: datetime) -> str:
    """A time as the store writes it, so that times sort as texts."""
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
        sql.Column("data", sql.LargeBinary(MOST_BYTES), nullable=False),
    )


def _certified() -> tuple[sql.Column[Any], ...]:
    return (
        sql.Column("created", sql.String(40), nullable=False),
        sql.Column("settings", sql.Text, nullable=False),
        sql.Column("facts", sql.Text, nullable=False),
        sql.Column("shape", sql.String(80), nullable=False),
        sql.Column("data", sql.LargeBinary(MOST_BYTES), nullable=False),
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
    sql.Column("data", sql.LargeBinary(MOST_BYTES), nullable=False),
)
