"""Logs run records to MLflow through its client, also as a program of its own.

As a program it reads the arguments of `log` as JSON from stdin and prints how many runs it has
logged; without lossopt's own imports it starts quickly.
"""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Metric

ID, STATUS, TAGS = "lossopt.id", "lossopt.status", "lossopt.tags"
"""MLflow tags with the id and the status of our run, so that it is logged only once, and with the
tags that somebody gave it."""
NOTE = "mlflow.note.content"
"""The tag that MLflow shows as the description of a run."""
BATCH = 900
"""Metrics in a call: MLflow takes 1,000 entities, parameters and tags included."""
Records = Sequence[dict[str, Any]]
"""`programs.Record`s as plain dictionaries."""


def log(records: Records, address: str, experiment: str, artifacts: str | None = None) -> int:
    """Log the runs that the experiment does not have yet; returns how many there were.

    A new experiment keeps files at the address `artifacts`, by default where MLflow keeps them.
    ValueError where MLflow cannot use the address.
    """
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        client = MlflowClient(tracking_uri=address)
        found = client.get_experiment_by_name(experiment)
        id = found.experiment_id if found else client.create_experiment(experiment, artifacts)
        there = {*_logged(client, id)} if found else set()
        new = [each for each in records if (each["id"], each["status"]) not in there]
        for record in new:
            _log(client, id, record)
    except (MlflowException, SQLAlchemyError) as error:
        reason = getattr(error, "orig", None) or error
        raise ValueError(f"MLflow cannot write to this URI: {reason}") from error
    return len(new)


def _logged(client: "MlflowClient", experiment: str) -> Iterator[tuple[str, str]]:
    """Ids and statuses of our runs in the experiment."""
    token = None
    while True:
        page = client.search_runs([experiment], page_token=token)
        for run in page:
            if ID in run.data.tags:
                yield run.data.tags[ID], run.data.tags.get(STATUS, "")
        token = page.token
        if not token:
            return


def _log(client: "MlflowClient", experiment: str, record: dict[str, Any]) -> None:
    from mlflow.entities import Param, RunTag

    now = int(time.time() * 1000)
    run = client.create_run(experiment, start_time=now, run_name=record["name"]).info.run_id
    metrics = _metrics(record, now)
    batch = list(islice(metrics, BATCH))
    while len(batch) == BATCH:
        client.log_batch(run, metrics=batch)
        batch = list(islice(metrics, BATCH))
    # The tags last of all: a run that was logged in part has none, so that it is logged again.
    tags = {
        TAGS: ", ".join(record["tags"]),
        NOTE: record["note"],
        STATUS: record["status"],
        ID: record["id"],
    }
    client.log_batch(
        run,
        metrics=batch,
        params=[Param(name, str(value)) for name, value in record["settings"].items()],
        tags=[RunTag(tag, value) for tag, value in tags.items() if value],
    )
    client.set_terminated(run, "KILLED" if record["status"] == "stopped" else "FINISHED", now)


def _metrics(record: dict[str, Any], now: int) -> Iterator["Metric"]:
    from mlflow.entities import Metric

    for name, (updates, values) in record["metrics"].items():
        for update, value in zip(updates, values, strict=True):
            yield Metric(name, value, now, update)


def main() -> int:
    """Log what stdin says; the exit code is 2 where MLflow cannot write."""
    try:
        print(log(**json.load(sys.stdin)))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
