"""File descriptors: each session uses several, and the system limits them per process.

Measured with Streamlit 1.67: one for the session's WebSocket, and three for the event loop that
Streamlit creates for each session (`AppSession._script_event_loop`: a selector and a socket pair).
A disconnected session keeps its three as long as it may reconnect. We cannot avoid these three, so
the limit must be high enough.
"""

import logging
import os
from contextlib import suppress

from starlette.types import ASGIApp, Receive, Scope, Send

try:
    import resource
except ImportError:  # Windows has no such limit
    resource = None  # type: ignore[assignment]

WANTED = 65_536
LOWER = 10_240
"""The actual maximum on macOS, even if it reports no limit."""
PER_SESSION = 4
RESERVED = 100
"""Descriptors for the server itself: the store, files being served, page requests."""
DISCONNECTED = 3 * 128
"""Descriptors of disconnected sessions that may reconnect; Streamlit keeps at most 128."""
ENOUGH_SESSIONS = 500
_OPEN = "/dev/fd"


def raise_limit() -> float:
    """Raise the limit of open files as far as possible; returns the new limit."""
    if resource is None:
        return float("inf")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in (WANTED, LOWER):
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        if soft != resource.RLIM_INFINITY and soft < most:
            with suppress(ValueError, OSError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
                break
    return limit()


def limit() -> float:
    """The limit of open files of this process."""
    if resource is None:
        return float("inf")
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return float("inf") if soft == resource.RLIM_INFINITY else soft


def most_sessions(files: float) -> float:
    """Number of simultaneous sessions for which this many open files are enough."""
    return max(1, (files - RESERVED - DISCONNECTED) / PER_SESSION)


def prepare() -> None:
    """Raise the limit, and log a warning if it is still low."""
    files = raise_limit()
    if (sessions := most_sessions(files)) < ENOUGH_SESSIONS:
        logging.getLogger("lossopt").warning(
            "The system allows %d open files: enough for about %d simultaneous sessions. Further"
            " sessions are rejected. To allow more, raise the hard limit (LimitNOFILE in a systemd"
            " unit, --ulimit nofile in Docker).",
            files,
            sessions,
        )


class SessionLimit:
    """Reject new sessions before the process runs out of file descriptors.

    A server that cannot open a file cannot read its store either. Browsers retry by themselves,
    so a rejected visitor gets in as soon as another leaves.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._connections = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
        elif self._is_full():
            await send({"type": "websocket.close", "code": 1013})
        else:
            self._connections += 1
            try:
                await self._app(scope, receive, send)
            finally:
                self._connections -= 1

    def _is_full(self) -> bool:
        files = limit()
        if self._connections < most_sessions(files):  # counting open files takes time
            return False
        try:
            return len(os.listdir(_OPEN)) > files - RESERVED
        except OSError:
            return True
