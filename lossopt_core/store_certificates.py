"""Certificates in the store: one for all experiments with the same objective."""

import json
import math
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import numpy as np
import sqlalchemy as sql

from lossopt_core.certificates import Certificate, problem_id, problem_settings
from lossopt_core.experiment import Experiment
from lossopt_core.store_arrays import DAMAGE
from lossopt_core.store_layout import certificates, written
from lossopt_core.store_questions import portions


def kept_certificates(
    database: sql.Connection, experiments: Iterable[Experiment]
) -> dict[Experiment, Certificate]:
    """Of those experiments that have one which can be read."""
    problems = {each: problem_id(each) for each in experiments}
    rows = {
        row.problem: row
        for some in portions(problems.values())
        for row in database.execute(
            sql.select(certificates).where(certificates.c.problem.in_(some))
        )
    }
    found = {}
    for each, problem in problems.items():
        with suppress(*DAMAGE):  # it can be computed again
            if problem in rows:
                found[each] = _from_row(rows[problem], each)
    return found


def keep_certificate(
    database: sql.Connection, experiment: Experiment, candidate: Certificate
) -> None:
    """Keep the candidate, unless a better one is kept."""
    before = kept_certificates(database, [experiment]).get(experiment)
    if before is not None and before.relative_gap <= candidate.relative_gap:
        return
    row = _to_row(experiment, candidate)
    database.execute(sql.delete(certificates).where(certificates.c.problem == row["problem"]))
    database.execute(sql.insert(certificates), row)


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
