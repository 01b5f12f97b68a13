"""The settings are checked when the server starts: one line for each mistake, all at once.

A line names the setting, what it is set to, and what is allowed.  Secrets are named without
their value.
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
"""The exit code of a server that does not start because of its settings."""
NEEDED_TO_SIGN_IN = ("authlib", "httpx")
STORE = store_address.VARIABLE


def check() -> None:
    """End the program where a setting is wrong, after a line on stderr for each mistake."""
    if found := mistakes():
        sys.stdout.flush()
        print(*(f"lossopt: {line}" for line in found), sep="\n", file=sys.stderr, flush=True)
        raise SystemExit(WRONG_SETTINGS)


def mistakes() -> list[str]:
    """What is wrong with the settings, a line each; empty where the server can run."""
    environment = dict(os.environ)  # Streamlit adds the secrets to it when it reads them
    try:
        secrets = _read_secrets()
    except ValueError as error:
        return [str(error), *unknown(environment, "the environment"), *_of_values()]
    return [
        *unknown(environment, "the environment"),
        *unknown(secrets, _files()),
        *misplaced(secrets, _files()),
        *_said_twice(environment, secrets),
        *_of_values(),
    ]


def _of_values() -> list[str]:
    found = [] if (problem := _of_the_store()) is None else [problem]
    try:
        settings = Settings()
    except ValidationError as error:
        return [*map(_in_words, error.errors(include_url=False)), *found]
    return [*_of_sign_in(settings), *found]


def _read_secrets() -> Mapping[str, Any]:
    """Streamlit's secrets; ValueError where there are some that cannot be read."""
    try:
        st.secrets.to_dict()
    except FileNotFoundError as error:  # also where there is a file that is no TOML
        if _there():
            raise ValueError(f"{_files()} cannot be read: {_one_line(error)}") from None
    except (OSError, ValueError) as error:
        raise ValueError(f"{_files()} cannot be read: {_one_line(error)}") from None
    return sources.secrets()


def _said_twice(environment: Mapping[str, str], secrets: Mapping[str, Any]) -> list[str]:
    """Settings to which the environment and the secrets give different values."""
    return [
        f"{name} is {shown(name, first)} in the environment, but {shown(name, second)} in"
        f" {_files()}: set it in one place"
        for name in VARIABLES
        if (first := environment.get(name, "").strip()) and (second := secrets.get(name))
        if first != str(second).strip()
    ]


def _in_words(error: ErrorDetails) -> str:
    """The mistake that pydantic found, in words for whoever runs the server."""
    field = str(error["loc"][0])
    if field == sources.AUTH:
        return _of_the_section(error)
    name = sources.variable(field)
    value = shown(name, error["input"])
    return f"{name} is {value}, but must be {allowed(VARIABLES[name])}"


def _of_the_section(error: ErrorDetails) -> str:
    """The same for `auth` in the secrets; a value there is shown where it is no secret."""
    _, *keys = map(str, error["loc"])
    if not keys:
        return "auth in the secrets must be a section: [auth], and its keys below it"
    if keys == ["providers"]:
        return (
            "auth in the secrets names no identity provider: set auth.client_id,"
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


def _of_sign_in(settings: Settings) -> Iterable[str]:
    if settings.auth is None:
        return
    if not settings.is_hosted:
        yield (
            "auth is set in the secrets, but nobody signs in in local mode: set"
            f" LOSSOPT_MODE={HOSTED}, or remove the section"
        )
    if missing := [name for name in NEEDED_TO_SIGN_IN if find_spec(name) is None]:
        yield f"auth in the secrets needs a package: pip install {' '.join(missing)}"
    for name in settings.auth.providers:
        if "_" in name:
            yield f"auth.{name} in the secrets: the name of a provider must have no underscore"


def _of_the_store() -> str | None:
    chosen = sources.secrets().get(STORE) or sources.in_environment(STORE)
    if chosen is not None and not isinstance(chosen, str):
        return None  # a mistake of its own
    address = (chosen or store_address.DEFAULT).strip()
    try:
        store_check.check(address)
    except StoreError as error:
        usual = "" if chosen else " (the default)"
        must_be = _one_line(error).removeprefix("the store's address ")
        return f"{STORE} is {shown(STORE, address)}{usual}, but {must_be}"
    return None


def _there() -> list[str]:
    return [each for each in st.get_option("secrets.files") if os.path.exists(each)]


def _files() -> str:
    return " and ".join(_there()) or "the secrets"


def _one_line(error: object) -> str:
    return " ".join(str(error).split())
