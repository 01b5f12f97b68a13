"""Settings as an operator would set them: environment variables and a secrets file."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest
import streamlit as st
from streamlit import config as streamlit_config
from streamlit.runtime.secrets import Secrets

from lossopt_ui.config import check, sources

AUTH = {
    "redirect_uri": "https://lossopt.example/oauth2callback",
    "cookie_secret": "0123456789abcdef" * 2,
    "client_id": "lossopt",
    "client_secret": "from-the-provider",
    "server_metadata_url": "https://accounts.example/.well-known/openid-configuration",
}


class Give(Protocol):
    """Set exactly these variables and secrets, and return the mistakes found."""

    def __call__(
        self, *, secrets: str | Path | Mapping[str, Any] | None = None, **environment: str
    ) -> list[str]: ...


@pytest.fixture
def give(tmp_path: Path) -> Give:
    """Hides all other settings, and restores them afterwards."""

    def set_and_check(
        *, secrets: str | Path | Mapping[str, Any] | None = None, **environment: str
    ) -> list[str]:
        path = secrets if isinstance(secrets, Path) else tmp_path / "secrets.toml"
        path.unlink(missing_ok=True) if secrets is None else None
        if isinstance(secrets, str | Mapping):
            path.write_text(secrets if isinstance(secrets, str) else in_toml(secrets))
        default = {"LOSSOPT_STORE": f"sqlite:///{tmp_path}/default.db"}
        if isinstance(secrets, str | Mapping) and "LOSSOPT_STORE" in secrets:
            default = {}
        with only_these(path, default | environment):
            return check.mistakes()

    return set_and_check


@contextmanager
def only_these(secrets: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """Make Streamlit read these secrets, which it adds to the environment."""
    before = dict(os.environ)
    files = streamlit_config.get_option("secrets.files")
    watcher = streamlit_config.get_option("server.fileWatcherType")
    try:
        for name in before:
            if name.upper().startswith(sources.PREFIX):
                del os.environ[name]
        os.environ.update(environment)
        streamlit_config.set_option("secrets.files", [str(secrets)])
        streamlit_config.set_option("server.fileWatcherType", "none")
        with pytest.MonkeyPatch.context() as changed:
            changed.setattr(st, "secrets", Secrets())
            yield
    finally:
        streamlit_config.set_option("secrets.files", files)
        streamlit_config.set_option("server.fileWatcherType", watcher)
        os.environ.clear()
        os.environ.update(before)


def in_toml(secrets: Mapping[str, Any]) -> str:
    """Plain values first, as TOML requires, then sections."""
    top = {name: value for name, value in secrets.items() if not isinstance(value, Mapping)}
    lines = [f"{name} = {json.dumps(value)}" for name, value in top.items()]
    for section, keys in secrets.items():
        if isinstance(keys, Mapping):
            inner = {f"{section}.{name}": each for name, each in keys.items()}
            own = {name: each for name, each in keys.items() if not isinstance(each, Mapping)}
            lines += [f"[{section}]", in_toml(own)]
            lines += [in_toml({name: each for name, each in inner.items() if type(each) is dict})]
    return "\n".join(lines)
