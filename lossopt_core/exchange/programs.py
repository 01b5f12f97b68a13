"""What exports to other programs share: run records, the needed packages, and zip files."""

import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from lossopt_core.experiment.grid import write
from lossopt_core.experiment.settings import differing_settings, flat_settings
from lossopt_core.store.annotations import Note
from lossopt_core.training.run import HISTORY_COLUMNS, Run

MEASURED = tuple(name for name in HISTORY_COLUMNS if name != "update")
"""The columns of a history that are exported as metrics, with the update as their step."""
IN_EVERY_NAME = ("loss", "optimizer")
EXTRA = 'pip install "lossopt[export]"'


@dataclass(frozen=True)
class Record:
    """A run as other programs see it.

    id        id of the run
    name      the name that it was given, or the settings that tell it apart
    status    "finished", "diverged" or "stopped"
    settings  values by name; a setting without a value is None
    metrics   for each measured column its updates and values, both of one length
    tags      what somebody tagged it with
    note      what somebody wrote about it
    """

    id: str
    name: str
    status: str
    settings: dict[str, Any]
    metrics: dict[str, tuple[list[int], list[float]]]
    tags: tuple[str, ...] = ()
    note: str = ""


def records(runs: Sequence[Run], notes: Mapping[str, Note] | None = None) -> list[Record]:
    """The runs with what `notes` say about their ids."""
    told = [(notes or {}).get(run.id, Note()) for run in runs]
    return [
        Record(
            id=run.id,
            name=note.name or name,
            status=run.status,
            settings=flat_settings(run.experiment),
            metrics=metrics(run),
            tags=note.tags,
            note=note.note,
        )
        for run, note, name in zip(runs, told, default_names(runs), strict=True)
    ]


def metrics(run: Run) -> dict[str, tuple[list[int], list[float]]]:
    """Updates and values of each measured column; evaluations without a value are left out."""
    columns = dict(zip(HISTORY_COLUMNS, run.numbers("history").T, strict=True))
    updates = columns["update"].astype(np.int64)
    found = {}
    for name in MEASURED:
        values = columns[name]
        there = ~np.isnan(values)
        if there.any():
            found[name] = updates[there].tolist(), values[there].tolist()
    return found


def missing(*packages: str) -> str:
    """Why nothing can be written without these packages; "" where all are installed."""
    absent = [package for package in packages if not find_spec(package)]
    are = "is" if len(absent) == 1 else "are"
    return f"{' and '.join(absent)} {are} not installed here: {EXTRA}" if absent else ""


def zipped(fill: Callable[[Path], object]) -> bytes:
    """What is written to an empty folder, as a zip; the folder is removed in any case."""
    packed = BytesIO()
    with TemporaryDirectory() as name, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        folder = Path(name)
        fill(folder)
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            file.write(path, path.relative_to(folder))
    return packed.getvalue()


def default_names(runs: Sequence[Run]) -> list[str]:
    """Names by the settings that tell the runs apart: 'hinge sgd seed=3'."""
    experiments = [run.experiment for run in runs]
    differing = [name for name in differing_settings(experiments) if name not in IN_EVERY_NAME]
    names = []
    for experiment in experiments:
        settings = flat_settings(experiment)
        parts = [f"{name}={write(settings[name])}" for name in differing if name in settings]
        names.append(" ".join([*(settings[name] for name in IN_EVERY_NAME), *parts]))
    return names
