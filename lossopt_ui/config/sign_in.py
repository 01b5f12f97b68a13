"""Signing in: the section `auth` of the secrets, in the format of Streamlit's `st.login`."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

DEFAULT = "default"
"""Streamlit's name for the provider configured in `[auth]` itself."""
SHORTEST_SECRET = 32
CALLBACK = "/oauth2callback"


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or " " in text:
        raise ValueError("is not a URL")
    return text


def _callback(text: str) -> str:
    if not _url(text).endswith(CALLBACK):
        raise ValueError(f"does not end with {CALLBACK}")
    return text


def key(description: str, allowed: str) -> Any:
    """A key of the section: description and allowed values."""
    return Field(description=description, min_length=1, json_schema_extra={"allowed": allowed})


class Provider(BaseModel):
    """An identity provider that supports OpenID Connect."""

    model_config = ConfigDict(extra="ignore", frozen=True, str_strip_whitespace=True)

    client_id: str = key("the app's client ID at the provider", "the value from your provider")
    client_secret: SecretStr = key(
        "the app's client secret at the provider", "the value from your provider"
    )
    server_metadata_url: Annotated[str, AfterValidator(_url)] = key(
        "the provider's OpenID Connect metadata",
        "a URL, which usually ends with /.well-known/openid-configuration",
    )


class SignIn(BaseModel):
    """Settings shared by all providers, and the providers by name."""

    model_config = ConfigDict(extra="ignore", frozen=True, str_strip_whitespace=True)

    redirect_uri: Annotated[str, AfterValidator(_callback)] = key(
        "URL to which providers send visitors back", f"the app's URL followed by {CALLBACK}"
    )
    cookie_secret: SecretStr = Field(
        min_length=SHORTEST_SECRET,
        description="key that signs the sign-in cookie; anyone who has it can sign in as any user",
        json_schema_extra={
            "allowed": f"at least {SHORTEST_SECRET} characters, the same for all processes"
        },
    )
    providers: dict[str, Provider] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _sort(cls, section: Any) -> Any:
        """Collect the providers from their own sections or from the keys of `auth` itself."""
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
