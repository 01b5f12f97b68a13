"""The command `lossopt`."""

import runpy
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lossopt_core import RunStore
from lossopt_core.cli.main import main as core
from lossopt_ui.app.command import main

OF_THE_CORE = "python -m lossopt_core"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The arguments with which Streamlit was started."""
    found: list[list[str]] = []

    def run_module(name: str, **_: object) -> None:
        assert name == "streamlit"
        found.append(sys.argv[1:])

    monkeypatch.setattr(sys, "argv", sys.argv)
    monkeypatch.setattr(runpy, "run_module", run_module)
    return found


@pytest.mark.parametrize("line", ["", "app", "app --server.port 8502 --server.headless true"])
def test_without_a_command_of_the_core_it_opens_the_app(
    line: str, started: list[list[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(line.split()) == 0
    [[run, script, *options]] = started
    assert run == "run"
    assert Path(script).is_absolute()
    for beside in ("pages", "static", ".streamlit/config.toml"):
        assert (Path(script).parent / beside).exists()
    assert options == line.split()[1:]


@pytest.mark.parametrize(
    "line",
    [
        "train --help",
        "runs --help",
        "export --help",
        "script --help",
        "train --loss nothing",
        "train --optimizer nobody --seeds 3",
        "runs --last many",
        "script 0123456789abcdef",
        "export",
        "nothing",
        "--nothing",
        "--version",
    ],
)
def test_other_commands_are_those_of_the_core(
    line: str, store: RunStore, capsys: pytest.CaptureFixture[str]
) -> None:
    def outcome(command: Callable[[list[str]], int]) -> tuple[object, str, str]:
        try:
            code: object = command(line.split())
        except SystemExit as end:
            code = end.code
        output, messages = capsys.readouterr()
        # The list of commands has one more; lines break elsewhere.
        return code, " ".join(output.split()), messages.partition("(choose from")[0]

    code, output, messages = outcome(core)
    assert outcome(main) == (code, output.replace(OF_THE_CORE, "lossopt"), messages)


def test_the_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    told = capsys.readouterr().out
    for command in ("app", "train", "runs", "export", "script"):
        assert f"\n    {command} " in told
    assert OF_THE_CORE not in told


def test_the_help_of_the_app_names_options_of_streamlit(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["app", "--help"])
    assert end.value.code == 0
    assert "--server.port" in capsys.readouterr().out
