"""The sign-in button appears if the secrets have an identity provider."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lossopt_ui import config
from lossopt_ui.config import mode, providers
from lossopt_ui.config.sign_in import SignIn
from tests.helpers import open_page
from tests.programs import ROOT

GOOD = {
    "redirect_uri": "https://lossopt.example/oauth2callback",
    "cookie_secret": "0123456789abcdef" * 2,
    "client_id": "lossopt",
    "client_secret": "secret",
    "server_metadata_url": "https://accounts.example/.well-known/openid-configuration",
}
PROVIDER = {name: GOOD[name] for name in ("client_id", "client_secret", "server_metadata_url")}
TWO = {name: GOOD[name] for name in ("redirect_uri", "cookie_secret")} | {
    "school": PROVIDER,
    "library": PROVIDER,
}


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The section `auth` of the secrets, in hosted mode."""
    monkeypatch.setenv(mode.MODE, mode.HOSTED)
    section: dict[str, Any] = {}

    def settings() -> config.Settings:
        return config.Settings(auth=SignIn.model_validate(section) if section else None)

    monkeypatch.setattr(config, "settings", settings)
    return section


def test_without_the_section_nobody_can_sign_in(secrets: dict[str, Any]) -> None:
    assert providers.names() == []


def test_one_provider_or_several(secrets: dict[str, Any]) -> None:
    secrets.update(GOOD)
    assert providers.names() == ["default"]
    secrets.clear()
    secrets.update(TWO)
    assert providers.names() == ["school", "library"]


def buttons(app: AppTest) -> set[str]:
    return {each.label for each in app.button if "sign" in str(each.key)}


@pytest.mark.usefixtures("store")
def test_the_button_appears_only_if_there_is_a_provider(
    secrets: dict[str, Any],
) -> None:
    assert not buttons(open_page("lecture"))
    secrets.update(GOOD)
    assert buttons(open_page("lecture")) == {"Sign in"}
    secrets.clear()
    secrets.update(TWO)
    assert buttons(open_page("lecture")) == {"With school", "With library"}


def test_local_mode_ignores_the_section(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(mode.MODE, raising=False)
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    app.secrets["auth"] = GOOD
    assert not buttons(app.run())
