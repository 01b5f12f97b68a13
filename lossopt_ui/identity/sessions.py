"""Sessions belong to the browser that opened them.

Streamlit resumes any session whose id a connection names, and accepts uploads for it. Ids appear
in addresses and logs, so an id alone must not give access to a workspace: the visitor's cookie
must match too.
"""

import math
import time
from collections.abc import Callable

from cachetools import TTLCache
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lossopt_ui.config import mode
from lossopt_ui.identity import cookies
from lossopt_ui.identity.cookie import token_in
from lossopt_ui.streamlit_private import UPLOAD_PATH, session_in

KEPT_SECONDS = 3600.0
"""How long a closed session's owner is remembered; Streamlit keeps the session for less."""
_PROTOCOLS = "sec-websocket-protocol"


class Owners:
    """Which cookie opened which session, for open and recently closed sessions."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._open: dict[str, tuple[str, int]] = {}
        self._closed: TTLCache[str, str] = TTLCache(math.inf, KEPT_SECONDS, timer=clock)

    def open(self, session: str, token: str) -> None:
        """Register a connection to the session; its owner is the first cookie that had it."""
        first = self._closed.pop(session, token)
        owner, connections = self._open.get(session, (first, 0))
        self._open[session] = owner, connections + 1

    def close(self, session: str) -> None:
        """Register the end of one of the session's connections."""
        token, connections = self._open.pop(session)
        if connections > 1:  # the browser reconnected before the first connection was closed
            self._open[session] = token, connections - 1
        else:
            self._closed[session] = token

    def has(self, session: str, token: str) -> bool:
        """Whether the session was opened with this cookie; never without a cookie."""
        owner, _ = self._open.get(session) or (self._closed.get(session), 0)
        return bool(token) and owner == token


class SessionOwnership:
    """In hosted mode, allow a request only the sessions of its own cookie."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._owners = Owners()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "lifespan" or not mode.hosted():
            await self._app(scope, receive, send)
            return
        token = token_in(cookies.headers_in(scope))
        if scope["type"] == "websocket":
            await self._connect(scope, receive, send, token)
        elif UPLOAD_PATH in scope["path"] and not self._owners.has(
            _uploading(scope["path"]), token
        ):
            problem = "This session belongs to another browser."
            await PlainTextResponse(problem, 403)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _connect(self, scope: Scope, receive: Receive, send: Send, token: str) -> None:
        opened: set[str] = set()

        async def send_and_note(message: Message) -> None:
            if not opened and (session := _session_in(message)):
                opened.add(session)
                self._owners.open(session, token)
            await send(message)

        try:
            await self._app(self._with_own_session(scope, token), receive, send_and_note)
        finally:
            for session in opened:
                self._owners.close(session)

    def _with_own_session(self, scope: Scope, token: str) -> Scope:
        """The request without the session id if that session is not this browser's.

        Streamlit's front end sends three subprotocols: its own name, an XSRF token, and the
        session to resume.
        """
        named = [
            each.strip() for each in ",".join(Headers(scope=scope).getlist(_PROTOCOLS)).split(",")
        ]
        if len(named) < 3 or self._owners.has(named[2], token):
            return scope
        changed = dict(scope, headers=list(scope["headers"]), subprotocols=named[:2])
        MutableHeaders(scope=changed)[_PROTOCOLS] = ", ".join(named[:2])
        return changed


def _uploading(path: str) -> str:
    """The session id in the path of an upload."""
    return path.rpartition(UPLOAD_PATH)[2].partition("/")[0]


def _session_in(message: Message) -> str:
    """The session id in Streamlit's first message to a browser, or an empty string."""
    data = message.get("bytes")
    if message["type"] != "websocket.send" or not data:
        return ""
    return session_in(data)
