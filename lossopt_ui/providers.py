"""The identity providers with whom visitors may sign in, as `auth` in Streamlit's secrets has them.

`st.login` reads the same settings; `check` says at the start what it would say to a visitor.
"""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

import streamlit as st

from lossopt_ui import hosting

SHORTEST_SECRET = 32
OF_ALL = ("redirect_uri", "cookie_secret")
OF_EACH = ("client_id", "client_secret", "server_metadata_url")
_PACKAGES = ("authlib", "httpx")
_DEFAULT = "default"


def names() -> list[str]:
    """The identity providers that the secrets name; none in local mode."""
    section = _section()
    named = [name for name, value in section.items() if _is_provider(value)]
    return [_DEFAULT, *named] if _is_provider(section) else named


def check() -> None:
    """ValueError names what is missing where people are meant to sign in, but could not."""
    section = _section()
    if not section:
        return
    if missing := [name for name in _PACKAGES if find_spec(name) is None]:
        raise ValueError(f"signing in needs a package: pip install {' '.join(missing)}")
    if not names():
        raise ValueError(
            "auth in the secrets must name an identity provider: set auth.client_id,"
            " auth.client_secret and auth.server_metadata_url"
        )
    for name in OF_ALL:
        if not section.get(name):
            raise ValueError(f"auth.{name} in the secrets must be set for people to sign in")
    for provider in names():
        place = "auth" if provider == _DEFAULT else f"auth.{provider}"
        settings = section if provider == _DEFAULT else section[provider]
        if missing := [name for name in OF_EACH if not settings.get(name)]:
            raise ValueError(f"{place}.{missing[0]} in the secrets must be set too")
    if not str(section["redirect_uri"]).endswith("/oauth2callback"):
        raise ValueError(
            "auth.redirect_uri in the secrets must be the app's address with /oauth2callback,"
            f" got {section['redirect_uri']!r}"
        )
    if len(str(section["cookie_secret"])) < SHORTEST_SECRET:
        raise ValueError(
            f"auth.cookie_secret in the secrets must have {SHORTEST_SECRET} characters or more:"
            " whoever guesses it is whoever they like to be"
        )


def _section() -> Mapping[str, Any]:
    """What the secrets say about signing in."""
    if not hosting.hosted() or not st.secrets.load_if_toml_exists():
        return {}
    section = st.secrets.get("auth")
    return section if isinstance(section, Mapping) else {}


def _is_provider(value: Any) -> bool:
    return isinstance(value, Mapping) and any(name in value for name in OF_EACH)
