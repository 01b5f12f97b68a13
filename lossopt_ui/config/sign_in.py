"""How visitors sign in: the section `auth` of the secrets, as Streamlit's `st.login` wants it."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

DEFAULT = "default"
"""Streamlit's name for the provider whose settings stand in `[auth]` itself."""
SHORTEST_SECRET = 32
CALLBACK = "/oauth2callback"


def _web_address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or " " in text:
        raise ValueError("is no web address")
    return text


def _callback(text: str) -> str:
    if not _web_address(text).endswith(CALLBACK):
        raise ValueError(f"does not end with {CALLBACK}")
    return text


def said(description: str, allowed: str) -> Any:
    """A key of the section: what it is, and what may be set."""
    return Field(description=description, min_length=1, json_schema_extra={"allowed": allowed})


class Provider(BaseModel):
    """An identity provider that speaks OpenID Connect."""

    model_config = ConfigDict(extra="ignore", frozen=True, str_strip_whitespace=True)

    client_id: str = said("the app's name at the provider", "what the provider gave you")
    client_secret: SecretStr = said("the app's password there", "what the provider gave you")
    server_metadata_url: Annotated[str, AfterValidator(_web_address)] = said(
        "where the provider describes itself",
        "a web address, which mostly ends with /.well-known/openid-configuration",
    )


class SignIn(BaseModel):
    """What all providers share, and the providers by name."""

    model_config = ConfigDict(extra="ignore", frozen=True, str_strip_whitespace=True)

    redirect_uri: Annotated[str, AfterValidator(_callback)] = said(
        "where providers send visitors back to", f"the app's address with {CALLBACK} behind it"
    )
    cookie_secret: SecretStr = Field(
        min_length=SHORTEST_SECRET,
        description="signs the cookie of who has signed in; whoever has it can sign in as anybody",
        json_schema_extra={
            "allowed": f"{SHORTEST_SECRET} characters or more, the same for all processes"
        },
    )
    providers: dict[str, Provider] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _sort(cls, section: Any) -> Any:
        """Gather the providers: sections of their own, or the keys in `auth` itself."""
        if not isinstance(section, Mapping) or "providers" in section:
            return section
        rest = {name: value for name, value in section.items() if not _is_provider(value)}
        found = {name: value for name, value in section.items() if _is_provider(value)}
        if _is_provider(section):
            own = {name: rest.pop(name) for name in Provider.model_fields if name in rest}
            found = {DEFAULT: own, **found}
        return {**rest, "providers": found}


def _is_provider(value: Any) -> bool:
    return isinstance(value, Mapping) and any(name in value for name in Provider.model_fields)
