"""What all tests share."""

import os
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings
from streamlit.components.v2 import manifest_scanner

from lossopt_core import RunStore
from tests import postgresql as servers
from tests.programs import skip_unless_ci

# No deadline: the machine may be busy with other tests.
settings.register_profile("any machine", deadline=None, max_examples=50)
settings.load_profile("any machine")
# Most servers of tests train little, and would spend more time on starting workers.
os.environ.setdefault("LOSSOPT_SCHEDULER", "thread")
# For each visitor AppTest would read the metadata of all installed packages, for half a second.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a store without runs: copying it is faster than making its tables."""
    path = tmp_path_factory.mktemp("empty") / "runs.db"
    assert RunStore(f"sqlite:///{path}").list().empty
    return path


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_store: Path) -> RunStore:
    """An empty store, which the app uses too."""
    shutil.copy(empty_store, tmp_path / "runs.db")
    monkeypatch.setenv("LOSSOPT_STORE", f"sqlite:///{tmp_path / 'runs.db'}")
    return RunStore()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a PostgreSQL server's first database."""
    programs = servers.programs()
    if programs is None:
        skip_unless_ci(servers.HOW_TO_GET_IT)
    with servers.server(programs) as address:
        yield address
