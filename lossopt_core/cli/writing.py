"""`export` and `script`: write runs as tables, for other programs, or as Python scripts."""

import argparse
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from lossopt_core.analysis.tables import tidy, to_csv, to_json
from lossopt_core.cli.console import say
from lossopt_core.exchange.scripts import with_lossopt, with_numpy
from lossopt_core.store.annotations import Note, notes_in
from lossopt_core.store.repository import RunStore
from lossopt_core.texts import counted
from lossopt_core.training.run import Run

RUN_ID = re.compile(r"[0-9a-f]{16}")
FORMATS: dict[str, Callable[[pd.DataFrame], str]] = {"csv": to_csv, "json": to_json}


def export_command(chosen: argparse.Namespace) -> int:
    """Export runs as one tidy table or to another program."""
    if chosen.format not in FORMATS:
        raise ValueError(f"format must be one of {', '.join(FORMATS)}, got {chosen.format!r}")
    if chosen.to is not None:
        return export_to(chosen)
    store = RunStore(chosen.store)
    runs = store.load(chosen.ids or store.list()["id"], with_path=False)
    write_output(FORMATS[chosen.format](tidy(runs)), len(runs), chosen.output)
    return 0


def export_to(chosen: argparse.Namespace) -> int:
    """Export runs to another program."""
    program, target = _program_and_target(chosen)
    store = RunStore(chosen.store)
    notes = notes_in(store.list())
    runs = store.load(chosen.ids or notes, with_path=False, with_minibatch=False)
    try:
        say(PROGRAMS[program].write(runs, target, notes))
    except RuntimeError as error:  # its package is not installed
        raise ValueError(str(error)) from None
    return 0


def _program_and_target(chosen: argparse.Namespace) -> tuple[str, str]:
    program, *targets = chosen.to
    if program not in PROGRAMS:
        raise ValueError(f"--to must be one of {', '.join(PROGRAMS)}, got {program!r}")
    if chosen.output is not None:
        targets.append(chosen.output)
    if len(targets) > 1:
        raise ValueError(f"--to {program} takes one target, got {' and '.join(targets)}")
    if targets and RUN_ID.fullmatch(targets[0]):
        raise ValueError(f"ids of runs must come before --to, got --to {program} {targets[0]}")
    return program, targets[0] if targets else PROGRAMS[program].target


def _write_tensorboard(runs: Sequence[Run], target: str, notes: Mapping[str, Note]) -> str:
    from lossopt_core.exchange.tensorboard import write_events

    write_events(runs, target, notes)
    return f"{counted(len(runs), 'run')} written to {target}: tensorboard --logdir {target}"


def _write_mlflow(runs: Sequence[Run], target: str, notes: Mapping[str, Note]) -> str:
    from lossopt_core.exchange.mlflow import write_mlflow

    new = write_mlflow(runs, target, notes=notes)
    logged = f"{counted(new, 'run')} logged to {target}, {len(runs) - new:,} already there"
    is_server = target.startswith("http")
    return logged if is_server else f"{logged}: mlflow ui --backend-store-uri {target}"


@dataclass(frozen=True)
class Program:
    """Export to another program.

    target  default target
    write   writes runs and their annotations to a target and returns a message
    """

    target: str
    write: Callable[[Sequence[Run], str, Mapping[str, Note]], str]


PROGRAMS = {
    "tensorboard": Program("tensorboard-logs", _write_tensorboard),
    "mlflow": Program("sqlite:///mlflow.db", _write_mlflow),
}


def script_command(chosen: argparse.Namespace) -> int:
    """Write a script that retrains runs."""
    if chosen.numpy and len(chosen.ids) > 1:
        raise ValueError(f"--numpy takes exactly one run, got {len(chosen.ids)}")
    runs = RunStore(chosen.store).load(chosen.ids, with_path=False)
    experiments = [run.experiment for run in runs]
    text = with_numpy(experiments[0]) if chosen.numpy else with_lossopt(experiments)
    write_output(text, len(runs), chosen.output)
    return 0


def write_output(text: str, runs: int, output: str | None) -> None:
    """Write text to a file, or to stdout if no file is given."""
    if output is None:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    Path(output).write_text(text, encoding="utf-8", newline="")
    say(f"{counted(runs, 'run')} written to {output}.")
