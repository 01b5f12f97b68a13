"""Messages about unknown and misplaced settings, and safe formatting of values."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from lossopt_core.store import address
from lossopt_ui.config.settings import VARIABLES
from lossopt_ui.config.sign_in import Provider, SignIn
from lossopt_ui.config.sources import AUTH, PREFIX

NEAR, NEAREST = 0.8, 0.6
"""Similarity at which a name counts as a misspelling, and at which one is suggested."""
SIGN_IN_KEYS = {*SignIn.model_fields, *Provider.model_fields, "client_kwargs", "expose_tokens"} - {
    "providers"
}
"""Keys that Streamlit reads in `[auth]`."""
LONGEST = 120
"""Characters of a value that are shown."""


def shown(name: str, value: object) -> str:
    """The value of a setting, without the password in a store's address."""
    is_address = name == address.VARIABLE and isinstance(value, str)
    return quoted(address.shown(str(value)) if is_address else value)


def quoted(value: object) -> str:
    """The value on one line, truncated if long."""
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def unknown(given: Mapping[str, Any], where: str) -> list[str]:
    """A line for each unknown name that looks like a lossopt setting."""
    return [
        f"{name} {_set_to(name, given[name])}in {where} is not a lossopt setting: {_instead(name)}"
        for name in sorted(given)
        if name not in VARIABLES and (name.upper().startswith(PREFIX) or _nearest(name, NEAR))
    ]


def misplaced(secrets: Mapping[str, Any], where: str) -> Iterator[str]:
    """A line for each setting in a section of the secrets, where it is ignored."""
    for section, keys in secrets.items():
        if not isinstance(keys, Mapping):
            continue
        for name in keys:
            if name in VARIABLES or name.upper().startswith(PREFIX):
                yield (
                    f"{name} is in the section [{section}] of {where}, where it is ignored: move"
                    " it above the first section"
                )
    auth = secrets.get(AUTH)
    if isinstance(auth, Mapping):
        yield from _misspelt(auth, AUTH)


def _misspelt(section: Mapping[str, Any], place: str) -> Iterator[str]:
    for name, value in section.items():
        if name == "client_kwargs" or name in SIGN_IN_KEYS:
            continue
        if isinstance(value, Mapping):
            yield from _misspelt(value, f"{place}.{name}")
        elif near := get_close_matches(name, SIGN_IN_KEYS, 1, NEAR):
            yield f"{place}.{name} in the secrets is ignored: did you mean {place}.{near[0]}?"


def _set_to(name: str, value: object) -> str:
    """The value, but only if the name is a misspelt setting, so that no secret is shown."""
    near = _nearest(name, NEAR)
    return f"= {shown(near, value)} " if near else ""


def _instead(name: str) -> str:
    near = _nearest(name, NEAREST)
    return f"did you mean {near}?" if near else f"the settings are {', '.join(VARIABLES)}"


def _nearest(name: str, cutoff: float) -> str | None:
    """The setting with the most similar name, compared without our prefix."""
    upper = name.upper()
    start = PREFIX if upper.startswith(PREFIX) else ""
    names = [each.removeprefix(start) for each in VARIABLES]
    found = get_close_matches(upper.removeprefix(start), names, 1, cutoff)
    return f"{start}{found[0]}" if found else None
