"""What all tests share."""

from pathlib import Path

import pytest

from lossopt_core import RunStore


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunStore:
    """An empty store, which the app uses too."""
    monkeypatch.setenv("LOSSOPT_STORE", f"sqlite:///{tmp_path / 'runs.db'}")
    return RunStore()
