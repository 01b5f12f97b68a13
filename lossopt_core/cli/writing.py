"""`export` and `script`: runs as tables, for other programs, and as Python."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from lossopt_core.analysis.tables import tidy, to_csv, to_json
from lossopt_core.cli.console import counted, say
from lossopt_core.exchange.scripts import with_lossopt, with_numpy
from lossopt_core.store.annotations import Note, notes_in
from lossopt_core.store.repository import RunStore
from lossopt_core.training.run import Run

FORMATS: dict[str, Callable[[pd.DataFrame], str]] = {"csv": to_csv, "json": to_json}


def export_command(chosen: argparse.Namespace) -> int:
    """Write runs as one tidy file, or for another program."""
    if chosen.format not in FORMATS:
        raise ValueError(f"format must be one of {', '.join(FORMATS)}, got {chosen.format!r}")
    if chosen.to is not None:
        program, place = chosen.to
        return export_to(program, place, chosen)
    store = RunStore(chosen.store)
    runs = store.load(chosen.ids or store.list()["id"], with_path=False)
    hand_out(FORMATS[chosen.format](tidy(runs)), len(runs), chosen.output)
    return 0


def export_to(program: str, place: str, chosen: argparse.Namespace) -> int:
    """Write runs as the program keeps them."""
    if program not in PROGRAMS:
        raise ValueError(f"--to must be one of {', '.join(PROGRAMS)}, got {program!r}")
    if chosen.output is not None:
        raise ValueError("export writes to --output or --to a program, not both")
    store = RunStore(chosen.store)
    notes = notes_in(store.list())
    runs = store.load(chosen.ids or notes, with_path=False, with_minibatch=False)
    try:
        say(PROGRAMS[program](runs, place, notes))
    except RuntimeError as error:  # its package is not here
        raise ValueError(str(error)) from None
    return 0


def for_tensorboard(runs: Sequence[Run], place: str, notes: Mapping[str, Note]) -> str:
    """Write event files; what was done, in words."""
    from lossopt_core.exchange.tensorboard import write_events

    write_events(runs, place, [notes[run.id].name for run in runs])
    return f"{counted(len(runs))} written to {place}: tensorboard --logdir {place}"


def for_mlflow(runs: Sequence[Run], place: str, notes: Mapping[str, Note]) -> str:
    """Log to MLflow; what was done, in words."""
    from lossopt_core.exchange.mlflow import write_mlflow

    new = write_mlflow(runs, place, notes=notes)
    return f"{counted(new)} written for MLflow, {len(runs) - new:,} there already."


PROGRAMS = {"tensorboard": for_tensorboard, "mlflow": for_mlflow}


def script_command(chosen: argparse.Namespace) -> int:
    """Write runs as a script."""
    if chosen.numpy and len(chosen.ids) > 1:
        raise ValueError(f"--numpy writes the script of one run, got {len(chosen.ids)}")
    runs = RunStore(chosen.store).load(chosen.ids, with_path=False)
    experiments = [run.experiment for run in runs]
    text = with_numpy(experiments[0]) if chosen.numpy else with_lossopt(experiments)
    hand_out(text, len(runs), chosen.output)
    return 0


def hand_out(text: str, runs: int, output: str | None) -> None:
    """Write the text of so many runs to a file, or else to stdout."""
    if output is None:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    Path(output).write_text(text, encoding="utf-8", newline="")
    say(f"{counted(runs)} written to {output}.")
