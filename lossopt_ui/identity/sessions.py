"""Sessions belong to the browser that opened them.

Streamlit takes up any session whose id a connection names, and accepts uploads for it.  An id is
seen in addresses and logs; it must not open somebody's workspace.  Only the visitor's cookie does.
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
"""How long a closed session's owner is remembered; Streamlit keeps the session for two minutes."""
_PROTOCOLS = "sec-websocket-protocol"


class Owners:
    """Whose cookie opened which session: those that are open, and those closed a while ago."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._open: dict[str, tuple[str, int]] = {}
        self._closed: TTLCache[str, str] = TTLCache(math.inf, KEPT_SECONDS, timer=clock)

    def open(self, session: str, token: str) -> None:
        """A connection of this cookie has the session; whoever had it first owns it."""
        first = self._closed.pop(session, token)
        owner, connections = self._open.get(session, (first, 0))
        self._open[session] = owner, connections + 1

    def close(self, session: str) -> None:
        """One of the session's connections has ended."""
        token, connections = self._open.pop(session)
        if connections > 1:  # it was taken up again before the first connection was closed
            self._open[session] = token, connections - 1
        else:
            self._closed[session] = token

    def has(self, session: str, token: str) -> bool:
        """Whether the session was opened with this cookie; never without a cookie."""
        owner, _ = self._open.get(session) or (self._closed.get(session), 0)
        return bool(token) and owner == token


class OwnSessions:
    """In hosted mode, the cookie decides to which sessions a request may refer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._owners = Owners()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "lifespan" or not mode.hosted():
            await self._app(scope, receive, send)
            return
        token = token_in(cookies.headers_in(scope))
        if scope["type"] == "websocket":
            await self._connect(scope, receive, send, token)
        elif UPLOAD_PATH in scope["path"] and not self._owners.has(
            _uploading(scope["path"]), token
        ):
            await PlainTextResponse("Not a session of this browser.", 403)(scope, receive, send)
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
        """The request without the id of a session that is not this browser's.

        Streamlit's front end names, as subprotocols: its own, a token against forged requests,
        and the session to go on with.
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
    """The session's id in the address of an upload."""
    return path.rpartition(UPLOAD_PATH)[2].partition("/")[0]


def _session_in(message: Message) -> str:
    """The id of the session that Streamlit tells a browser at the beginning, or an empty text."""
    data = message.get("bytes")
    if message["type"] != "websocket.send" or not data:
        return ""
    return session_in(data)
