"""The command line: train parameter grids, list runs, export them as tables or code.

`lossopt` has these commands when installed, `python -m lossopt_core` also in a checkout.

Options, ranges and allowed names come from the fields of `Experiment` and from the registries;
new entries appear automatically.
"""

import argparse
import io
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import NoReturn, TypeAlias

from typing_extensions import override

from lossopt_core.cli.console import (
    BAD_VALUE,
    FAILED,
    INTERRUPTED,
    one_line,
    say,
)
from lossopt_core.cli.files import import_command, read_command
from lossopt_core.cli.listing import runs_command
from lossopt_core.cli.training import train_command
from lossopt_core.cli.writing import export_command, script_command
from lossopt_core.experiment.grid import add_settings, names, plugin_problems
from lossopt_core.plugins.registry import PluginWarning
from lossopt_core.shipped import __version__
from lossopt_core.store.repository import StoreError, UnknownRunError

PROGRAM = "python -m lossopt_core"
EXAMPLES = """\
examples:
  python -m lossopt_core train --dataset digits --loss hinge cross_entropy \\
      --optimizer gd sgd --strength 1e-3 --seeds 3
  python -m lossopt_core train --dataset blobs --option spread=1 2 4 --epochs 50
  python -m lossopt_core runs --last 20
  python -m lossopt_core export --format csv --output runs.csv
  python -m lossopt_core export --to tensorboard logs
  python -m lossopt_core export --to mlflow
  python -m lossopt_core script 0123456789abcdef --numpy
  python -m lossopt_core read history.csv
  python -m lossopt_core import logs history.csv
"""


class Parser(argparse.ArgumentParser):
    """A parser that prints errors on one line."""

    @override
    def error(self, message: str) -> NoReturn:
        self.exit(BAD_VALUE, f"lossopt: {one_line(message)} (see --help)\n")


Commands: TypeAlias = "argparse._SubParsersAction[Parser]"
AddCommands = Sequence[Callable[[Commands], None]]


def main(
    arguments: Sequence[str] | None = None, *, program: str = PROGRAM, more: AddCommands = ()
) -> int:
    """Run one command and return the exit code.

    program   the name shown in usage and examples
    more      functions that each add a command
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # for consoles that cannot print Greek letters
    with warnings.catch_warnings():  # the parser loads all plug-ins
        warnings.simplefilter("ignore", PluginWarning)
        command_line = parser(program, more)
    for problem in plugin_problems():
        say(f"lossopt: {one_line(problem)}")
    chosen = command_line.parse_args(arguments)
    try:
        return int(chosen.command(chosen))
    except (ValueError, UnknownRunError) as error:
        say(f"lossopt: {one_line(error)}")
        return BAD_VALUE
    except BrokenPipeError:  # the reader, such as `head`, closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (StoreError, OSError) as error:
        say(f"lossopt: {one_line(error)}")
        return FAILED
    except KeyboardInterrupt:
        say("lossopt: interrupted")
        return INTERRUPTED


def parser(program: str = PROGRAM, more: AddCommands = ()) -> argparse.ArgumentParser:
    """The parser of all commands."""
    examples = EXAMPLES.replace(PROGRAM, program)
    command_line = Parser(
        prog=program,
        description="Train linear classifiers, save the runs and compare them.",
        epilog=examples + "\n'train --help' lists every setting, its range and its default.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command_line.add_argument("--version", action="version", version=f"lossopt {__version__}")
    commands = command_line.add_subparsers(required=True, metavar="COMMAND", dest="name")
    _add_train(commands, examples)
    for add in (_add_runs, _add_export, _add_script, _add_read, _add_import, *more):
        add(commands)
    return command_line


def _add_train(commands: Commands, examples: str) -> None:
    training = _add(
        commands,
        "train",
        train_command,
        "Train a grid: all combinations of the given values. Runs that are already saved are"
        "\nskipped. Ctrl-C stops; finished runs stay saved.",
        usage="[--SETTING VALUE ...] ... [--option NAME=VALUE ...] [--seeds N] [--jobs N]"
        " [--store URL]",
        epilog=f"{examples}\n{names()}",
    )
    training.add_argument(
        "--jobs",
        metavar="N",
        help="number of parallel processes; default: 1. With more than one, Ctrl-C discards"
        " unfinished runs",
    )
    add_settings(training)


def _add_runs(commands: Commands) -> None:
    listing = _add(
        commands,
        "runs",
        runs_command,
        "List the saved runs, newest last.",
        usage="[--last N] [--store URL]",
    )
    listing.add_argument("--last", metavar="N", help="only the N newest")


def _add_export(commands: Commands) -> None:
    exporting = _add(
        commands,
        "export",
        export_command,
        "Export one tidy table with a row per evaluation and run, or export the runs to"
        "\nTensorBoard or MLflow.",
        usage="[ID ...] [--format csv|json | --to PROGRAM [TARGET]] [--output FILE] [--store URL]",
    )
    exporting.add_argument("ids", nargs="*", metavar="ID", help="ids of the runs; default: all")
    exporting.add_argument(
        "--format", default="csv", metavar="FORMAT", help="csv or json; default: csv"
    )
    exporting.add_argument(
        "--to",
        nargs="+",
        metavar=("PROGRAM", "TARGET"),
        help="tensorboard and a folder (default: tensorboard-logs), or mlflow and the URL of a"
        " database or server (default: sqlite:///mlflow.db). Requires "
        'pip install "lossopt[export]"',
    )
    _add_output(exporting)


def _add_script(commands: Commands) -> None:
    scripting = _add(
        commands,
        "script",
        script_command,
        "Write a Python script that retrains runs and prints their final metrics.",
        usage="ID ... [--numpy] [--output FILE] [--store URL]",
    )
    scripting.add_argument("ids", nargs="+", metavar="ID", help="ids of the runs")
    scripting.add_argument(
        "--numpy",
        action="store_true",
        help="use only NumPy (one run, at most 40 lines) instead of lossopt_core",
    )
    _add_output(scripting)


def _add_read(commands: Commands) -> None:
    reading = _add(
        commands,
        "read",
        read_command,
        "Print what is made of a file, column by column, without keeping anything. Exit code 2 if"
        "\nit cannot be read.",
        usage="FILE [--as data|curves] [--json]",
    )
    reading.add_argument("file", metavar="FILE", help="a table, arrays or a log of any format")
    _add_kind(reading)
    reading.add_argument("--json", action="store_true", help="print a JSON object")


def _add_import(commands: Commands) -> None:
    importing = _add(
        commands,
        "import",
        import_command,
        "Bring curves of other programs, data to train on or exported runs into the store. With an"
        "\nerror in one file nothing is imported.",
        usage="FILE ... [--as data|curves] [--name NAME] [--store URL]",
    )
    importing.add_argument("files", nargs="+", metavar="FILE", help="files or folders")
    _add_kind(importing)
    importing.add_argument("--name", default="", metavar="NAME", help="name; default: the file's")


def _add_kind(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--as",
        dest="kind",
        metavar="KIND",
        help="data to train on, or curves; default: guessed from the content",
    )


def _add(
    commands: Commands,
    name: str,
    command: Callable[[argparse.Namespace], int],
    help: str,
    *,
    usage: str,
    epilog: str = "",
) -> argparse.ArgumentParser:
    """Add a command with its --store option."""
    added = commands.add_parser(
        name,
        help=help,
        usage=f"%(prog)s {usage}",
        description=help,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    added.set_defaults(command=command)
    added.add_argument(
        "--store",
        metavar="URL",
        help="database of the runs, as an SQLAlchemy URL such as sqlite:///data/runs.db;"
        " default: the environment variable LOSSOPT_STORE, or else runs.db in your data folder"
        " (in a checkout: data/runs.db), which the dashboard uses too",
    )
    return added


def _add_output(writing: argparse.ArgumentParser) -> None:
    writing.add_argument("--output", metavar="FILE", help="output file; default: stdout")
