"""Tolerant reading of cookies, and their scope.

Our cookies must be found whatever other programs on the same host put into theirs.
`http.cookies` rejects a whole header because of one invalid cookie (JSON, spaces, bytes above
127), so this module splits headers as browsers build them (RFC 6265, section 5.4).
"""

import re
from collections.abc import Callable, Iterable
from urllib.parse import quote

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Scope

_SEPARATORS = (";", "[;,]")
"""Browsers separate cookies by semicolons; commas come from programs that join headers."""
_SECURE = re.compile(r";\s*secure\s*(;|$)", re.IGNORECASE)
_FORWARDED_PROTO = re.compile(r'\bproto="?([a-z]+)', re.IGNORECASE)


def find(headers: Iterable[str], name: str, accept: Callable[[str], bool]) -> str:
    """The first acceptable value of a cookie in `Cookie` headers, or an empty string.

    The first, because browsers send the cookie with the most specific path first. A value may be
    quoted. Cookies of the same name whose value is not accepted are skipped.
    """
    headers = list(headers)
    for separator in _SEPARATORS:
        for header in headers:
            for pair in re.split(separator, header):
                key, equals, value = pair.partition("=")
                if equals and key.strip() == name and accept(value := _unquoted(value.strip())):
                    return value
    return ""


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value


def headers_in(scope: Scope) -> list[str]:
    """The `Cookie` headers of a request; HTTP/2 may send several."""
    return Headers(scope=scope).getlist("cookie")


def path() -> str:
    """The path of the app's cookies: the base path, so that other apps on the host get none."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return quote(f"/{base}", safe="/")


def is_encrypted(scope: Scope) -> bool:
    """Whether the browser uses TLS, to this server or to a proxy in front of it."""
    headers = Headers(scope=scope)
    told = [headers.get("x-forwarded-proto", "").partition(",")[0].strip()]
    told += _FORWARDED_PROTO.findall(headers.get("forwarded", "").partition(",")[0])
    return scope.get("scheme") in ("https", "wss") or "https" in map(str.lower, told)


def secure_all(headers: MutableHeaders) -> None:
    """Mark every cookie of a response as `Secure`, so that browsers never send it unencrypted."""
    headers.raw[:] = [
        (name, value + b"; Secure")
        if name.lower() == b"set-cookie" and not _SECURE.search(value.decode("latin-1"))
        else (name, value)
        for name, value in headers.raw
    ]
