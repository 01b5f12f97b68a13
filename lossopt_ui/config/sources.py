"""Sources of settings: environment variables and Streamlit's secrets, which take precedence.

Streamlit copies strings and numbers at the top of `secrets.toml` to environment variables.  This
module reads the secrets themselves, which keeps their types and sections.
"""

import os
from collections.abc import Hashable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import streamlit as st
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

PREFIX = "LOSSOPT_"
AUTH = "auth"
"""The section of the secrets for signing in; Streamlit reads it, too."""


def variable(field: str) -> str:
    """The environment variable of a field of `Settings`."""
    return f"{PREFIX}{field.upper()}"


def in_environment(name: str) -> str | None:
    """The variable's value; None if it is not set or blank."""
    return os.environ.get(name, "").strip() or None


def secrets() -> Mapping[str, Any]:
    """Streamlit's secrets as of the start of the server; empty if there are none."""
    return _read_once(_Same(st.secrets))


def fingerprint(names: Sequence[str]) -> Hashable:
    """A value that changes if one of these settings or the secrets change."""
    return (_Same(st.secrets), *map(os.environ.get, names))


class Source(PydanticBaseSettingsSource):
    """Takes the value of each field from the secrets or from its environment variable."""

    def __init__(self, settings_cls: type[BaseSettings]) -> None:
        super().__init__(settings_cls)
        self._secrets = secrets()

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Value, name of the setting, and whether to parse the value as JSON (never)."""
        if field_name == AUTH:
            return self._secrets.get(AUTH), AUTH, False
        name = variable(field_name)
        value = self._secrets.get(name)
        return (in_environment(name) if value in (None, "") else value), name, False

    def __call__(self) -> dict[str, Any]:
        """The values that are set, by field."""
        found = {
            name: self.get_field_value(field, name)[0]
            for name, field in self.settings_cls.model_fields.items()
        }
        return {name: value for name, value in found.items() if value is not None}


class _Same:
    """A cache key that compares by identity and keeps its object alive."""

    def __init__(self, held: Any) -> None:
        self.held = held

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.held is other.held

    def __hash__(self) -> int:
        return id(self.held)


@lru_cache(maxsize=2)
def _read_once(key: _Same) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = key.held.to_dict()
    except (OSError, ValueError):  # none, or unreadable: the check at the start reports that
        return {}
    return found
