"""Certificates in the store: one for all experiments with the same objective.

Those for data that everybody can make are everybody's.  Those for uploaded data belong to the
workspace that has the data, and go with them.
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
from lossopt_core.store.queries import portions
from lossopt_core.store.schema import (
    certificates,
    examples,
    own_certificates,
    written,
)

MOST_OWN_BYTES = 4_000_000
"""Of a workspace's certificates for uploaded data; the oldest make room for new ones."""


def kept_certificates(
    database: sql.Connection, workspace: str, experiments: Iterable[Experiment]
) -> dict[Experiment, Certificate]:
    """The certificates that this workspace may read, as far as they are readable."""
    problems = {each: problem_id(each) for each in experiments}
    private = {problem for each, problem in problems.items() if _on_uploaded_data(each)}
    there = own_certificates.c
    rows = _rows(database, certificates, sql.true(), set(problems.values()) - private)
    if private:
        mine = (there.workspace == workspace) & there.fingerprint.in_(_uploaded(workspace))
        rows |= _rows(database, own_certificates, mine, private)
    found = {}
    for each, problem in problems.items():
        with suppress(*DAMAGE):  # it can be computed again
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
        for some in portions(problems)
        for row in database.execute(sql.select(table).where(which & table.c.problem.in_(some)))
    }


def _on_uploaded_data(experiment: Experiment) -> bool:
    return DATASETS[experiment.dataset].brought


def _uploaded(workspace: str) -> sql.Select[Any]:
    """The fingerprints of the data that a workspace has."""
    return sql.select(examples.c.fingerprint).where(examples.c.workspace == workspace)


def keep_certificate(
    database: sql.Connection, workspace: str, experiment: Experiment, candidate: Certificate
) -> None:
    """Keep the candidate, unless a better one is kept.

    One for uploaded data that the workspace no longer has is dropped.
    """
    before = kept_certificates(database, workspace, [experiment]).get(experiment)
    if before is not None and before.relative_gap <= candidate.relative_gap:
        return
    row = _to_row(experiment, candidate)
    table: sql.Table = certificates
    which: sql.ColumnElement[bool] = sql.true()
    if _on_uploaded_data(experiment):
        mark = experiment.dataset_options["data"]
        of_data = _uploaded(workspace).where(examples.c.fingerprint == mark)
        if database.scalar(of_data) is None:
            return
        row |= {"workspace": workspace, "fingerprint": mark}
        table, which = own_certificates, own_certificates.c.workspace == workspace
    database.execute(sql.delete(table).where(which & (table.c.problem == row["problem"])))
    database.execute(sql.insert(table), row)
    if table is own_certificates:
        _make_room(database, workspace)


def _make_room(database: sql.Connection, workspace: str) -> None:
    """Remove the oldest until the rest is small enough."""
    there = own_certificates.c
    question = (
        sql.select(there.problem, sql.func.length(there.data))
        .where(there.workspace == workspace)
        .order_by(there.created.desc(), there.problem)
    )
    taken, too_many = 0, []
    for problem, size in database.execute(question).all():
        taken += size
        if taken > MOST_OWN_BYTES:
            too_many.append(problem)
    for some in portions(too_many):
        mine = (there.workspace == workspace) & there.problem.in_(some)
        database.execute(sql.delete(own_certificates).where(mine))


def forget_certificates(database: sql.Connection, workspace: str, mark: str) -> None:
    """Remove what was certified for the uploaded data of this fingerprint."""
    there = own_certificates.c
    mine = (there.workspace == workspace) & (there.fingerprint == mark)
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
