"""What the secrets must say for people to sign in is said at the start, and by name."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lossopt_ui import hosting, providers
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
    """What the secrets have, in hosted mode."""
    monkeypatch.setenv(hosting.MODE, hosting.HOSTED)
    section: dict[str, Any] = {}
    monkeypatch.setattr(providers, "_section", lambda: section)
    return section


def test_without_a_word_of_it_nobody_can_sign_in(secrets: dict[str, Any]) -> None:
    providers.check()
    assert providers.names() == []


def test_one_provider_or_several(secrets: dict[str, Any]) -> None:
    secrets.update(GOOD)
    providers.check()
    assert providers.names() == ["default"]
    secrets.clear()
    secrets.update(TWO)
    providers.check()
    assert providers.names() == ["school", "library"]


@pytest.mark.parametrize("name", GOOD)
def test_what_is_missing_is_named(secrets: dict[str, Any], name: str) -> None:
    secrets.update(GOOD, **{name: ""})
    with pytest.raises(ValueError, match=rf"auth\.{name} in the secrets must be set"):
        providers.check()


def test_what_is_wrong_is_named(secrets: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    secrets.update(GOOD, cookie_secret="short")
    with pytest.raises(ValueError, match=r"auth\.cookie_secret .* 32 characters"):
        providers.check()
    secrets.update(GOOD, redirect_uri="https://lossopt.example/")
    with pytest.raises(ValueError, match=r"auth\.redirect_uri .*/oauth2callback"):
        providers.check()
    secrets.update(redirect_uri="x", cookie_secret="x")
    for left_out in PROVIDER:
        del secrets[left_out]
    with pytest.raises(ValueError, match="must name an identity provider"):
        providers.check()
    monkeypatch.setattr(providers, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="pip install authlib httpx"):
        providers.check()


def buttons(app: AppTest) -> set[str]:
    return {each.label for each in app.button if "sign" in str(each.key)}


@pytest.mark.usefixtures("store")
def test_the_button_is_there_where_one_can_sign_in_and_nowhere_else(
    secrets: dict[str, Any],
) -> None:
    assert not buttons(open_page("lecture"))
    secrets.update(GOOD)
    assert buttons(open_page("lecture")) == {"Sign in"}
    secrets.clear()
    secrets.update(TWO)
    assert buttons(open_page("lecture")) == {"With school", "With library"}


def test_on_ones_own_machine_the_secrets_say_nothing_of_it(
    store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(hosting.MODE, raising=False)
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    app.secrets["auth"] = GOOD
    assert not buttons(app.run())
