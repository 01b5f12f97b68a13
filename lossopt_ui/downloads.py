"""Files that leave the page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lossopt_core import Run
from lossopt_core.exchange import mlflow, tensorboard
from lossopt_core.exchange.archive import ENDING, to_archive
from lossopt_core.export import tidy, to_csv, to_json, to_parquet
from lossopt_core.store_notes import Note


@dataclass(frozen=True)
class File:
    """A kind of file with all evaluations of the runs: how it is called and made.

    `write` is given the runs, and what is said about them by id.  `why_not` says why it cannot be
    made here, or "" where it can.
    """

    label: str
    ending: str
    kind: str
    write: Callable[[Sequence[Run], Mapping[str, Note]], bytes]
    why_not: Callable[[], str] = lambda: ""


DATA: Mapping[str, File] = {
    "csv": File("CSV", "csv", "text/csv", lambda runs, _: to_csv(tidy(runs)).encode()),
    "parquet": File(
        "Parquet",
        "parquet",
        "application/vnd.apache.parquet",
        lambda runs, _: to_parquet(tidy(runs)),
    ),
    "json": File("JSON", "json", "application/json", lambda runs, _: to_json(tidy(runs)).encode()),
}

ZIP = "application/zip"
PROGRAMS: Mapping[str, File] = {
    "tensorboard": File(
        "TensorBoard", "tensorboard.zip", ZIP, tensorboard.tensorboard_zip, tensorboard.why_not
    ),
    "mlflow": File("MLflow", "mlflow.zip", ZIP, mlflow.mlflow_zip, mlflow.why_not),
}
WHOLE = File("Runs with weights", ENDING.removeprefix("."), ZIP, lambda runs, _: to_archive(runs))
"""What 'Bring in' takes back."""
