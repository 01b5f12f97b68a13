"""Limits on uploaded files: only files that a page asks for, in bounded memory.

Streamlit accepts every file sent to an open session and keeps it in memory until the session
ends. Here a session must show an uploader, the memory per visitor and in total is bounded, and
files that no uploader shows are dropped to make room for new ones.
"""

import re
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import streamlit as st
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.typing import UploadedFile

from lossopt_ui import streamlit_private
from lossopt_ui.identity import cookies
from lossopt_ui.identity.cookie import token_in
from lossopt_ui.state.session import SessionKey
from lossopt_ui.streamlit_private import UploadStorage

MAX_OF_A_VISITOR = 20_000_000
"""Most bytes of files that the server holds for one visitor."""
MAX_TOTAL = 60_000_000
"""Most bytes of files that the server holds for all visitors together."""
KEPT_SECONDS = 300.0
"""How long a closed session is remembered; Streamlit lets it reconnect for less."""
NOT_ASKED = "Upload refused: no page of this session shows an uploader.\n"
TOO_MUCH = (
    "Your uploads would take more than {most:.0f} MB of the server's memory. Remove a file or"
    " reload the page.\n"
)
FULL = "Other visitors are uploading large files. Try again in a minute.\n"
_PATH = re.compile(rf"{streamlit_private.UPLOAD_PATH}([^/]+)/([^/]+)$")
_MEGABYTE = 1024 * 1024


@dataclass
class Session:
    """State of a session.

    asks      whether its page shows an uploader
    shown     the files in its uploaders when the page was last drawn
    visitor   its visitor, known once a file has been sent
    closed    when its connection was found closed; it may reconnect
    """

    asks: bool = False
    shown: set[str] = field(default_factory=set)
    visitor: str = ""
    closed: float | None = None


class TooMuchError(Exception):
    """An upload is refused; the message says why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Uploads:
    """The uploads of all visitors; thread-safe.

    storage   returns Streamlit's uploaded-file manager
    is_open   whether a session is connected
    """

    def __init__(
        self,
        storage: Callable[[], UploadStorage | None],
        is_open: Callable[[str], bool],
        *,
        most_of_a_visitor: int = MAX_OF_A_VISITOR,
        max_total: int = MAX_TOTAL,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._storage = storage
        self._is_open = is_open
        self._most_of_a_visitor = most_of_a_visitor
        self._max_total = max_total
        self._clock = clock
        self._sessions: dict[str, Session] = {}
        self._coming: dict[object, tuple[str, int]] = {}
        self._lock = threading.Lock()

    def ask(self, session: str, files: Collection[str]) -> None:
        """Register that the session's page shows an uploader, with these files in it."""
        with self._lock:
            if session not in self._sessions:
                self._forget_closed()
            about = self._sessions.setdefault(session, Session())
            about.asks = True
            about.shown |= {*files}

    def drawn(self, session: str, shown: set[str] | None) -> None:
        """Register that a page is fully drawn, with these files in its uploaders.

        `shown` is None if the page has no uploader.
        """
        with self._lock:
            if shown is not None:
                self._sessions.setdefault(session, Session()).shown = shown
                return
            if self._sessions.pop(session, None) is not None:
                self._give_back(session)

    def asks(self, session: str) -> bool:
        """Whether the session's page shows an uploader."""
        with self._lock:
            return session in self._sessions and self._sessions[session].asks

    @contextmanager
    def receiving(self, session: str, file: str, visitor: str, size: int) -> Iterator[None]:
        """Reserve memory while a file is being received; TooMuchError if there is not enough.

        Files that no uploader shows are dropped first, the oldest of them first.
        """
        token = object()
        with self._lock:
            about = self._sessions.get(session)
            if about is None or not about.asks:
                raise TooMuchError(403, NOT_ASKED)
            about.visitor = visitor
            self._forget_closed()
            mine = {each for each, known in self._sessions.items() if known.visitor == visitor}
            most = self._most_of_a_visitor
            if not self._make_room(mine, most - size - self._awaited(visitor)):
                raise TooMuchError(413, TOO_MUCH.format(most=most / 1e6))
            if not self._make_room(None, self._max_total - size - self._awaited(None)):
                raise TooMuchError(503, FULL)
            self._coming[token] = visitor, size
        try:
            yield
        finally:
            with self._lock:
                del self._coming[token]
            if not self._is_open(session) and (storage := self._storage()):
                storage.remove_file(session, file)  # the session was closed during the upload

    def _awaited(self, visitor: str | None) -> int:
        return sum(size for whose, size in self._coming.values() if visitor in (None, whose))

    def _forget_closed(self) -> None:
        now = self._clock()
        for session, about in list(self._sessions.items()):
            if self._is_open(session):
                about.closed = None
            elif about.closed is None:
                about.closed = now
            elif now > about.closed + KEPT_SECONDS:
                del self._sessions[session]

    def _make_room(self, sessions: set[str] | None, most: int) -> bool:
        """Drop files of these sessions (None: all) until they take at most `most` bytes.

        Returns whether that was possible.
        """
        storage = self._storage()
        if storage is None:
            return most >= 0
        held = [
            (session, file, len(record.data))
            for session, files in list(storage.file_storage.items())
            if sessions is None or session in sessions
            for file, record in list(files.items())
        ]
        taken = sum(size for _, _, size in held)
        for session, file, size in held:
            if taken <= most:
                break
            about = self._sessions.get(session)
            if about is None or file not in about.shown:
                storage.remove_file(session, file)
                taken -= size
        return taken <= most

    def _give_back(self, session: str) -> None:
        storage = self._storage()
        if storage is not None:
            for file in list(storage.file_storage.get(session, {})):
                storage.remove_file(session, file)


UPLOADS = Uploads(streamlit_private.upload_storage, streamlit_private.is_open)
"""All uploads of this process."""
_DRAWN: SessionKey[set[str] | None] = SessionKey("uploads.drawn", lambda: None)
"""The files in the uploaders of the page; None if it has drawn no uploader."""


@contextmanager
def page() -> Iterator[None]:
    """Wrap the drawing of a page; if it shows no uploader, the session's files are dropped."""
    _DRAWN.set(None)
    yield  # an interrupted page does not count: it may not have reached its uploader
    if session := streamlit_private.session_id():
        UPLOADS.drawn(session, _DRAWN.get())


def uploader(label: str, **named: Any) -> UploadedFile | None:
    """Streamlit's uploader of one file. Pages use only this one."""
    file: UploadedFile | None = st.file_uploader(label, **named)
    _show([file] if file else [])
    return file


def uploader_of_many(label: str, *, folder: bool = False, **named: Any) -> list[UploadedFile]:
    """Streamlit's uploader of several files, or of all files in a folder, named by their paths."""
    many: Any = "directory" if folder else True
    files: list[UploadedFile] = st.file_uploader(label, accept_multiple_files=many, **named)
    _show(files)
    return files


def _show(files: Sequence[UploadedFile]) -> None:
    """Register an uploader that is drawn with these files."""
    shown = {file.file_id for file in files}
    if session := streamlit_private.session_id():
        UPLOADS.ask(session, shown)
    _DRAWN.set((_DRAWN.get() or set()) | shown)


class UploadLimits:
    """Accept only uploads that a page asked for, within the memory limits."""

    def __init__(self, app: ASGIApp, uploads: Uploads = UPLOADS) -> None:
        self._app = app
        self._uploads = uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        wanted = scope["type"] == "http" and scope.get("method") == "PUT"
        found = _PATH.search(scope["path"]) if wanted else None
        if found is None:
            await self._app(scope, receive, send)
            return
        session, file = found.groups()
        try:
            with self._uploads.receiving(session, file, _visitor(scope, session), _size(scope)):
                await self._app(scope, receive, send)
        except TooMuchError as error:
            answer = PlainTextResponse(str(error), status_code=error.status)
            await answer(scope, receive, send)


def _visitor(scope: Scope, session: str) -> str:
    """The visitor of an upload: the browser's token or, without one, the session."""
    return token_in(cookies.headers_in(scope)) or session


def _size(scope: Scope) -> int:
    """The size of the upload: as announced, or else the maximum."""
    most = int(st.get_option("server.maxUploadSize")) * _MEGABYTE
    announced = Headers(scope=scope).get("content-length", "")
    return min(most, int(announced)) if announced.isdecimal() else most
