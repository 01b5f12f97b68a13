"""A session id alone gives no access: the visitor's cookie decides."""

from typing import Any

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from lossopt_ui.config import mode
from lossopt_ui.identity.cookie import COOKIE
from lossopt_ui.identity.sessions import KEPT_SECONDS, Owners, SessionOwnership
from tests.asgi import page, request, run

ALICE, BOB = "a" * 43, "b" * 43
SESSION = "5a1e0f6c-9f0e-4d44-a5a4-0f6a8b0b1c2d"


class Server:
    """Streamlit's behaviour: a connection resumes the session that it names."""

    def __init__(self) -> None:
        self.named: list[list[str]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await page(scope, receive, send)
            return
        header = dict(scope["headers"]).get(b"sec-websocket-protocol", b"").decode()
        self.named.append([each.strip() for each in header.split(",")])
        await send({"type": "websocket.accept"})
        told = ForwardMsg()
        told.new_session.initialize.session_id = SESSION
        await send({"type": "websocket.send", "bytes": ForwardMsg().SerializeToString()})
        await send({"type": "websocket.send", "bytes": told.SerializeToString()})


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setenv(mode.MODE, mode.HOSTED)
    return Server()


def cookie(token: str) -> list[tuple[str, str]]:
    return [("cookie", f"{COOKIE}={token}")] if token else []


def connect(app: SessionOwnership, token: str, session: str = "", xsrf: str = "x") -> None:
    named = f"streamlit, {xsrf}, {session}" if session else f"streamlit, {xsrf}"
    headers = [*cookie(token), ("sec-websocket-protocol", named)]
    run(app, request(headers, kind="websocket", path="/base/_stcore/stream"))


def test_only_the_browser_that_opened_a_session_resumes_it(server: Server) -> None:
    app = SessionOwnership(server)
    connect(app, ALICE)
    for token in (BOB, "", "forged"):
        connect(app, token, SESSION)
        assert server.named[-1] == ["streamlit", "x"]
    connect(app, ALICE, SESSION)
    assert server.named[-1] == ["streamlit", "x", SESSION]


@pytest.mark.parametrize(
    "session", ["", "unknown", SESSION.upper(), "a" * 5000, f"{SESSION}, more"]
)
def test_unknown_session_ids_are_not_resumed(server: Server, session: str) -> None:
    app = SessionOwnership(server)
    connect(app, BOB)
    connect(app, ALICE, session)
    assert SESSION not in server.named[-1]
    assert len(server.named[-1]) == 2


def test_without_a_cookie_no_session_is_resumed(server: Server) -> None:
    app = SessionOwnership(server)
    connect(app, "")
    connect(app, "", SESSION)
    assert server.named[-1] == ["streamlit", "x"]


def test_several_headers_are_read_as_one(server: Server) -> None:
    app = SessionOwnership(server)
    connect(app, ALICE)
    split = [("sec-websocket-protocol", "streamlit, x"), ("sec-websocket-protocol", SESSION)]
    run(app, request([*cookie(BOB), *split], kind="websocket"))
    assert server.named[-1] == ["streamlit", "x"]


def test_uploads_are_accepted_only_for_own_sessions(server: Server) -> None:
    app = SessionOwnership(server)
    connect(app, ALICE)
    for path in (f"/_stcore/upload_file/{SESSION}/f", f"/base/_stcore/upload_file/{SESSION}/f"):
        for token, status in ((ALICE, 200), (BOB, 403), ("", 403)):
            [answer, *_] = run(app, request(cookie(token), path=path))
            assert answer["status"] == status
    [answer, *_] = run(app, request(cookie(ALICE), path="/_stcore/upload_file/unknown/f"))
    assert answer["status"] == 403


def test_local_mode_does_not_check_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(mode.MODE, mode.LOCAL)
    server = Server()
    connect(SessionOwnership(server), "", SESSION)
    assert server.named == [["streamlit", "x", SESSION]]


def test_owners_of_closed_sessions_are_forgotten_after_a_while() -> None:
    now = [0.0]
    owners = Owners(lambda: now[0])
    for session in ("open", "twice", "twice", "closed"):
        owners.open(session, ALICE)
    owners.close("twice")  # the page was reloaded before the first connection ended
    owners.close("closed")
    now[0] = KEPT_SECONDS - 1
    assert owners.has("closed", ALICE)
    now[0] = 3 * KEPT_SECONDS
    owners.open("other", BOB)
    owners.close("other")
    assert not owners.has("closed", ALICE)
    assert owners.has("open", ALICE)
    assert owners.has("twice", ALICE)
    assert not owners.has("open", BOB)


def test_a_session_keeps_its_first_owner() -> None:
    owners = Owners()
    owners.open(SESSION, ALICE)
    owners.open(SESSION, BOB)
    assert owners.has(SESSION, ALICE)
    assert not owners.has(SESSION, BOB)


def test_a_connection_that_fails_counts_as_closed(server: Server) -> None:
    class Failing(Server):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await super().__call__(scope, receive, send)
            raise ConnectionError

    app = SessionOwnership(Failing())
    with pytest.raises(ConnectionError):
        connect(app, ALICE)
    assert app._owners._open == {}
    assert app._owners.has(SESSION, ALICE)
