"""Runs as MLflow keeps them: in an SQLite database, or on a tracking server.

mlflow ui --backend-store-uri sqlite:///mlflow.db
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from lossopt_core.exchange import mlflow_log
from lossopt_core.exchange.programs import missing, records, zipped
from lossopt_core.store.annotations import Note
from lossopt_core.training.run import Run

EXPERIMENT = "lossopt"
DATABASE = "mlflow.db"
TRACKING_URI = f"sqlite:///{DATABASE}"
"""The address that MLflow itself uses by default."""
ARTIFACTS = "mlflow-artifacts:/lossopt"
"""Where files of the runs would lie: with the server, as a folder of this machine means nothing
where the database is looked at."""
README = f"""Runs as MLflow {{version}} keeps them. To look at them, run in this folder

    mlflow ui --backend-store-uri {TRACKING_URI}

With a newer MLflow, bring the database up to date first:

    mlflow db upgrade {TRACKING_URI}
"""
_ONE_AT_A_TIME = threading.Lock()
"""A process that writes takes 300 MB: several visitors of one server wait for each other."""


def why_not() -> str:
    """Why nothing can be written for MLflow here; "" where it can."""
    return missing("mlflow", "alembic")


def write_mlflow(
    runs: Sequence[Run],
    tracking_uri: str = TRACKING_URI,
    experiment_name: str = EXPERIMENT,
    notes: Mapping[str, Note] | None = None,
) -> int:
    """Log the runs to an MLflow experiment; returns how many were not there before.

    Settings become parameters, the columns of the history metrics with the update as their step,
    what `notes` say about an id name, tags and description.  A stopped run is KILLED, all others
    are FINISHED; a run that is there as stopped is logged again once it is finished.  MLflow's
    databases have no infinity: they keep the largest number instead.

    RuntimeError where a package is not installed; ValueError where MLflow cannot use the address.
    """
    if reason := why_not():
        raise RuntimeError(reason)
    os.environ.update(_silent())
    told = [vars(record) for record in records(runs, notes)]
    return mlflow_log.log(told, tracking_uri, experiment_name)


def _silent() -> dict[str, str]:
    """MLflow reports its use to its makers unless told otherwise before it is imported."""
    return {"MLFLOW_DISABLE_TELEMETRY": os.environ.get("MLFLOW_DISABLE_TELEMETRY", "true")}


def mlflow_zip(runs: Sequence[Run], notes: Mapping[str, Note] | None = None) -> bytes:
    """An SQLite database of MLflow's as a zip, with a word on how to look at it.

    A process of its own writes it: MLflow keeps every database open that it has written, and the
    server stays free for others meanwhile.
    """
    if reason := why_not():
        raise RuntimeError(reason)
    told = {
        "address": TRACKING_URI,
        "experiment": EXPERIMENT,
        "artifacts": ARTIFACTS,
        "records": [vars(record) for record in records(runs, notes)],
    }

    def write(folder: Path) -> None:
        with _ONE_AT_A_TIME:
            _log_in_process(json.dumps(told), folder)
        text = README.format(version=version("mlflow-skinny"))
        (folder / "README.txt").write_text(text, encoding="utf-8")

    return zipped(write)


def _log_in_process(told: str, folder: Path) -> None:
    # -P keeps this package's mlflow.py and tensorboard.py from hiding those programs.
    done = subprocess.run(
        [sys.executable, "-P", mlflow_log.__file__],
        input=told,
        cwd=folder,
        env=os.environ | _silent(),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise ValueError(done.stderr.strip().rpartition("\n")[2] or "MLflow wrote nothing")
