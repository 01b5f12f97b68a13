"""The visitor's cookie: a secret token that identifies the browser's workspace."""

import re
import secrets
from collections.abc import Iterable

from lossopt_ui.identity import cookies

COOKIE = "lossopt_visit"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def new_token() -> str:
    """A random token of 256 bits."""
    return secrets.token_urlsafe(32)


def is_token(text: str) -> bool:
    """Whether the text has the form of a token from `new_token`."""
    return _TOKEN.fullmatch(text) is not None


def token_in(headers: Iterable[str]) -> str:
    """The visitor's token in `Cookie` headers; empty if there is none or it is malformed."""
    return cookies.find(headers, COOKIE, is_token)
