"""The wheel as installed: the command line and the app, away from the checkout."""

import os
import subprocess
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.helpers import (
    ONE,
    PATIENCE,
    figure,
    free_port,
    goto,
    new_profile,
    wait_until_healthy,
)
from tests.helpers import trace

LOSSOPT = os.environ.get("INSTALLED_LOSSOPT", "")
"""The command `lossopt` of the environment into which the wheel was installed."""
PRIMARY_COLOUR = "rgb(11, 92, 173)"
"""`primaryColor` of `.streamlit/config.toml`, light."""

pytestmark = pytest.mark.skipif(
    not LOSSOPT, reason="run by .ci/package, which builds and installs the wheel"
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of somebody who has never run lossopt or Streamlit."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def environment(home: Path) -> dict[str, str]:
    """Nothing that leads to the checkout or to another store."""
    own = ("LOSSOPT_", "STREAMLIT_", "PYTHON", "VIRTUAL_ENV", "XDG_")
    kept = {name: text for name, text in os.environ.items() if not name.startswith(own)}
    return {**kept, "HOME": str(home), "XDG_DATA_HOME": str(home / "data")}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty folder, in which all commands run and leave nothing."""
    folder = tmp_path_factory.mktemp("empty")
    yield folder
    assert list(folder.iterdir()) == []


@pytest.fixture(scope="module")
def app(environment: dict[str, str], empty: Path) -> Iterator[str]:
    """The address of the app that `lossopt` has opened."""
    port = free_port()
    process = subprocess.Popen(
        [LOSSOPT],
        cwd=empty,
        env={**environment, "STREAMLIT_SERVER_PORT": str(port), "STREAMLIT_SERVER_HEADLESS": "1"},
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until_healthy(process, address)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def call(line: str, environment: dict[str, str], folder: Path) -> str:
    done = subprocess.run(
        [LOSSOPT, *line.split()], cwd=folder, env=environment, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_command_trains_on_a_shipped_data_set_and_stores_runs_with_the_users_data(
    environment: dict[str, str], empty: Path, home: Path
) -> None:
    trained = call("train --dataset penguins --loss hinge --epochs 2", environment, empty)
    assert "finished" in trained
    assert (home / "data" / "lossopt" / "runs.db").is_file()
    assert trained.split()[-1] in call("runs", environment, empty)


def test_the_app_trains_in_the_browser_with_its_own_configuration(
    environment: dict[str, str], empty: Path, browser: Browser, app: str
) -> None:
    with new_profile(browser, app) as profile:
        page = profile.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        goto(page, f"/train?dataset=penguins&epochs=3&{ONE}")
        button = page.locator(".st-key-train button")
        expect(button).to_have_css("background-color", PRIMARY_COLOUR)
        button.click()
        expect(page.locator(".st-key-below")).to_be_visible(timeout=PATIENCE)
        drawn = trace(
            figure(page, "objective-cross_entropy"), "Cross-entropy"
        )  # by the library from static/
        assert drawn["y"][-1] < drawn["y"][0]
        library = page.request.get(f"{app}/app/static/plotly-cartesian.min.js")
        assert library.headers["content-type"].startswith(("application/javascript", "text/java"))
        assert errors == []
    exported = pd.read_csv(StringIO(call("export", environment, empty)))
    assert 3 in exported["epochs"].to_list(), "page and command share a store"
