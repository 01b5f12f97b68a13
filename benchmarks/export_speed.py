"""How quickly runs are exported to TensorBoard and MLflow.

    pip install -r requirements-dev.txt
    python -m benchmarks.export_speed             # 422 runs with 60 evaluations each
    python -m benchmarks.export_speed --quick     # a smoke run

`import` is what it takes to load the program's package, once in a process; `write` what the
library and the command line do after that; `zip` what a download from the page takes, in which
MLflow runs in a process of its own, its import included.
"""

import argparse
import importlib
import platform
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from benchmarks.many_runs import experiments
from lossopt_core import Run, train
from lossopt_core.exchange import mlflow, tensorboard

RUNS, ROWS = 422, 60
PROGRAMS: dict[str, tuple[str, Callable[[list[Run], Path], object], Callable[[list[Run]], bytes]]]
PROGRAMS = {
    "TensorBoard": (
        "tensorboard.plugins.hparams.summary_v2",
        tensorboard.write_events,
        tensorboard.tensorboard_zip,
    ),
    "MLflow": (
        "mlflow.store.tracking.sqlalchemy_store",
        lambda runs, place: mlflow.write_mlflow(runs, f"sqlite:///{place}/mlflow.db"),
        mlflow.mlflow_zip,
    ),
}


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def row(program: str, runs: list[Run]) -> str:
    """A line of the table; the import must be the first of its package in this process."""
    package, write, zipped = PROGRAMS[program]
    loading = seconds(lambda: importlib.import_module(package))
    with tempfile.TemporaryDirectory() as place:
        writing = seconds(lambda: write(runs, Path(place)))
    zipping = seconds(lambda: zipped(runs))
    return f"| {program} | {len(runs):,} | {loading:.1f} s | {writing:.1f} s | {zipping:.1f} s |"


def main() -> None:
    """Print a table with a line for each program."""
    parser = argparse.ArgumentParser(description="How quickly runs are exported.")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--rows", type=int, default=ROWS, help="evaluations of a run")
    parser.add_argument("--quick", action="store_true", help="a smoke run")
    chosen = parser.parse_args()
    count, rows = (4, 5) if chosen.quick else (chosen.runs, chosen.rows)
    runs = train(list(experiments(count, rows)))
    values = sum(int(run.history.drop(columns="update").notna().sum().sum()) for run in runs)
    packages = ", ".join(f"{name} {version(name)}" for name in ("tensorboard", "mlflow-skinny"))
    print(f"Python {platform.python_version()}, {packages}; {values:,} values\n")
    print("| program | runs | import | write | zip |\n|---|---|---|---|---|")
    for program in PROGRAMS:
        print(row(program, runs), flush=True)


if __name__ == "__main__":
    main()
