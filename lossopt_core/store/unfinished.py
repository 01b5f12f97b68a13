"""What is being trained, so that it can go on after the program that did it has ended.

Whoever trains notes the experiments, renews a sign of life now and then, and strikes the note out
at the end.  A program that is told to stop marks its notes as interrupted.  One that is killed
cannot: its signs of life no longer change, which `Watch` sees and marks.  Dates have no say, since
clocks differ and jump.
"""

import json
import secrets
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sql

from lossopt_core.analysis.fair_tuning import Comparison
from lossopt_core.experiment.description import Experiment
from lossopt_core.fields import UnknownEntryError
from lossopt_core.store.database import Database
from lossopt_core.store.repository import RunStore
from lossopt_core.store.schema import trainings, written

INTERRUPTED = "interrupted"
BEAT_SECONDS = 10.0
LOOK_SECONDS = 5.0
"""Between two looks of a `Watch`."""
SILENT_LOOKS = 6
"""A sign of life that is the same in so many looks belongs to a program that is gone."""


@dataclass(frozen=True)
class Interrupted:
    """A training that ended before its time.

    job           its name
    experiments   all that it was about
    missing       those of them without a complete run
    comparison    the fair comparison whose second half follows, where it had not begun
    """

    job: str
    experiments: Sequence[Experiment]
    missing: Sequence[Experiment]
    comparison: Comparison | None = None


class Underway:
    """What is being trained for the workspace of a store.

    Every method raises StoreError where the store cannot be used.
    """

    def __init__(self, store: RunStore) -> None:
        self._store = store
        self._database = store.database
        self._mine = trainings.c.workspace == store.workspace

    def begin(self, experiments: Sequence[Experiment], comparison: Comparison | None = None) -> str:
        """Note a training before it begins; returns its name for the other methods.

        comparison   whose tuning it is, where the rest of that follows
        """
        job = uuid.uuid4().hex
        row = {
            "workspace": self._store.workspace,
            "job": job,
            "beat": _sign_of_life(),
            "experiments": _to_text(experiments, comparison),
        }
        self._database.write(lambda database: database.execute(sql.insert(trainings), row))
        return job

    def extend(self, job: str, experiments: Sequence[Experiment]) -> None:
        """From now on a training is about these experiments, and nothing follows."""
        self._change([job], experiments=_to_text(experiments, None))

    def heartbeat(self, job: str) -> None:
        """A sign of life of a training."""
        self._change([job], beat=_sign_of_life())

    def interrupt(self, jobs: Iterable[str]) -> None:
        """Mark trainings that end before their time; one that still lives takes the mark away."""
        self._change(jobs, beat=INTERRUPTED)

    def _change(self, jobs: Iterable[str], **values: str) -> None:
        change = sql.update(trainings).where(self._mine & trainings.c.job.in_(list(jobs)))
        self._database.write(lambda database: database.execute(change.values(values)))

    def end(self, jobs: Iterable[str]) -> int:
        """Strike out trainings, whatever came of them; returns how many there were."""
        those = sql.delete(trainings).where(self._mine & trainings.c.job.in_(list(jobs)))
        return self._database.write(lambda database: database.execute(those).rowcount)

    def jobs(self) -> dict[str, bool]:
        """The names of all trainings, each with whether it is interrupted."""
        question = sql.select(trainings.c.job, trainings.c.beat).where(self._mine)
        with self._database.reading() as database:
            return {row.job: row.beat == INTERRUPTED for row in database.execute(question)}

    def interrupted(self) -> list[Interrupted]:
        """The interrupted trainings, with what is left of each.

        Those that left nothing undone are struck out, and so are those that cannot be read.  Those
        that need a plug-in that is not installed here wait for it.
        """
        question = sql.select(trainings).where(self._mine & (trainings.c.beat == INTERRUPTED))
        with self._database.reading() as database:
            rows = database.execute(question.order_by(trainings.c.job)).all()
        found = [self._left(row.job, row.experiments) for row in rows if _known(row.experiments)]
        if over := [each.job for each in found if not each.missing]:
            self.end(over)
        return [each for each in found if each.missing]

    def _left(self, job: str, text: str) -> Interrupted:
        experiments, comparison = _from_text(text)
        missing = self._store.missing(experiments)
        if comparison is not None and not missing:
            experiments = [*experiments, *comparison.final_after(self._store.list())]
            missing = self._store.missing(experiments)
            comparison = None
        return Interrupted(job, experiments, missing, comparison)


class Watch:
    """Marks the trainings of all workspaces whose program is gone.  Called every `LOOK_SECONDS`."""

    def __init__(self, address: str | None = None) -> None:
        self._database = Database(address)
        self._seen: dict[tuple[str, str, str], int] = {}

    def look(self) -> None:
        """Compare the signs of life with those of the last look.

        StoreError where the store cannot be used.
        """
        columns = (trainings.c.workspace, trainings.c.job, trainings.c.beat)
        question = sql.select(*columns).where(trainings.c.beat != INTERRUPTED)
        with self._database.reading() as database:
            rows = [(row.workspace, row.job, row.beat) for row in database.execute(question)]
        self._seen = {row: self._seen.get(row, 0) + 1 for row in rows}
        if silent := [row for row, looks in self._seen.items() if looks > SILENT_LOOKS]:
            self._database.write(lambda database: _mark(database, silent))


def _mark(database: sql.Connection, rows: Iterable[tuple[str, str, str]]) -> None:
    for workspace, job, beat in rows:
        this = (trainings.c.workspace == workspace) & (trainings.c.job == job)
        still = this & (trainings.c.beat == beat)
        database.execute(sql.update(trainings).where(still).values(beat=INTERRUPTED))


def _sign_of_life() -> str:
    """The date, for people, and what makes it differ from the last one on any clock."""
    return f"{written(datetime.now(UTC))} {secrets.token_hex(3)}"


def _to_text(experiments: Sequence[Experiment], comparison: Comparison | None) -> str:
    texts = [each.to_json() for each in experiments]
    if comparison is None:
        return json.dumps(texts)
    return json.dumps({"experiments": texts, "comparison": comparison.to_json()})


def _known(text: str) -> bool:
    """Whether no plug-in is missing for what was noted."""
    try:
        _read(text)
    except UnknownEntryError:
        return False
    except (KeyError, TypeError, ValueError):
        return True
    return True


def _from_text(text: str) -> tuple[list[Experiment], Comparison | None]:
    """What was noted; nothing where that cannot be read."""
    try:
        return _read(text)
    except (KeyError, TypeError, ValueError):
        return [], None


def _read(text: str) -> tuple[list[Experiment], Comparison | None]:
    told = json.loads(text)
    comparison = None
    if isinstance(told, dict):
        comparison = Comparison.from_json(told["comparison"])
        told = told["experiments"]
    return [Experiment.from_json(each) for each in told], comparison
