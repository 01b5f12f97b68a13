"""What is being trained, so that it is known when the program that did it is gone.

Whoever trains notes the experiments, gives a sign of life now and then, and strikes them out at
the end.  Without signs of life they are interrupted: whoever comes next can train them again.
"""

import json
import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import sqlalchemy as sql

from lossopt_core.experiment import Experiment
from lossopt_core.store import RunStore
from lossopt_core.store_layout import trainings, written

BEAT_SECONDS = 10.0
SILENT = timedelta(seconds=3 * BEAT_SECONDS)
"""Without a sign of life for so long, nobody trains any more."""


class Underway:
    """What is being trained for the workspace of a store."""

    def __init__(self, store: RunStore) -> None:
        self._store = store
        self._database = store.database
        self._mine = trainings.c.workspace == store.workspace

    def begin(self, experiments: Sequence[Experiment], *, now: datetime | None = None) -> str:
        """Note a training; returns its name for the other methods."""
        job = uuid.uuid4().hex
        row = {
            "workspace": self._store.workspace,
            "job": job,
            "beat": written(now or datetime.now(UTC)),
            "experiments": json.dumps([each.to_json() for each in experiments]),
        }
        self._database.write(lambda database: database.execute(sql.insert(trainings), row))
        return job

    def beat(self, job: str, *, now: datetime | None = None) -> None:
        """A sign of life of a training."""
        change = sql.update(trainings).where(self._mine & (trainings.c.job == job))
        values = {"beat": written(now or datetime.now(UTC))}
        self._database.write(lambda database: database.execute(change.values(values)))

    def end(self, jobs: Iterable[str]) -> None:
        """Strike out trainings, whatever came of them."""
        some = trainings.c.job.in_(list(jobs))
        self._database.write(
            lambda database: database.execute(sql.delete(trainings).where(self._mine & some))
        )

    def interrupted(self, *, now: datetime | None = None) -> dict[str, list[Experiment]]:
        """By training, those experiments without a run that nobody trains any more.

        A sign of life out of the future counts as none: the clock was put back.  Trainings that
        left nothing undone are struck out, and so are those that cannot be read.
        """
        now = now or datetime.now(UTC)
        living = trainings.c.beat.between(written(now - SILENT), written(now + SILENT))
        with self._database.reading() as database:
            rows = database.execute(sql.select(trainings).where(self._mine & ~living)).all()
        left = {row.job: self._store.missing(_experiments(row.experiments)) for row in rows}
        if over := [job for job, missing in left.items() if not missing]:
            self.end(over)
        return {job: missing for job, missing in left.items() if missing}


def _experiments(text: str) -> list[Experiment]:
    try:
        return [Experiment.from_json(each) for each in json.loads(text)]
    except (TypeError, ValueError):
        return []
