"""Files that leave the page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lossopt_core import Run
from lossopt_core.exchange import mlflow, tensorboard
from lossopt_core.exchange.archive import ENDING, to_archive
from lossopt_core.export import tidy, to_csv, to_json, to_parquet


@dataclass(frozen=True)
class File:
    """A kind of file with all evaluations of the runs: how it is called and made.

    `why_not` says why it cannot be made here, or "" where it can.
    """

    label: str
    ending: str
    kind: str
    write: Callable[[Sequence[Run]], bytes]
    why_not: Callable[[], str] = lambda: ""


def csv(runs: Sequence[Run]) -> bytes:
    """The runs' histories as one tidy CSV: a row an evaluation of a run."""
    return to_csv(tidy(runs)).encode()


DATA: Mapping[str, File] = {
    "csv": File("CSV", "csv", "text/csv", csv),
    "parquet": File(
        "Parquet", "parquet", "application/vnd.apache.parquet", lambda runs: to_parquet(tidy(runs))
    ),
    "json": File("JSON", "json", "application/json", lambda runs: to_json(tidy(runs)).encode()),
}

ZIP = "application/zip"
PROGRAMS: Mapping[str, File] = {
    "tensorboard": File(
        "TensorBoard", "tensorboard.zip", ZIP, tensorboard.tensorboard_zip, tensorboard.why_not
    ),
    "mlflow": File("MLflow", "mlflow.zip", ZIP, mlflow.mlflow_zip, mlflow.why_not),
}
WHOLE = File("Runs with weights", ENDING.removeprefix("."), ZIP, to_archive)
"""What 'Bring in' takes back."""
