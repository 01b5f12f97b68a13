"""Which workspace a visitor sees in hosted mode.

The name of a workspace is a hash: of a secret in the owner's browser or, keyed with a secret of
the store, of the account that the owner signed in with. Nobody else can guess it.
"""

import hashlib
import json
from dataclasses import dataclass

import streamlit as st

from lossopt_core.store.workspaces import Workspaces
from lossopt_ui.config import mode
from lossopt_ui.identity.cookie import new_token, token_in
from lossopt_ui.state.session import SessionKey

VISIT, ACCOUNT = "visit-", "account-"
"""Prefixes of workspace names: temporary (deleted some days after the last visit), permanent."""
_VISIT = SessionKey("visits.visit", lambda: VISIT + _digest(_token()))
_ACCOUNT = SessionKey("visits.account", lambda: ("", ""))
"""An identity, and the name of its workspace."""


@dataclass(frozen=True)
class Person:
    """A signed-in user.

    identity   issuer and subject, which together identify the user
    name       display name from the provider; untrusted text
    """

    identity: str
    name: str


def person() -> Person | None:
    """The signed-in user, if any."""
    if not st.user.get("is_logged_in", False):
        return None
    told = {name: st.user.get(name) for name in ("iss", "sub", "name", "email")}
    issuer, subject = told["iss"], told["sub"]
    if not (isinstance(issuer, str) and isinstance(subject, str) and issuer and subject):
        return None
    name = told["name"] or told["email"] or subject
    return Person(identity=json.dumps([issuer, subject]), name=str(name))


def workspace() -> str:
    """The name of this visitor's workspace; StoreError if the store cannot be read."""
    visitor = person()
    return anonymous() if visitor is None else _of_account(visitor)


def owner() -> str:
    """The owner of a page for fair scheduling: the browser, however many tabs it has."""
    return anonymous() if mode.hosted() else mode.LOCAL


def anonymous() -> str:
    """The name of this browser's own workspace, signed in or not."""
    # Determined once a session: a cookie that changes meanwhile must not switch workspaces.
    return _VISIT.get()


def _of_account(visitor: Person) -> str:
    identity, name = _ACCOUNT.get()
    if identity != visitor.identity:
        all_workspaces = Workspaces(mode.store_address(), discreet=True)
        name = ACCOUNT + all_workspaces.name_for(visitor.identity)
        _ACCOUNT.set((visitor.identity, name))
    return name


def has_cookie() -> bool:
    """Whether the browser accepted the cookie; in a frame of another site browsers do not."""
    return bool(_cookie_token())


def _cookie_token() -> str:
    return token_in(st.context.headers.get_all("cookie"))


def _token() -> str:
    """The token in the browser's cookie, or a new one that lasts for this session."""
    return _cookie_token() or new_token()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()[:40]
