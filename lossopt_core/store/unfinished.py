"""Records of active trainings, so that they can resume after the process has ended.

A process that trains records the experiments, updates a heartbeat, and deletes the record at the
end.  A process that is told to stop marks its records as interrupted.  If a process is killed,
its heartbeats stop changing, and `Watch` marks the records.  Dates are not used, because clocks
differ and jump.
"""

import json
import secrets
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

import sqlalchemy as sql

from lossopt_core.analysis.fair_tuning import Comparison
from lossopt_core.analysis.tuned_sweep import TunedSweep
from lossopt_core.experiment.description import Experiment
from lossopt_core.fields import UnknownEntryError
from lossopt_core.store.database import Database
from lossopt_core.store.repository import RunStore
from lossopt_core.store.schema import trainings, written

INTERRUPTED = "interrupted"
BEAT_SECONDS = 10.0
CHECK_SECONDS = 5.0
"""Time between two checks of a `Watch`."""
SILENT_CHECKS = 6
"""After this many checks with an unchanged heartbeat, the process counts as dead."""


Tuned: TypeAlias = Comparison | TunedSweep
"""What first tunes learning rates, and then trains with them."""
_KINDS: Mapping[str, type[Tuned]] = {"comparison": Comparison, "sweep": TunedSweep}


@dataclass(frozen=True)
class Interrupted:
    """An interrupted training.

    job           its id
    experiments   all of its experiments
    missing       those without a complete run
    tuned         the comparison or sweep whose tuning it is, if the runs after it had not started
    needs         the entry of a plug-in that is not installed, "the loss 'focal'"; the experiments
                  cannot be read without it
    """

    job: str
    experiments: Sequence[Experiment] = ()
    missing: Sequence[Experiment] = ()
    tuned: Tuned | None = None
    needs: str = ""


class ActiveTrainings:
    """The active trainings of a workspace.

    Every method raises StoreError if the store cannot be used.
    """

    def __init__(self, store: RunStore) -> None:
        self._store = store
        self._database = store.database
        self._mine = trainings.c.workspace == store.workspace

    def begin(self, experiments: Sequence[Experiment], tuned: Tuned | None = None) -> str:
        """Record a training before it starts; returns its id.

        tuned   the comparison or sweep whose tuning it is, if its other runs follow
        """
        job = uuid.uuid4().hex
        row = {
            "workspace": self._store.workspace,
            "job": job,
            "beat": _new_heartbeat(),
            "experiments": _to_text(experiments, tuned),
        }
        self._database.write(lambda database: database.execute(sql.insert(trainings), row))
        return job

    def extend(self, job: str, experiments: Sequence[Experiment]) -> None:
        """Replace the experiments of a training; no further runs follow."""
        self._change([job], experiments=_to_text(experiments, None))

    def heartbeat(self, job: str) -> None:
        """Update the heartbeat of a training."""
        self._change([job], beat=_new_heartbeat())

    def interrupt(self, jobs: Iterable[str]) -> None:
        """Mark trainings as interrupted; a heartbeat of a live training removes the mark."""
        self._change(jobs, beat=INTERRUPTED)

    def _change(self, jobs: Iterable[str], **values: str) -> None:
        change = sql.update(trainings).where(self._mine & trainings.c.job.in_(list(jobs)))
        self._database.write(lambda database: database.execute(change.values(values)))

    def end(self, jobs: Iterable[str]) -> int:
        """Delete the records of trainings; returns their number."""
        those = sql.delete(trainings).where(self._mine & trainings.c.job.in_(list(jobs)))
        return self._database.write(lambda database: database.execute(those).rowcount)

    def jobs(self) -> dict[str, bool]:
        """The ids of all trainings, and whether each is interrupted."""
        query = sql.select(trainings.c.job, trainings.c.beat).where(self._mine)
        with self._database.reading() as database:
            return {row.job: row.beat == INTERRUPTED for row in database.execute(query)}

    def interrupted(self) -> list[Interrupted]:
        """The interrupted trainings with their missing runs.

        Records without missing runs, and unreadable ones, are deleted.
        """
        query = sql.select(trainings).where(self._mine & (trainings.c.beat == INTERRUPTED))
        with self._database.reading() as database:
            rows = database.execute(query.order_by(trainings.c.job)).all()
        found = [self._remaining(row.job, row.experiments) for row in rows]
        if complete := [each.job for each in found if not each.missing and not each.needs]:
            self.end(complete)
        return [each for each in found if each.missing or each.needs]

    def _remaining(self, job: str, text: str) -> Interrupted:
        try:
            experiments, tuned = _from_text(text)
        except UnknownEntryError as error:
            return Interrupted(job, needs=error.needs)
        missing = self._store.missing(experiments)
        if tuned is not None and not missing:
            experiments = [*experiments, *tuned.final_after(self._store.list())]
            missing = self._store.missing(experiments)
            tuned = None
        return Interrupted(job, experiments, missing, tuned)


class Watch:
    """Marks trainings whose process is dead, in all workspaces.  Run every `CHECK_SECONDS`."""

    def __init__(self, address: str | None = None) -> None:
        self._database = Database(address)
        self._seen: dict[tuple[str, str, str], int] = {}

    def check(self) -> None:
        """Compare the heartbeats with those of the last check.

        StoreError if the store cannot be used.
        """
        columns = (trainings.c.workspace, trainings.c.job, trainings.c.beat)
        query = sql.select(*columns).where(trainings.c.beat != INTERRUPTED)
        with self._database.reading() as database:
            rows = [(row.workspace, row.job, row.beat) for row in database.execute(query)]
        self._seen = {row: self._seen.get(row, 0) + 1 for row in rows}
        if silent := [row for row, checks in self._seen.items() if checks > SILENT_CHECKS]:
            self._database.write(lambda database: _mark(database, silent))


def _mark(database: sql.Connection, rows: Iterable[tuple[str, str, str]]) -> None:
    for workspace, job, beat in rows:
        this = (trainings.c.workspace == workspace) & (trainings.c.job == job)
        still = this & (trainings.c.beat == beat)
        database.execute(sql.update(trainings).where(still).values(beat=INTERRUPTED))


def _new_heartbeat() -> str:
    """The date, for people, and a random part that makes it unique on any clock."""
    return f"{written(datetime.now(UTC))} {secrets.token_hex(3)}"


def _to_text(experiments: Sequence[Experiment], tuned: Tuned | None) -> str:
    texts = [each.to_json() for each in experiments]
    if tuned is None:
        return json.dumps(texts)
    [kind] = [name for name, each in _KINDS.items() if isinstance(tuned, each)]
    return json.dumps({"experiments": texts, kind: tuned.to_json()})


def _from_text(text: str) -> tuple[list[Experiment], Tuned | None]:
    """Parse a record; empty if it is unreadable.

    UnknownEntryError if it needs a plug-in that is not installed.
    """
    try:
        record = json.loads(text)
        tuned: Tuned | None = None
        if isinstance(record, dict):
            experiments = record.pop("experiments")
            [(kind, text)] = record.items()
            record, tuned = experiments, _KINDS[kind].from_json(text)
        return [Experiment.from_json(each) for each in record], tuned
    except UnknownEntryError:
        raise
    except (KeyError, TypeError, ValueError):
        return [], None
