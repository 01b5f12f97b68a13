"""`python -m lossopt_core`: train a grid of experiments, list runs, export them as tables or code.

Options, their ranges and the names that they take come from the fields of `Experiment` and
from the registries; a new entry appears here by itself.
"""

import argparse
import io
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext, suppress
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, TextIO, TypeAlias

import pandas as pd

from lossopt_core.backends import trained_on_processors
from lossopt_core.experiment import Experiment
from lossopt_core.export import declared_settings, tidy, to_csv, to_json
from lossopt_core.fields import Number
from lossopt_core.grid import add_settings, checked, grid, names, write
from lossopt_core.run import DIVERGED, Run
from lossopt_core.scripts import with_lossopt, with_numpy
from lossopt_core.store import RunStore, StoreError, UnknownRunError
from lossopt_core.store_notes import Note
from lossopt_core.training import Progress, cohort_key, train

PROGRAM = "python -m lossopt_core"
TRAINED_AT_ONCE = 256
"""Runs of a cohort that are trained and saved together: bounds the memory, and the loss."""

FIGURES = ("objective", "train_accuracy", "test_accuracy", "status")
FORMATS: dict[str, Callable[[pd.DataFrame], str]] = {"csv": to_csv, "json": to_json}
JOBS = Number("Jobs", 1, 1, 1024, "Processes that train side by side.", whole=True)
LAST = Number("Last", 20, 1, 1e9, "The newest runs.", whole=True)

FAILED, BAD_VALUE, INTERRUPTED = 1, 2, 128 + signal.SIGINT
"""What the program exits with, beside 0."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return what the program exits with."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console without Greek letters
    chosen = parser().parse_args(arguments)
    try:
        return int(chosen.command(chosen))
    except (ValueError, UnknownRunError) as error:
        say(f"lossopt: {one_line(error)}")
        return BAD_VALUE
    except BrokenPipeError:  # the reader, `head` perhaps, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (StoreError, OSError) as error:
        say(f"lossopt: {one_line(error)}")
        return FAILED
    except KeyboardInterrupt:
        say("lossopt: interrupted")
        return INTERRUPTED


def say(message: str) -> None:
    """Tell the person; results go to stdout, all else to stderr."""
    print(message, file=sys.stderr, flush=True)


def one_line(message: object) -> str:
    """The message without line breaks."""
    return " ".join(str(message).split())


# The options


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_VALUE, f"lossopt: {one_line(message)} (--help tells more)\n")


Commands: TypeAlias = "argparse._SubParsersAction[Parser]"


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    whole = Parser(
        prog=PROGRAM,
        description="Train linear classifiers, keep the runs, compare them.",
        epilog=EXAMPLES + "\n'train --help' lists every setting, its range and its default.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    commands = whole.add_subparsers(required=True, metavar="COMMAND", dest="name")
    for add in (_add_train, _add_runs, _add_export, _add_script):
        add(commands)
    return whole


def _add_train(commands: Commands) -> None:
    training = _add(
        commands,
        "train",
        train_command,
        "Train a grid: every combination of the values given. Runs that are kept already"
        "\nare not trained again; Ctrl-C keeps what is done.",
        usage="[--SETTING VALUE ...] ... [--option NAME=VALUE ...] [--seeds N] [--jobs N]"
        " [--store ADDRESS]",
        epilog=f"{EXAMPLES}\n{names()}",
    )
    training.add_argument(
        "--jobs",
        metavar="N",
        help="processes that train side by side; default: 1. With more, Ctrl-C gives up what"
        " they have under way",
    )
    add_settings(training)


def _add_runs(commands: Commands) -> None:
    listing = _add(
        commands,
        "runs",
        runs_command,
        "List the runs that are kept, the newest last.",
        usage="[--last N] [--store ADDRESS]",
    )
    listing.add_argument("--last", metavar="N", help="only the N newest")


def _add_export(commands: Commands) -> None:
    exporting = _add(
        commands,
        "export",
        export_command,
        "Write one tidy table: a row for each evaluation of each run, with all its settings;"
        "\nor write the runs as TensorBoard or MLflow keeps them.",
        usage="[ID ...] [--format csv|json] [--output FILE | --to PROGRAM PLACE] [--store ADDRESS]",
    )
    exporting.add_argument("ids", nargs="*", metavar="ID", help="which runs; default: all")
    exporting.add_argument(
        "--format", default="csv", metavar="FORMAT", help="csv or json; default: csv"
    )
    exporting.add_argument(
        "--to",
        nargs=2,
        metavar=("PROGRAM", "PLACE"),
        help="tensorboard and a folder, or mlflow and an address such as sqlite:///mlflow.db",
    )
    _add_output(exporting)


def _add_script(commands: Commands) -> None:
    scripting = _add(
        commands,
        "script",
        script_command,
        "Write a Python script that trains runs again and prints their final figures.",
        usage="ID ... [--numpy] [--output FILE] [--store ADDRESS]",
    )
    scripting.add_argument("ids", nargs="+", metavar="ID", help="which runs")
    scripting.add_argument(
        "--numpy",
        action="store_true",
        help="one run with NumPy alone, in at most 40 lines; without it, with lossopt_core",
    )
    _add_output(scripting)


def _add(
    commands: Commands,
    name: str,
    command: Callable[[argparse.Namespace], int],
    help: str,
    *,
    usage: str,
    epilog: str = "",
) -> argparse.ArgumentParser:
    """A command, and which store it is about."""
    added = commands.add_parser(
        name,
        help=help,
        usage=f"{PROGRAM} {name} {usage}",
        description=help,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    added.set_defaults(command=command)
    added.add_argument(
        "--store",
        metavar="ADDRESS",
        help="where runs are kept, as SQLAlchemy writes it: sqlite:///data/runs.db;"
        " default: the environment variable LOSSOPT_STORE, or else data/runs.db of this"
        " project, where the dashboard looks, too",
    )
    return added


def _add_output(writing: argparse.ArgumentParser) -> None:
    writing.add_argument("--output", metavar="FILE", help="where to; default: stdout")


EXAMPLES = """\
examples:
  python -m lossopt_core train --dataset digits --loss hinge cross_entropy \\
      --optimizer gd sgd --strength 1e-3 --seeds 3
  python -m lossopt_core train --dataset blobs --option spread=1 2 4 --epochs 50
  python -m lossopt_core runs --last 20
  python -m lossopt_core export --format csv --output runs.csv
  python -m lossopt_core export --to tensorboard logs
  python -m lossopt_core script 0123456789abcdef --numpy
"""


# The commands


def train_command(chosen: argparse.Namespace) -> int:
    """Train what is missing, save it as it comes, and print the grid."""
    experiments = grid(vars(chosen))
    jobs = checked("jobs", JOBS, chosen.jobs or "1")
    store = RunStore(chosen.store)
    missing = store.missing(experiments)
    if there := len(experiments) - len(missing):
        say(f"{there} of {counted(len(experiments))} in the store already.")
    with interruptible(at_once=jobs > 1) as interrupted:
        with suppress(KeyboardInterrupt) if jobs > 1 else nullcontext():
            train_and_save(missing, store, interrupted, jobs)
        ended = interrupted()
    print_grid(experiments, store)
    if ended:
        done = len(experiments) - len(store.missing(experiments))
        say(f"Stopped with {done} of {counted(len(experiments))} done. The same command goes on.")
        return INTERRUPTED
    return 0


def train_and_save(
    experiments: Sequence[Experiment], store: RunStore, should_stop: Callable[[], bool], jobs: int
) -> None:
    """Train portion by portion, saving each: what is done is kept, whatever comes."""
    if not experiments:
        return
    total = sum(experiment.updates for experiment in experiments)
    bar = ProgressBar(f"Training {counted(len(experiments))}", sys.stderr)
    done = 0

    def report(progress: Progress) -> None:
        bar.show((done + progress.done) / total)

    bar.show(0.0)
    parts = portions(experiments)
    side_by_side = trained_on_processors(parts, jobs)
    one_by_one = (train(portion, report, should_stop) for portion in parts)
    try:
        with closing(side_by_side if jobs > 1 else one_by_one) as trained:
            for runs in trained:
                store.save(runs)
                done += sum(run.experiment.updates for run in runs)
                bar.show(done / total)
                if should_stop():
                    break
    finally:
        bar.end()


def portions(experiments: Sequence[Experiment]) -> list[list[Experiment]]:
    """Cohorts, the large ones cut."""
    cohorts: dict[tuple[object, ...], list[Experiment]] = {}
    for experiment in experiments:
        cohorts.setdefault(cohort_key(experiment), []).append(experiment)
    return [
        cohort[first : first + TRAINED_AT_ONCE]
        for cohort in cohorts.values()
        for first in range(0, len(cohort), TRAINED_AT_ONCE)
    ]


@contextmanager
def interruptible(*, at_once: bool) -> Iterator[Callable[[], bool]]:
    """Within, Ctrl-C is a question that can be asked; a second one acts as ever.

    `at_once` the first one acts as ever, too: nobody may be there to ask.
    """
    pressed = False

    def press(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        pressed = True
        signal.signal(signal.SIGINT, before)
        if at_once:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, press)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, before)


class ProgressBar:
    """One line that fills up on a terminal; elsewhere, a line for every quarter."""

    WIDTH = 30

    def __init__(self, title: str, stream: TextIO) -> None:
        self.title = title
        self.stream = stream
        self.alive = stream.isatty()
        self.begun = time.monotonic()
        self.shown = -1

    def show(self, share: float) -> None:
        """Draw the share that is done, unless it looks as before."""
        percent = int(100 * share)
        step = percent if self.alive else percent // 25
        if step > self.shown:
            self.shown = step
            self._draw(percent)

    def end(self) -> None:
        """Leave the line."""
        if self.alive:
            print(file=self.stream, flush=True)

    def _draw(self, percent: int) -> None:
        seconds = time.monotonic() - self.begun
        if self.alive:
            bar = "#" * (percent * self.WIDTH // 100)
            line = f"\r{self.title}  [{bar:.<{self.WIDTH}}] {percent:3d} %  {seconds:.0f} s "
            print(line, end="", file=self.stream, flush=True)
        else:
            print(f"{self.title}: {percent} %, {seconds:.1f} s", file=self.stream, flush=True)


def print_grid(experiments: Sequence[Experiment], store: RunStore) -> None:
    """A table of these runs: what differs between them, then what came of it."""
    kept = store.list().set_index("id", drop=False)
    table = kept.loc[[each.id for each in experiments if each.id in kept.index]]
    print_table(table[[*differing(table), *FIGURES, "id"]])
    if diverged := int((table["status"] == DIVERGED).sum()):
        say(f"{counted(diverged)} diverged: a smaller --learning-rate may help.")
    say(f"Kept in {store.shown}.")


def runs_command(chosen: argparse.Namespace) -> int:
    """List the runs: what they are, what else differs, what came of it."""
    last = None if chosen.last is None else checked("last", LAST, chosen.last)
    store = RunStore(chosen.store)
    table = store.list()
    if unreadable := table.attrs["unreadable"]:
        say(f"{counted(len(unreadable))} cannot be read by this version: {', '.join(unreadable)}")
    if table.empty:
        say(f"No runs in {store.shown}. 'train' makes some.")
        return 0
    if last is not None:
        table = table.tail(last)
    created = table["created"].dt.strftime("%Y-%m-%d %H:%M UTC")
    telling = differing(table, always=("dataset", "loss", "optimizer"))
    print_table(table.assign(created=created)[["id", "created", *telling, *FIGURES]])
    return 0


def differing(table: pd.DataFrame, always: Sequence[str] = ()) -> list[str]:
    """Settings with several values in the table, and those to be shown in any case.

    A setting that has no say in some of the runs, and one value in the others, says nothing
    that the loss or the optimizer does not say.
    """
    return [
        name
        for name in declared_settings()
        if name in table and (name in always or table[name].nunique() > 1)
    ]


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
    notes = noted(store)
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


def noted(store: RunStore) -> dict[str, Note]:
    """What is said about each run."""
    said = store.list()[["id", "name", "tags", "note"]].itertuples(index=False)
    return {id: Note(name, tuple(tags), note) for id, name, tags, note in said}


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


def counted(runs: int) -> str:
    """'1 run', '2 runs'."""
    return f"{runs:,} run{'s' * (runs != 1)}"


def print_table(table: pd.DataFrame) -> None:
    """Columns under their names, numbers with as many digits as they mean."""
    names = [str(name) for name in table.columns]
    shown = pd.DataFrame({name: [cell(name, each) for each in table[name]] for name in names})
    if len(shown):
        print(shown.to_string(index=False), flush=True)


def cell(name: str, value: Any) -> str:
    """A value as the table shows it; a dash where the setting has no say."""
    if pd.isna(value):
        return "-"
    if name.endswith("accuracy"):
        return f"{100 * value:.1f} %"
    return f"{value:.5g}" if name == "objective" else write(value)
