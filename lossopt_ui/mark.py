"""The mark of a browser: a secret in a cookie, by which its workspace is found again."""

import re
import secrets

COOKIE = "lossopt_visit"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def new_token() -> str:
    """256 bits that nobody guesses."""
    return secrets.token_urlsafe(32)


def is_token(text: str) -> bool:
    """Whether it is what `new_token` gives."""
    return _TOKEN.fullmatch(text) is not None
