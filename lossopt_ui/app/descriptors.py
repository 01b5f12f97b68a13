"""Open files: each visit takes some, and the system allows a program only so many.

Measured with Streamlit 1.67: one for the visit's WebSocket, and three for the event loop that
Streamlit makes for each session (`AppSession._script_event_loop`: a selector and a pair of
sockets).  A visit that has gone keeps its three for the two minutes in which it may come back.
Those three are not ours to save, so there must be enough.
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
"""What macOS allows although it says that there is no limit."""
A_VISIT = 4
BESIDE = 100
"""Open files of the server itself: the store, files that are being served, requests for pages."""
GONE = 3 * 128
"""Of visits that have gone and may come back; Streamlit keeps 128 at most."""
ENOUGH_VISITS = 500
_OPEN = "/dev/fd"


def raise_limit() -> float:
    """Allow this program as many open files as it may have; returns how many."""
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
    """How many open files this program may have."""
    if resource is None:
        return float("inf")
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return float("inf") if soft == resource.RLIM_INFINITY else soft


def visits_at_once(files: float) -> float:
    """For how many visits so many open files are enough."""
    return max(1, (files - BESIDE - GONE) / A_VISIT)


def prepare() -> None:
    """Raise the limit; where that leaves room for few visits, say so in the log."""
    files = raise_limit()
    if (visits := visits_at_once(files)) < ENOUGH_VISITS:
        logging.getLogger("lossopt").warning(
            "The system allows %d open files: enough for about %d visits at once. Others are"
            " turned away. For more, raise the hard limit (LimitNOFILE in a systemd unit,"
            " --ulimit nofile in Docker).",
            files,
            visits,
        )


class RoomForVisits:
    """Turn further visits away before the program has no file left for those that are there.

    A server that cannot open a file cannot read its store either.  Browsers try again by
    themselves, so that who was turned away comes in as soon as somebody leaves.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._connections = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
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
        if self._connections < visits_at_once(files):  # to count open files takes time
            return False
        try:
            return len(os.listdir(_OPEN)) > files - BESIDE
        except OSError:
            return True
