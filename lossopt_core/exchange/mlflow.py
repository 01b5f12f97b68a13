"""Runs as MLflow keeps them: in an SQLite file, on a tracking server, or in a folder.

    mlflow ui --backend-store-uri sqlite:///mlflow.db
    MLFLOW_ALLOW_FILE_STORE=true mlflow ui --backend-store-uri ./mlruns

MLflow no longer cares for its folders, and opens one only where it is told to.
"""

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from lossopt_core.exchange.programs import (
    MEASURED,
    default_names,
    measurements,
    missing,
    zipped,
)
from lossopt_core.experiment.description import flat_settings
from lossopt_core.store.annotations import Note
from lossopt_core.training.run import STOPPED, Run

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Metric

EXPERIMENT = "lossopt"
ID, STATUS, TAGS = "lossopt.id", "lossopt.status", "lossopt.tags"
"""MLflow's tags with the id of our run and its status, for which it is written once, and with
the tags that somebody gave it."""
NOTE = "mlflow.note.content"
"""The tag that MLflow shows as the description of a run."""
MOST_METRICS = 1_000
"""What MLflow takes in one batch (its REST API, log-batch)."""
DATABASES = ("sqlite:", "postgresql", "mysql", "mssql")
README = f"{__doc__}\nThis is such a folder; `mlflow migrate-filestore` brings it to a database.\n"


def why_not(tracking_uri: str = "") -> str:
    """Why nothing can be written for MLflow here, at this address; "" where it can."""
    reason = missing("mlflow", "mlflow-skinny")
    if not reason and tracking_uri.startswith(DATABASES):
        reason = missing("alembic", "alembic")
    return reason


def write_mlflow(
    runs: Sequence[Run],
    tracking_uri: str,
    experiment_name: str = EXPERIMENT,
    notes: Mapping[str, Note] | None = None,
) -> int:
    """Log the runs to an MLflow experiment; returns how many were not there before.

    Settings become parameters, the history metrics by update, what `notes` say of an id name,
    tags and description.  A run that was stopped is KILLED, all others are FINISHED; a run that
    was there as stopped is written again when it is finished.  RuntimeError where a package is
    not installed; ValueError where MLflow cannot use the address.
    """
    _prepare(tracking_uri)
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    try:
        client = MlflowClient(tracking_uri=tracking_uri)
        found = client.get_experiment_by_name(experiment_name)
        experiment = found.experiment_id if found else client.create_experiment(experiment_name)
        there = {*_written(client, experiment)}
        names = dict(zip((run.id for run in runs), default_names(runs), strict=True))
        new = {run.id: run for run in runs if (run.id, run.status) not in there}
        for id, run in new.items():
            _write(client, experiment, run, names[id], (notes or {}).get(id, Note()))
    except (MlflowException, SQLAlchemyError) as error:
        reason = getattr(error, "orig", None) or error
        raise ValueError(f"MLflow cannot write there: {reason}") from error
    return len(new)


def _prepare(tracking_uri: str) -> None:
    """What must be so before MLflow is imported."""
    if reason := why_not(tracking_uri):
        raise RuntimeError(reason)
    # It reports its use to its makers unless told otherwise.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    if tracking_uri.startswith("file:"):
        os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")


def _written(client: "MlflowClient", experiment: str) -> Iterator[tuple[str, str]]:
    """Ids and statuses of our runs that are there."""
    token = None
    while True:
        page = client.search_runs([experiment], page_token=token)
        for run in page:
            if ID in run.data.tags:
                yield run.data.tags[ID], run.data.tags.get(STATUS, "")
        token = page.token
        if not token:
            return


def _write(client: "MlflowClient", experiment: str, run: Run, name: str, note: Note) -> None:
    from mlflow.entities import Param, RunTag

    now = int(time.time() * 1000)
    created = client.create_run(experiment, start_time=now, run_name=note.name or name)
    mine = created.info.run_id
    settings = flat_settings(run.experiment).items()
    client.log_batch(mine, params=[Param(name, str(value)) for name, value in settings])
    metrics = _metrics(run, now)
    while batch := list(islice(metrics, MOST_METRICS)):
        client.log_batch(mine, metrics=batch)
    # Last of all: a run that was written in part has no tags, so that it is written again.
    tags = {TAGS: ", ".join(note.tags), NOTE: note.note, STATUS: run.status, ID: run.id}
    client.log_batch(mine, tags=[RunTag(tag, value) for tag, value in tags.items() if value])
    client.set_terminated(mine, "KILLED" if run.status == STOPPED else "FINISHED", now)


def _metrics(run: Run, now: int) -> Iterator["Metric"]:
    from mlflow.entities import Metric

    for name in MEASURED:
        for update, value in measurements(run, name):
            yield Metric(name, value, now, update)


def mlflow_zip(runs: Sequence[Run], notes: Mapping[str, Note] | None = None) -> bytes:
    """A folder `mlruns` as a zip, with a word on how to look at it."""

    def write(folder: Path) -> None:
        store = folder / "mlruns"
        write_mlflow(runs, store.as_uri(), notes=notes)
        for path in store.rglob("meta.yaml"):  # they name the folder, which does not stay here
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace(folder.as_uri(), "."), encoding="utf-8")
        (folder / "README.txt").write_text(README, encoding="utf-8")

    return zipped(write)
