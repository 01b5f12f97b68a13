"""File formats for exporting runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lossopt_core import Run
from lossopt_core.analysis.tables import (
    tidy,
    to_csv,
    to_json,
    to_parquet,
)
from lossopt_core.exchange import mlflow, tensorboard
from lossopt_core.exchange.archive import ENDING, to_archive
from lossopt_core.exchange.per_run import per_run
from lossopt_core.store.annotations import Note


@dataclass(frozen=True)
class Kind:
    """A file format with all evaluations of the runs.

    label        text of the button
    ending       file extension
    media_type   MIME type
    write        makes the file from the runs and their notes, by run id
    why_not      which packages it needs that are not installed here, or ""
    """

    label: str
    ending: str
    media_type: str
    write: Callable[[Sequence[Run], Mapping[str, Note]], bytes]
    why_not: Callable[[], str] = lambda: ""


DATA: Mapping[str, Kind] = {
    "csv": Kind("CSV", "csv", "text/csv", lambda runs, _: to_csv(tidy(runs)).encode()),
    "parquet": Kind(
        "Parquet",
        "parquet",
        "application/vnd.apache.parquet",
        lambda runs, _: to_parquet(tidy(runs)),
    ),
    "json": Kind("JSON", "json", "application/json", lambda runs, _: to_json(tidy(runs)).encode()),
}

PER_RUN: Mapping[str, Kind] = {
    "csv": Kind("CSV", "csv", "text/csv", lambda *runs: to_csv(per_run(*runs)).encode()),
    "parquet": Kind(
        "Parquet",
        "parquet",
        "application/vnd.apache.parquet",
        lambda *runs: to_parquet(per_run(*runs)),
    ),
    "json": Kind(
        "JSON", "json", "application/json", lambda *runs: to_json(per_run(*runs)).encode()
    ),
}
"""Formats with one row per run."""
ZIP = "application/zip"
PROGRAMS: Mapping[str, Kind] = {
    "tensorboard": Kind(
        "TensorBoard", "tensorboard.zip", ZIP, tensorboard.tensorboard_zip, tensorboard.why_not
    ),
    "mlflow": Kind("MLflow", "mlflow.zip", ZIP, mlflow.mlflow_zip, mlflow.why_not),
}
WHOLE = Kind("Runs with weights", ENDING.removeprefix("."), ZIP, lambda runs, _: to_archive(runs))
"""The format that Import reads back."""
