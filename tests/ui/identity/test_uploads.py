"""Only files that a page asks for are accepted, within the memory limits."""

import ast
import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from streamlit import config
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from lossopt_ui.identity import sessions
from lossopt_ui.identity.cookie import COOKIE
from lossopt_ui.identity.uploads import KEPT_SECONDS, UploadLimits, Uploads
from tests.programs import ROOT

ONE, OTHER = "a" * 43, "b" * 43


class Server:
    """Uploads with sessions that the test closes, and a clock that it sets."""

    def __init__(self, most_of_a_visitor: int = 100, max_total: int = 150) -> None:
        self.files = MemoryUploadedFileManager("/_stcore/upload_file")
        self.closed: set[str] = set()
        self.now = 0.0
        self.uploads = Uploads(
            lambda: self.files,
            lambda session: session not in self.closed,
            most_of_a_visitor=most_of_a_visitor,
            max_total=max_total,
            clock=lambda: self.now,
        )
        self.closes_meanwhile = False

    async def _streamlit(self, scope: Any, receive: Any, send: Any) -> None:
        """Streamlit's endpoint: it keeps the file for the session, whoever sent it."""
        *_, session, file = scope["path"].split("/")
        data = (await receive())["body"]
        if self.closes_meanwhile:
            self.closed.add(session)
        self.files.add_file(session, UploadedFileRec(file, "a.csv", "text/csv", data))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def put(
        self, session: str, file: str, size: int, *, mark: str = ONE, announced: bool = True
    ) -> tuple[int, str]:
        """Status and text of the response to an upload."""
        sent: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": bytes(size), "more_body": False}

        headers = [(b"cookie", f"other=1; {COOKIE}={mark}".encode())]
        if announced:
            headers.append((b"content-length", str(size).encode()))
        path = f"/base/_stcore/upload_file/{session}/{file}"
        scope = {"type": "http", "method": "PUT", "path": path, "headers": headers}
        app = UploadLimits(self._streamlit, self.uploads)
        with ThreadPoolExecutor() as other:
            other.submit(asyncio.run, app(scope, receive, send)).result()
        return sent[0]["status"], sent[1]["body"].decode()

    def held(self, session: str) -> set[str]:
        return set(self.files.file_storage.get(session, {}))


def test_an_unrequested_file_is_refused() -> None:
    server = Server()
    assert server.put("s", "f", 10) == (
        403,
        "Upload refused: no page of this session shows an uploader.\n",
    )
    server.uploads.ask("t", ())
    assert server.put("s", "f", 10)[0] == 403, "another session's page asks"
    server.uploads.ask("s", ())
    assert server.put("s", "f", 10)[0] == 204
    assert server.held("s") == {"f"}


def test_the_limit_per_visitor_is_exact() -> None:
    server = Server()
    server.uploads.ask("s", ())
    assert server.put("s", "one", 60)[0] == 204
    server.uploads.drawn("s", {"one"})
    status, words = server.put("s", "two", 41)
    assert (status, server.held("s")) == (413, {"one"})
    assert "Remove a file or reload the page" in words
    assert server.put("s", "two", 40)[0] == 204


def test_tabs_of_one_visitor_share_the_limit() -> None:
    server = Server()
    for session in "stu":
        server.uploads.ask(session, ())
        server.put(session, "f", 40)
        server.uploads.drawn(session, {"f"})
    assert [len(server.held(session)) for session in "stu"] == [1, 1, 0]
    server.uploads.ask("other", ())
    assert server.put("other", "f", 40, mark=OTHER)[0] == 204


def test_all_visitors_together_have_a_limit() -> None:
    server = Server(max_total=150)
    for number, session in enumerate("stuv"):
        server.uploads.ask(session, ())
        answer = server.put(session, "f", 50, mark=str(number) * 43)
        server.uploads.drawn(session, {"f"})
    assert answer == (503, "Other visitors are uploading large files. Try again in a minute.\n")


def test_files_in_no_uploader_are_dropped_oldest_first() -> None:
    server = Server()
    server.uploads.ask("s", ())
    for name in ("one", "two"):
        server.put("s", name, 40)
    server.uploads.drawn("s", {"two"})
    assert server.put("s", "three", 40)[0] == 204
    assert server.held("s") == {"two", "three"}


def test_without_content_length_the_maximum_size_is_assumed() -> None:
    server = Server()
    server.uploads.ask("s", ())
    assert server.put("s", "f", 10, announced=False)[0] == 413
    large = Server(10**7, 10**7)
    large.uploads.ask("s", ())
    assert large.put("s", "f", 10, announced=False)[0] == 204


def test_uploads_in_progress_count() -> None:
    server = Server()
    server.uploads.ask("s", ())
    with server.uploads.receiving("s", "f", ONE, 70):
        assert server.put("s", "g", 40)[0] == 413
    assert server.put("s", "g", 40)[0] == 204


def test_a_page_without_an_uploader_drops_the_files() -> None:
    server = Server()
    server.uploads.ask("s", ())
    server.put("s", "f", 10)
    server.uploads.drawn("s", None)
    assert server.held("s") == set()
    assert not server.uploads.asks("s")


def test_a_file_of_a_closed_session_is_dropped() -> None:
    server = Server()
    server.uploads.ask("s", ())
    server.closes_meanwhile = True
    server.put("s", "f", 10)
    assert server.held("s") == set()


def test_a_closed_session_is_remembered_for_a_while() -> None:
    server = Server()
    server.uploads.ask("s", ())
    server.closed.add("s")
    server.uploads.ask("t", ())
    server.now += KEPT_SECONDS
    server.uploads.ask("u", ())
    assert server.uploads.asks("s")
    server.now += 1
    server.uploads.ask("v", ())
    assert not server.uploads.asks("s")


@pytest.mark.parametrize("place", ["lossopt_ui", "pages"])
def test_every_uploader_is_registered(place: str) -> None:
    for file in (ROOT / place).rglob("*.py"):
        calls = [
            node
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.Attribute)
            and node.attr in {"file_uploader", "camera_input", "audio_input", "chat_input"}
        ]
        assert not calls or file.name == "uploads.py", Path(file)


def test_a_closed_session_is_remembered_longer_than_it_may_come_back() -> None:
    assert 0 < config.get_option("server.disconnectedSessionTTL") < KEPT_SECONDS
    assert KEPT_SECONDS <= sessions.KEPT_SECONDS
