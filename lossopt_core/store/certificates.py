"""Stored certificates, shared by all experiments with the same objective.

Certificates for built-in data are shared by all workspaces.  Those for uploaded data belong to
the workspace that has the data, and are deleted with the data.
"""

import json
import math
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import numpy as np
import sqlalchemy as sql

from lossopt_core.certify.certificates import Certificate, problem_id, problem_settings
from lossopt_core.data.datasets import DATASETS
from lossopt_core.experiment.description import Experiment
from lossopt_core.store.arrays import DAMAGE
from lossopt_core.store.queries import batches
from lossopt_core.store.schema import (
    certificates,
    examples,
    own_certificates,
    written,
)

MAX_OWN_BYTES = 4_000_000
"""Size limit for a workspace's certificates on uploaded data; the oldest are evicted."""


def load_certificates(
    database: sql.Connection, workspace: str, experiments: Iterable[Experiment]
) -> dict[Experiment, Certificate]:
    """The readable certificates that this workspace has access to."""
    problems = {each: problem_id(each) for each in experiments}
    private = {problem for each, problem in problems.items() if _on_uploaded_data(each)}
    there = own_certificates.c
    rows = _rows(database, certificates, sql.true(), set(problems.values()) - private)
    if private:
        mine = (there.workspace == workspace) & there.fingerprint.in_(_uploaded(workspace))
        rows |= _rows(database, own_certificates, mine, private)
    found = {}
    for each, problem in problems.items():
        with suppress(*DAMAGE):  # unreadable ones can be recomputed
            if problem in rows:
                found[each] = _from_row(rows[problem], each)
    return found


def _rows(
    database: sql.Connection,
    table: sql.Table,
    which: sql.ColumnElement[bool],
    problems: Iterable[str],
) -> dict[str, sql.Row[Any]]:
    return {
        row.problem: row
        for some in batches(problems)
        for row in database.execute(sql.select(table).where(which & table.c.problem.in_(some)))
    }


def _on_uploaded_data(experiment: Experiment) -> bool:
    return DATASETS[experiment.dataset].uploaded


def _uploaded(workspace: str) -> sql.Select[Any]:
    """The fingerprints of a workspace's uploaded data."""
    return sql.select(examples.c.fingerprint).where(examples.c.workspace == workspace)


def save_certificate(
    database: sql.Connection, workspace: str, experiment: Experiment, candidate: Certificate
) -> None:
    """Save the candidate unless a better certificate is stored.

    A candidate for uploaded data that the workspace no longer has is discarded.
    """
    before = load_certificates(database, workspace, [experiment]).get(experiment)
    if before is not None and before.relative_gap <= candidate.relative_gap:
        return
    row = _to_row(experiment, candidate)
    table: sql.Table = certificates
    which: sql.ColumnElement[bool] = sql.true()
    if _on_uploaded_data(experiment):
        fingerprint = experiment.dataset_options["data"]
        of_data = _uploaded(workspace).where(examples.c.fingerprint == fingerprint)
        if database.scalar(of_data) is None:
            return
        row |= {"workspace": workspace, "fingerprint": fingerprint}
        table, which = own_certificates, own_certificates.c.workspace == workspace
    database.execute(sql.delete(table).where(which & (table.c.problem == row["problem"])))
    database.execute(sql.insert(table), row)
    if table is own_certificates:
        _evict(database, workspace)


def _evict(database: sql.Connection, workspace: str) -> None:
    """Delete the oldest certificates until the rest fits the limit."""
    there = own_certificates.c
    query = (
        sql.select(there.problem, sql.func.length(there.data))
        .where(there.workspace == workspace)
        .order_by(there.created.desc(), there.problem)
    )
    taken, too_many = 0, []
    for problem, size in database.execute(query).all():
        taken += size
        if taken > MAX_OWN_BYTES:
            too_many.append(problem)
    for some in batches(too_many):
        mine = (there.workspace == workspace) & there.problem.in_(some)
        database.execute(sql.delete(own_certificates).where(mine))


def delete_certificates(database: sql.Connection, workspace: str, fingerprint: str) -> None:
    """Delete the certificates for uploaded data with this fingerprint."""
    there = own_certificates.c
    mine = (there.workspace == workspace) & (there.fingerprint == fingerprint)
    database.execute(sql.delete(own_certificates).where(mine))


def _to_row(experiment: Experiment, certificate: Certificate) -> dict[str, str | bytes]:
    names = ("objective", "lower_bound", "seconds", "method", "reached")
    theta = certificate.theta
    return {
        "problem": problem_id(experiment),
        "created": written(datetime.now(UTC)),
        "settings": json.dumps(problem_settings(experiment)),
        "facts": json.dumps({name: getattr(certificate, name) for name in names}),
        "shape": json.dumps(theta.shape),
        "data": np.ascontiguousarray(theta, dtype="<f8").tobytes(),
    }


def _from_row(row: sql.Row[Any], experiment: Experiment) -> Certificate:
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
