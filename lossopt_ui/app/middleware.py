"""What surrounds every answer of the server: who may ask, a visitor's mark, headers of safety.

This is all that the app adds to Streamlit's own server; it knows of no page.
"""

import ipaddress
import re
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lossopt_ui.app import frames
from lossopt_ui.app.addresses import ServedNames
from lossopt_ui.app.descriptors import RoomForVisits
from lossopt_ui.config import mode
from lossopt_ui.identity import cookies
from lossopt_ui.identity.cookie import COOKIE, new_token, token_in
from lossopt_ui.identity.login_redirect import WayBack
from lossopt_ui.identity.sessions import OwnSessions
from lossopt_ui.identity.uploads import AskedUploads
from lossopt_ui.streamlit_private import (
    MEDIA_PATH,
    METRICS_PATH,
    index_html,
    is_set_by_owner,
)

_SECONDS_A_DAY = 86_400
NOT_KEPT = "private, no-store"
"""Pages come with their visitor's cookie, and files are somebody's: no cache may keep them."""

SAFETY = {
    "x-content-type-options": "nosniff",
    # An address holds settings and ids of runs: they are nobody's business elsewhere.
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
}

ONLY_HERE = (
    "lossopt is served to the machine that it runs on, and to no other.\n"
    "To open it to a network, start it with --server.address 0.0.0.0: everybody there then sees,"
    " changes and deletes the same runs.\n"
    f"To let each visitor have runs of their own, set {mode.MODE}={mode.HOSTED}.\n"
)


def middleware() -> list[Middleware]:
    """The layers around Streamlit's server, the outermost first."""
    frames.let_answers_be_larger()
    return [
        Middleware(Safety),
        Middleware(OnlyHere),
        Middleware(ServedNames),
        Middleware(RoomForVisits),
        Middleware(ClosedMetrics),
        Middleware(VisitorsMark),
        Middleware(OwnSessions),
        Middleware(AskedUploads),
        Middleware(WayBack),
    ]


def safety() -> dict[str, str]:
    """The headers of every answer."""
    sites = mode.framed_by()
    headers = SAFETY | {"content-security-policy": content_security(framed_by=sites)}
    # The older of the two headers about frames cannot name a site: it stands where none is named.
    return headers if sites else headers | {"x-frame-options": "SAMEORIGIN"}


def content_security(*, framed_by: Sequence[str] = ()) -> str:
    """From where a page may load what, and who may frame it, as browsers are told it."""
    rules = {
        "default-src": "'self'",
        # Streamlit's charts compile their formulas; components come as modules out of memory.
        "script-src": f"'self' 'unsafe-eval' blob: {' '.join(_inline_scripts())}",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self' data: blob:",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": " ".join(["'self'", *framed_by]),
    }
    return "; ".join(f"{name} {sources}" for name, sources in rules.items())


def _inline_scripts() -> list[str]:
    """The digests of the scripts that stand in Streamlit's own page: those may run, no others."""
    found = re.findall(r"<script>(.*?)</script>", index_html(), re.DOTALL)
    return [f"'sha256-{b64encode(sha256(each.encode()).digest()).decode()}'" for each in found]


class Safety:
    """Headers that keep a page from loading from elsewhere, from being framed, and from caches."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._headers = safety()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, text in self._headers.items():
                    headers.setdefault(name, text)
                if "text/html" in headers.get("content-type", "") or MEDIA_PATH in _parts(scope):
                    headers["cache-control"] = NOT_KEPT
                if cookies.is_encrypted(scope):
                    cookies.secure_all(headers)
            await send(message)

        await self._app(scope, receive, send_with_headers)


class OnlyHere:
    """In local mode, answer nobody on other machines, unless the owner opened the server."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "lifespan" or _opened() or _from_here(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await PlainTextResponse(ONLY_HERE, status_code=403)(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})


def _opened() -> bool:
    return mode.hosted() or is_set_by_owner("server.address")


def _from_here(scope: Scope) -> bool:
    host = (scope.get("client") or ("",))[0]
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:  # no network address: a socket of this machine
        return True
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


class ClosedMetrics:
    """Streamlit's metrics name what the app caches, and count visits: nobody's business."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        asked = scope["type"] == "http" and _parts(scope)[-2:] == METRICS_PATH
        if asked and not mode.metrics_open():
            await PlainTextResponse("Not found", status_code=404)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _parts(scope: Scope) -> tuple[str, ...]:
    """The parts of a request's path."""
    return tuple(filter(None, scope.get("path", "").split("/")))


class VisitorsMark:
    """In hosted mode, a cookie by which a visitor's workspace is found again."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                # Sent again at each visit, so that the days begin anew.
                token = token_in(cookies.headers_in(scope)) or new_token()
                MutableHeaders(scope=message).append("set-cookie", _cookie(token))
            await send(message)

        marked = scope["type"] == "http" and mode.hosted() and _is_for_a_page(scope)
        await self._app(scope, receive, send_with_cookie if marked else send)


def _is_for_a_page(scope: Scope) -> bool:
    """Whether somebody opens a page, and not what belongs to one."""
    return "text/html" in Headers(scope=scope).get("accept", "")


def _cookie(token: str) -> str:
    age = mode.KEPT_DAYS * _SECONDS_A_DAY
    return f"{COOKIE}={token}; Path={cookies.path()}; Max-Age={age}; HttpOnly; SameSite=Lax"
