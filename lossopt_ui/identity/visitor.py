"""Whose workspace it is that a visitor sees, where there are many visitors.

A workspace's name is a digest: of a secret that its owner's browser holds, or, keyed with a secret
of the store, of the account that somebody has signed in with.  Nobody can name one from outside.
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
"""How the names of workspaces begin: those that end some days after the last visit, and others."""
_VISIT = SessionKey("visits.visit", lambda: VISIT + _digest(_token()))
_ACCOUNT = SessionKey("visits.account", lambda: ("", ""))
"""An identity, and the name of its workspace."""


@dataclass(frozen=True)
class Person:
    """Somebody whom an identity provider vouches for.

    identity   issuer and subject: the two that together tell persons apart
    name       how the provider calls them; a text like any that people write
    """

    identity: str
    name: str


def person() -> Person | None:
    """Who has signed in, if anybody."""
    if not st.user.get("is_logged_in", False):
        return None
    told = {name: st.user.get(name) for name in ("iss", "sub", "name", "email")}
    issuer, subject = told["iss"], told["sub"]
    if not (isinstance(issuer, str) and isinstance(subject, str) and issuer and subject):
        return None
    name = told["name"] or told["email"] or subject
    return Person(identity=json.dumps([issuer, subject]), name=str(name))


def workspace() -> str:
    """The name of this visitor's workspace; StoreError where a person's cannot be found."""
    visitor = person()
    return anonymous() if visitor is None else _of_account(visitor)


def owner() -> str:
    """Whose turn a page is drawn in: this browser's, however many tabs it has."""
    return anonymous() if mode.hosted() else mode.LOCAL


def anonymous() -> str:
    """The name of the workspace of this browser, whoever has signed in."""
    # Found once a visit: a cookie that changes in between must not change what one looks at.
    return _VISIT.get()


def _of_account(visitor: Person) -> str:
    identity, name = _ACCOUNT.get()
    if identity != visitor.identity:
        all_workspaces = Workspaces(mode.store_address(), discreet=True)
        name = ACCOUNT + all_workspaces.name_for(visitor.identity)
        _ACCOUNT.set((visitor.identity, name))
    return name


def has_mark() -> bool:
    """Whether the browser keeps a secret; in a frame of another site browsers keep none."""
    return bool(_kept_token())


def _kept_token() -> str:
    return token_in(st.context.headers.get_all("cookie"))


def _token() -> str:
    """The secret of the browser; where it keeps none, one for as long as the visit lasts."""
    return _kept_token() or new_token()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()[:40]
