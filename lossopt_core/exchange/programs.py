"""What it takes to write for another program: its package, and a folder that travels as a zip."""

import zipfile
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from lossopt_core.experiment.description import differing_settings, flat_settings
from lossopt_core.experiment.grid import write
from lossopt_core.training.run import HISTORY_COLUMNS, Run

MEASURED = tuple(name for name in HISTORY_COLUMNS if name != "update")
"""What is written at each update."""
IN_EVERY_NAME = ("loss", "optimizer")


def missing(package: str, install: str) -> str:
    """Why nothing can be written with the package; "" where it is here."""
    return "" if find_spec(package) else f"{package} is not installed here: pip install {install}"


def measurements(run: Run, name: str) -> list[tuple[int, float]]:
    """What was measured at which update, evaluations without it left out."""
    history = run.history[["update", name]].dropna()
    updates, values = history["update"].to_numpy(), history[name].to_numpy(np.float64)
    return list(zip(updates.tolist(), values.tolist(), strict=True))


def zipped(fill: Callable[[Path], object]) -> bytes:
    """What is written to an empty folder, as a zip."""
    packed = BytesIO()
    with TemporaryDirectory() as name, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        folder = Path(name)
        fill(folder)
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            file.write(path, path.relative_to(folder))
    return packed.getvalue()


def default_names(runs: Sequence[Run]) -> list[str]:
    """'hinge sgd seed=3', where nobody has said how the runs are called."""
    experiments = [run.experiment for run in runs]
    telling = [name for name in differing_settings(experiments) if name not in IN_EVERY_NAME]
    names = []
    for experiment in experiments:
        settings = flat_settings(experiment)
        parts = [f"{name}={write(settings[name])}" for name in telling if name in settings]
        names.append(" ".join([*(settings[name] for name in IN_EVERY_NAME), *parts]))
    return names
