"""The command line: train a grid of experiments, list runs, export them as tables or code.

`lossopt` has these commands when installed, and `python -m lossopt_core` also in a checkout.

Options, their ranges and the names that they take come from the fields of `Experiment` and
from the registries; a new entry appears here by itself.
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
"""


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    @override
    def error(self, message: str) -> NoReturn:
        self.exit(BAD_VALUE, f"lossopt: {one_line(message)} (--help tells more)\n")


Commands: TypeAlias = "argparse._SubParsersAction[Parser]"
AddCommands = Sequence[Callable[[Commands], None]]


def main(
    arguments: Sequence[str] | None = None, *, program: str = PROGRAM, more: AddCommands = ()
) -> int:
    """Run one command; return the exit code.

    program   the name that usage and examples show
    more      functions that each add a command
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console without Greek letters
    with warnings.catch_warnings():  # the parser looks at all plug-ins
        warnings.simplefilter("ignore", PluginWarning)
        whole = parser(program, more)
    for problem in plugin_problems():
        say(f"lossopt: {one_line(problem)}")
    chosen = whole.parse_args(arguments)
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


def parser(program: str = PROGRAM, more: AddCommands = ()) -> argparse.ArgumentParser:
    """The whole command line."""
    examples = EXAMPLES.replace(PROGRAM, program)
    whole = Parser(
        prog=program,
        description="Train linear classifiers, keep the runs, compare them.",
        epilog=examples + "\n'train --help' lists every setting, its range and its default.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    whole.add_argument("--version", action="version", version=f"lossopt {__version__}")
    commands = whole.add_subparsers(required=True, metavar="COMMAND", dest="name")
    _add_train(commands, examples)
    for add in (_add_runs, _add_export, _add_script, *more):
        add(commands)
    return whole


def _add_train(commands: Commands, examples: str) -> None:
    training = _add(
        commands,
        "train",
        train_command,
        "Train a grid: every combination of the values given. Runs that are kept already"
        "\nare not trained again; Ctrl-C keeps what is done.",
        usage="[--SETTING VALUE ...] ... [--option NAME=VALUE ...] [--seeds N] [--jobs N]"
        " [--store ADDRESS]",
        epilog=f"{examples}\n{names()}",
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
        usage="[ID ...] [--format csv|json | --to PROGRAM [TARGET]] [--output FILE]"
        " [--store ADDRESS]",
    )
    exporting.add_argument("ids", nargs="*", metavar="ID", help="which runs; default: all")
    exporting.add_argument(
        "--format", default="csv", metavar="FORMAT", help="csv or json; default: csv"
    )
    exporting.add_argument(
        "--to",
        nargs="+",
        metavar=("PROGRAM", "TARGET"),
        help="tensorboard and a folder (default: tensorboard-logs), or mlflow and the address of"
        " a database or a server (default: sqlite:///mlflow.db). Needs: "
        'pip install "lossopt[export]"',
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
        usage=f"%(prog)s {usage}",
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
        " default: the environment variable LOSSOPT_STORE, or else runs.db in your data folder"
        " (in a checkout: data/runs.db), where the dashboard looks too",
    )
    return added


def _add_output(writing: argparse.ArgumentParser) -> None:
    writing.add_argument("--output", metavar="FILE", help="where to; default: stdout")
