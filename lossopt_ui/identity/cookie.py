"""The visitor's cookie: a secret by which a browser's workspace is found again."""

import re
import secrets
from collections.abc import Iterable

from lossopt_ui.identity import cookies

COOKIE = "lossopt_visit"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def new_token() -> str:
    """256 bits that nobody guesses."""
    return secrets.token_urlsafe(32)


def is_token(text: str) -> bool:
    """Whether it is what `new_token` gives."""
    return _TOKEN.fullmatch(text) is not None


def token_in(headers: Iterable[str]) -> str:
    """The visitor's token in some `Cookie` headers; empty where there is none, or a forged one."""
    return cookies.find(headers, COOKIE, is_token)
