"""Checks all settings when the server starts and reports every mistake at once.

Each line names the setting, its value and what is allowed.  The values of secrets are not shown.
"""

import os
import sys
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from typing import Any

import streamlit as st
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from lossopt_core import StoreError
from lossopt_core.store import address as store_address
from lossopt_core.store import check as store_check
from lossopt_ui.config import sources
from lossopt_ui.config.names import (
    misplaced,
    quoted,
    shown,
    unknown,
)
from lossopt_ui.config.settings import (
    HOSTED,
    VARIABLES,
    Settings,
    allowed,
)
from lossopt_ui.config.sign_in import DEFAULT, Provider, SignIn

WRONG_SETTINGS = 2
"""Exit code if the server does not start because of its settings."""
SIGN_IN_PACKAGES = ("authlib", "httpx")
STORE = store_address.VARIABLE


def check() -> None:
    """Exit if any setting is wrong, after printing one line per mistake to stderr."""
    if found := mistakes():
        sys.stdout.flush()
        print(*(f"lossopt: {line}" for line in found), sep="\n", file=sys.stderr, flush=True)
        raise SystemExit(WRONG_SETTINGS)


def mistakes() -> list[str]:
    """The mistakes in the settings, one line each; empty if the server can start."""
    environment = dict(os.environ)  # Streamlit adds the secrets to it when it reads them
    try:
        secrets = _read_secrets()
    except ValueError as error:
        return [str(error), *unknown(environment, "the environment"), *_value_mistakes()]
    return [
        *unknown(environment, "the environment"),
        *unknown(secrets, _files()),
        *misplaced(secrets, _files()),
        *_conflicts(environment, secrets),
        *_value_mistakes(),
    ]


def _value_mistakes() -> list[str]:
    found = [] if (problem := _store_mistake()) is None else [problem]
    try:
        settings = Settings()
    except ValidationError as error:
        return [*map(_message, error.errors(include_url=False)), *found]
    return [*_sign_in_mistakes(settings), *found]


def _read_secrets() -> Mapping[str, Any]:
    """Streamlit's secrets; ValueError if a secrets file cannot be read."""
    try:
        st.secrets.to_dict()
    except FileNotFoundError as error:  # also for a file that is not TOML
        if _existing_files():
            raise ValueError(f"{_files()} cannot be read: {_one_line(error)}") from None
    except (OSError, ValueError) as error:
        raise ValueError(f"{_files()} cannot be read: {_one_line(error)}") from None
    return sources.secrets()


def _conflicts(environment: Mapping[str, str], secrets: Mapping[str, Any]) -> list[str]:
    """Settings with different values in the environment and in the secrets."""
    return [
        f"{name} is {shown(name, first)} in the environment, but {shown(name, second)} in"
        f" {_files()}: set it in only one of them"
        for name in VARIABLES
        if (first := environment.get(name, "").strip()) and (second := secrets.get(name))
        if first != str(second).strip()
    ]


def _message(error: ErrorDetails) -> str:
    """A validation error as a message for the operator."""
    field = str(error["loc"][0])
    if field == sources.AUTH:
        return _section_message(error)
    name = sources.variable(field)
    value = shown(name, error["input"])
    return f"{name} is {value}, but must be {allowed(VARIABLES[name])}"


def _section_message(error: ErrorDetails) -> str:
    """The same for `auth` in the secrets; values are shown unless they are secret."""
    _, *keys = map(str, error["loc"])
    if not keys:
        return "auth in the secrets must be a section: [auth] with its keys below"
    if keys == ["providers"]:
        return (
            "auth in the secrets has no identity provider: set auth.client_id,"
            " auth.client_secret and auth.server_metadata_url"
        )
    fields = {**SignIn.model_fields, **Provider.model_fields}
    may_be = allowed(fields[keys[-1]]) if keys[-1] in fields else "a text"
    name = ".".join([sources.AUTH, *(key for key in keys if key not in ("providers", DEFAULT))])
    if error["type"] == "missing" or error["input"] == "":
        return f"{name} in the secrets is not set: it must be {may_be}"
    if "secret" in keys[-1]:
        return f"{name} in the secrets must be {may_be}"
    return f"{name} in the secrets is {quoted(error['input'])}, but must be {may_be}"


def _sign_in_mistakes(settings: Settings) -> Iterable[str]:
    if settings.auth is None:
        return
    if not settings.is_hosted:
        yield (
            "auth is set in the secrets, but there is no signing in in local mode: set"
            f" LOSSOPT_MODE={HOSTED} or remove the section"
        )
    if missing := [name for name in SIGN_IN_PACKAGES if find_spec(name) is None]:
        yield f"auth in the secrets requires missing packages: pip install {' '.join(missing)}"
    for name in settings.auth.providers:
        if "_" in name:
            yield f"auth.{name} in the secrets: a provider's name must not contain an underscore"


def _store_mistake() -> str | None:
    chosen = sources.secrets().get(STORE) or sources.in_environment(STORE)
    if chosen is not None and not isinstance(chosen, str):
        return None  # reported as a wrong type
    address = (chosen or store_address.DEFAULT).strip()
    try:
        store_check.check(address)
    except StoreError as error:
        default = "" if chosen else " (the default)"
        must_be = _one_line(error).removeprefix("the store ")
        return f"{STORE} is {shown(STORE, address)}{default}, but {must_be}"
    return None


def _existing_files() -> list[str]:
    return [each for each in st.get_option("secrets.files") if os.path.exists(each)]


def _files() -> str:
    return " and ".join(_existing_files()) or "the secrets"


def _one_line(error: object) -> str:
    return " ".join(str(error).split())
