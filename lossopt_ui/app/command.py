"""The command `lossopt`: opens the app, and has all commands of `python -m lossopt_core`."""

import runpy
import sys
from collections.abc import Sequence

from lossopt_core.cli import main as core
from lossopt_core.shipped import path_of

PROGRAM = "lossopt"
APP = "app"
_HELP_OPTIONS = {"-h", "--help"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code. Without a command, open the app."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    opens = not given or given[0] == APP
    # Not left to the parser: it would look for Streamlit's options among its own.
    if opens and not _HELP_OPTIONS & {*given}:
        return open_app(given[1:])
    return core.main(given, program=PROGRAM, more=[_add_app])


def open_app(options: Sequence[str]) -> int:
    """`streamlit run` the app, in this process: signals and the exit code are the server's.

    Streamlit takes `.streamlit/config.toml`, `static/` and `pages/` from the script's folder,
    whatever the current folder is.
    """
    sys.argv = ["streamlit", "run", str(path_of("streamlit_app.py")), *options]
    runpy.run_module("streamlit", run_name="__main__", alter_sys=True)
    return 0


def _add_app(commands: core.Commands) -> None:
    """The line in the list of commands, and `lossopt app --help`."""
    commands.add_parser(
        APP,
        help="Open the dashboard in a browser; so does lossopt without a command.",
        usage="lossopt app [STREAMLIT OPTION ...]",
        description="Open the dashboard in a browser. Options are those of `streamlit run`, such as"
        " --server.port 8502 or --server.headless true.",
        allow_abbrev=False,
    )
