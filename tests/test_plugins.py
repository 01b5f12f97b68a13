"""A package that adds one entry of each kind, installed beside lossopt."""

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lossopt_core import Experiment, RunStore, StoreError
from lossopt_core.cli.main import main
from lossopt_core.exchange.sharing import unpack
from lossopt_ui.charts.colours import SPARE
from lossopt_ui.state import url
from tests.helpers import open_page, words
from tests.plugins import EXAMPLE, NAMES, install
from tests.programs import run_python

LABELS = {
    "dataset": "XOR",
    "loss": "Logistic",
    "regularizer": "Huber",
    "optimizer": "Damped momentum",
    "schedule": "Warm-up",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the plug-in is installed, and the stores of those who use it are."""
    folder = tmp_path_factory.mktemp("plugin")
    install(EXAMPLE, folder)
    return folder


def run_with_plugin(folder: Path, program: str) -> Any:
    store = f"sqlite:///{folder / program}.db"
    output = run_python("-m", "tests.plugins", program, PYTHONPATH=str(folder), LOSSOPT_STORE=store)
    return json.loads(output.splitlines()[-1])


@pytest.fixture(scope="module")
def core(folder: Path) -> Any:
    return run_with_plugin(folder, "core")


@pytest.fixture(scope="module")
def pages(folder: Path) -> Any:
    return run_with_plugin(folder, "pages")


def test_the_command_line_offers_and_trains_it(core: Any) -> None:
    assert core["code"] == 0, core["said"]
    for setting, name in NAMES.items():
        assert core["names"][setting][-1] == name, "after the built-in ones"
        assert name in core["help"]
    assert "examples=" in core["help"]
    assert core["id"] in core["printed"]
    assert json.loads(core["experiment"])["loss"] == "logistic"
    assert core["same"]
    assert "logistic" in core["csv"]


def test_its_scripts_repeat_the_run(core: Any, folder: Path, tmp_path: Path) -> None:
    alone, with_lossopt = tmp_path / "alone.py", tmp_path / "with_lossopt.py"
    alone.write_text(core["numpy"], encoding="utf-8")
    with_lossopt.write_text(core["lossopt"], encoding="utf-8")
    assert "Requires the plug-ins lossopt-extras" in core["lossopt"]
    printed = run_python("-I", str(alone)).split()
    assert float(printed[-1]) == pytest.approx(core["objective"], rel=1e-12)
    repeated = run_python("-W", "ignore", str(with_lossopt), PYTHONPATH=f"{folder}:.")
    assert core["id"] in repeated
    assert repr(core["objective"]) in repeated


def test_nothing_is_claimed_that_is_not_known_of_it(core: Any) -> None:
    assert core["certificate"].startswith("there is no certificate for this loss: the dual of Log")
    unlimited, guaranteed = core["limits"]
    assert unlimited, "the curvature of the penalty is not known"
    assert guaranteed > 0


def test_an_address_opens_it_and_controls_offer_it(pages: Any) -> None:
    assert pages["exceptions"] == []
    assert pages["chosen"] == NAMES
    for setting, label in LABELS.items():
        assert label in pages["choices"][setting]
    assert pages["option"] == 60
    assert "A separate logistic regression for each class." in pages["words"]
    assert "There is no certificate for this loss" in pages["words"]


def test_the_page_trains_what_the_command_line_trains(core: Any, pages: Any) -> None:
    assert pages["id"] == core["id"]
    assert pages["objective"] == core["objective"]
    assert pages["curve"][-1] == pytest.approx(core["objective"])
    assert f"{core['objective']:.4g} nats" in pages["words"]


def test_charts_have_its_colour_or_a_spare_one(pages: Any) -> None:
    assert pages["colour"] == "#3300E1"
    assert pages["compared"] == []
    [curve] = pages["curves"]
    assert curve["name"] == "Logistic"
    assert curve["line"]["color"] == SPARE[0]["light"]


def test_the_report_calls_it_by_its_labels(pages: Any) -> None:
    for label in LABELS.values():
        assert label in pages["report"]


# Where the plug-in is not installed


def test_an_address_says_which_entry_is_missing(store: RunStore) -> None:
    _, problems = url.read({"loss": "logistic"})
    assert "no loss with this name is built in or added by an installed plug-in" in str(problems[0])
    app = open_page("train", {"loss": "logistic", "dataset": "iris"})
    assert not app.exception
    assert "got 'logistic' (no loss with this name" in words(app)
    assert app.selectbox(key="loss").value == Experiment().loss


def test_a_store_says_which_entry_its_runs_need(
    core: Any, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOSSOPT_STORE", f"sqlite:///{folder / 'core'}.db")
    assert main(["runs"]) == 0
    said = capsys.readouterr().err
    assert f"1 run cannot be read by this version: {core['id']}" in said
    assert "need plug-ins that are not installed: the data set 'xor'" in said
    assert main(["export", core["id"]]) == 1
    assert "needs the data set 'xor', but no plug-in that adds it is" in capsys.readouterr().err
    with pytest.raises(StoreError, match="needs the data set 'xor'"):
        RunStore().load([core["id"]])
    app: AppTest = open_page("compare")
    assert not app.exception
    assert "not installed here: the data set 'xor'" in words(app)


def test_a_shared_link_says_which_entry_it_needs(core: Any) -> None:
    with pytest.raises(ValueError, match=r"dataset must be one of .* got 'xor'"):
        unpack(core["shared"])
