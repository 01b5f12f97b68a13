"""The server's middleware: access control, the visitor's cookie, security headers.

This is all that the app adds to Streamlit's own server; it does not depend on any page.
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

from lossopt_ui.app import message_limits
from lossopt_ui.app.addresses import AllowedHosts
from lossopt_ui.app.descriptors import SessionLimit
from lossopt_ui.config import mode
from lossopt_ui.identity import cookies
from lossopt_ui.identity.cookie import COOKIE, new_token, token_in
from lossopt_ui.identity.login_redirect import LoginRedirect
from lossopt_ui.identity.sessions import SessionOwnership
from lossopt_ui.identity.uploads import UploadLimits
from lossopt_ui.streamlit_private import (
    MEDIA_PATH,
    METRICS_PATH,
    index_html,
    is_set_by_owner,
)

_SECONDS_A_DAY = 86_400
NOT_KEPT = "private, no-store"
"""Responses set the visitor's cookie or contain their files, so no cache may store them."""

SAFETY = {
    "x-content-type-options": "nosniff",
    # Addresses contain settings and ids of runs, which other sites must not see.
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
}

ONLY_HERE = (
    "lossopt accepts connections only from the machine that it runs on.\n"
    "To open it to a network, start it with --server.address 0.0.0.0. Everybody on the network can"
    " then see, change and delete all runs.\n"
    f"To give each visitor their own runs, set {mode.MODE}={mode.HOSTED}.\n"
)


def middleware() -> list[Middleware]:
    """The middleware around Streamlit's server, outermost first."""
    message_limits.raise_outgoing_limit()
    return [
        Middleware(SecurityHeaders),
        Middleware(LocalOnly),
        Middleware(AllowedHosts),
        Middleware(SessionLimit),
        Middleware(PrivateMetrics),
        Middleware(VisitorCookie),
        Middleware(SessionOwnership),
        Middleware(UploadLimits),
        Middleware(LoginRedirect),
    ]


def safety() -> dict[str, str]:
    """The security headers of every response."""
    sites = mode.framed_by()
    headers = SAFETY | {"content-security-policy": content_security(framed_by=sites)}
    # The older header about frames cannot name a site, so it is sent only if none is named.
    return headers if sites else headers | {"x-frame-options": "SAMEORIGIN"}


def content_security(*, framed_by: Sequence[str] = ()) -> str:
    """The content security policy: what pages may load, and which sites may frame them."""
    rules = {
        "default-src": "'self'",
        # Streamlit's charts use eval, and components are loaded as modules from blobs.
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
    """Hashes of the inline scripts in Streamlit's own page, the only ones that may run."""
    found = re.findall(r"<script>(.*?)</script>", index_html(), re.DOTALL)
    return [f"'sha256-{b64encode(sha256(each.encode()).digest()).decode()}'" for each in found]


class SecurityHeaders:
    """Add headers against foreign resources, framing and caching."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._headers = safety()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""

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


class LocalOnly:
    """In local mode, refuse other machines unless the server was opened to them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
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
    except ValueError:  # not an IP address: a local socket
        return True
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


class PrivateMetrics:
    """Hide Streamlit's metrics, which reveal cached functions and numbers of visits."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        asked = scope["type"] == "http" and _parts(scope)[-2:] == METRICS_PATH
        if asked and not mode.metrics_open():
            await PlainTextResponse("Not found", status_code=404)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _parts(scope: Scope) -> tuple[str, ...]:
    """The components of a request's path."""
    return tuple(filter(None, scope.get("path", "").split("/")))


class VisitorCookie:
    """In hosted mode, set the cookie that identifies a visitor's workspace."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                # Sent again at each visit to renew the expiry date.
                token = token_in(cookies.headers_in(scope)) or new_token()
                MutableHeaders(scope=message).append("set-cookie", _cookie(token))
            await send(message)

        marked = scope["type"] == "http" and mode.hosted() and _is_for_a_page(scope)
        await self._app(scope, receive, send_with_cookie if marked else send)


def _is_for_a_page(scope: Scope) -> bool:
    """Whether the request is for a page, not for one of its resources."""
    return "text/html" in Headers(scope=scope).get("accept", "")


def _cookie(token: str) -> str:
    age = mode.KEPT_DAYS * _SECONDS_A_DAY
    return f"{COOKIE}={token}; Path={cookies.path()}; Max-Age={age}; HttpOnly; SameSite=Lax"
