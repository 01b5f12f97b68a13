"""Where shipped files are, in a checkout and as installed."""

import shutil
import sys
from pathlib import Path

import pytest

from lossopt_core import shipped
from tests.programs import ROOT, run_python

TELL = (
    "from lossopt_core import shipped; from lossopt_core.store.address import DEFAULT;"
    "print(shipped.path_of('pages/train.py'), DEFAULT, sep='\\n')"
)


@pytest.mark.parametrize(
    "name", ["data/penguins.csv", "pages", "static/favicon.png", ".streamlit/config.toml"]
)
def test_in_a_checkout_shipped_files_are_at_its_top(name: str) -> None:
    assert shipped.path_of(name) == ROOT / name
    assert shipped.path_of(name).exists()


def test_in_a_checkout_runs_are_stored_beside_the_data_sets() -> None:
    page, store = run_python("-c", TELL).splitlines()
    assert page == str(ROOT / "pages/train.py")
    assert store == f"sqlite:///{ROOT / 'data' / 'runs.db'}"


@pytest.mark.skipif(sys.platform != "linux", reason="checks the path of Linux's data folder")
def test_installed_they_are_in_the_package_and_runs_in_the_users_data_folder(
    tmp_path: Path,
) -> None:
    """As a wheel lays them out; .ci/package tries a real one."""
    package = tmp_path / "lossopt_core"
    shutil.copytree(ROOT / "lossopt_core", package, ignore=shutil.ignore_patterns("__pycache__"))
    for folder in ("data", "pages"):
        shutil.copytree(ROOT / folder, package / "shipped" / folder)
    page, store = run_python(
        "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {TELL}",
        XDG_DATA_HOME=str(tmp_path / "home"),
    ).splitlines()  # fmt: skip
    assert page == str(package / "shipped" / "pages/train.py")
    assert store == f"sqlite:///{tmp_path}/home/lossopt/runs.db"
