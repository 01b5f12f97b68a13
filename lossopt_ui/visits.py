"""Whose workspace it is that a visitor sees, where there are many visitors.

A workspace's name is a digest of a secret that its owner's browser holds, or of the account that
somebody signed in with.  Who reads the store learns no secret from it.
"""

import hashlib
import re
import secrets

import streamlit as st

COOKIE = "lossopt_visit"
VISIT, ACCOUNT = "visit-", "account-"
"""How the names of workspaces begin: those that end some days after the last visit, and others."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_MINE = "visits.workspace"


def is_token(text: str) -> bool:
    """Whether it is what `secrets.token_urlsafe(32)` gives: 256 bits."""
    return _TOKEN.fullmatch(text) is not None


def workspace() -> str:
    """The name of this visitor's workspace."""
    account = _account()
    if account:
        return ACCOUNT + _digest(account)
    # Found once a visit: a cookie that changes in between must not change what one looks at.
    mine: str = st.session_state.setdefault(_MINE, VISIT + _digest(_token()))
    return mine


def _token() -> str:
    """The secret of the browser; where it keeps none, one for as long as the visit lasts."""
    token = st.context.cookies.get(COOKIE, "")
    return token if is_token(token) else secrets.token_urlsafe(32)


def signed_in() -> bool:
    """Whether the visitor has proved who it is."""
    return bool(st.user.get("is_logged_in", False))


def _account() -> str:
    """Who has signed in, as the identity provider tells persons apart; empty for nobody."""
    if not signed_in():
        return ""
    return f"{st.user.get('iss', '')} {st.user.get('sub') or st.user.get('email', '')}"


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()[:40]
