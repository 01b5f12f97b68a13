"""The middleware: access control, the visitor cookie, security headers."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from streamlit import config

from lossopt_ui.config import mode as hosting
from lossopt_ui.identity.cookie import COOKIE, is_token
from tests.asgi import page, request, run, wrapped

TOKEN = "a" * 43


def ask(
    headers: Mapping[str, str] | None = None, *, client: str = "127.0.0.1", kind: str = "http"
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """The messages of the response, and its headers; the cookie is ours."""
    sent = run(wrapped(page), request(list((headers or {}).items()), client=client, kind=kind))
    answered = {name.decode(): text.decode() for name, text in sent[0].get("headers", [])}
    return sent, answered


def test_lifespan_events_pass_through_all_middleware() -> None:
    """A lifespan scope has no path, no headers and no client."""
    heard: list[str] = []

    async def life(scope: Any, receive: Any, send: Any) -> None:
        heard.append(scope["type"])

    run(wrapped(life), {"type": "lifespan"})
    assert heard == ["lifespan"]


@pytest.fixture
def hosted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(hosting.MODE, hosting.HOSTED)


@pytest.mark.parametrize("client", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_this_machine_is_accepted(client: str) -> None:
    sent, _ = ask(client=client)
    assert sent[0]["status"] == 200


@pytest.mark.parametrize("client", ["192.0.2.7", "2001:db8::7", "::ffff:192.0.2.7", "fe80::1%eth0"])
def test_other_machines_are_refused_with_instructions(client: str) -> None:
    sent, _ = ask(client=client)
    assert sent[0]["status"] == 403
    body = sent[1]["body"].decode()
    assert "--server.address 0.0.0.0" in body
    assert "LOSSOPT_MODE=hosted" in body
    [closed], _ = ask(client=client, kind="websocket")
    assert closed == {"type": "websocket.close", "code": 1008}


def test_other_machines_are_accepted_by_an_opened_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(config, "is_manually_set", lambda name: name == "server.address")
    sent, _ = ask(client="192.0.2.7")
    assert sent[0]["status"] == 200


@pytest.mark.usefixtures("hosted")
def test_the_visitor_cookie_is_not_readable_by_scripts() -> None:
    sent, answered = ask(client="192.0.2.7")
    assert sent[0]["status"] == 200
    cookie = answered["set-cookie"]
    token = re.match(rf"{COOKIE}=([^;]*); ", cookie)
    assert token
    assert is_token(token[1])
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Max-Age=604800" in cookie
    assert "Secure" not in cookie
    assert ask()[1]["set-cookie"] != cookie, "the next visitor has another"
    secure = ask({"x-forwarded-proto": "https, http"})[1]["set-cookie"]
    assert secure.endswith("; Secure")


@pytest.mark.usefixtures("hosted")
def test_a_returning_visitor_keeps_a_valid_cookie() -> None:
    assert f"{COOKIE}={TOKEN};" in ask({"cookie": f"a=b; {COOKIE}={TOKEN}"})[1]["set-cookie"]
    for forged in ("short", f"{TOKEN}a", "é" * 43, '"; Path=/', "a b", ""):
        cookie = ask({"cookie": f"{COOKIE}={forged}"})[1]["set-cookie"]
        assert is_token(cookie.removeprefix(f"{COOKIE}=").split(";")[0])


@pytest.mark.usefixtures("hosted")
def test_only_page_requests_get_a_cookie() -> None:
    assert "set-cookie" not in ask({"accept": "*/*"})[1]


def test_local_mode_sets_no_cookie() -> None:
    assert "set-cookie" not in ask()[1]


def test_security_headers_protect_a_page() -> None:
    _, answered = ask()
    rules = dict(rule.split(" ", 1) for rule in answered["content-security-policy"].split("; "))
    assert rules["default-src"] == "'self'"
    assert "unsafe-inline" not in rules["script-src"]
    assert rules["connect-src"] == "'self' data: blob:"
    assert rules["frame-ancestors"] == "'self'"
    assert answered["x-frame-options"] == "SAMEORIGIN"
    assert answered["x-content-type-options"] == "nosniff"
    assert answered["referrer-policy"] == "same-origin"


def test_configured_websites_may_frame_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOSSOPT_FRAMED_BY", "https://school.example.org http://localhost:8080")
    _, answered = ask()
    policy = answered["content-security-policy"]
    assert "frame-ancestors 'self' https://school.example.org http://localhost:8080" in policy
    assert "x-frame-options" not in answered


@pytest.mark.parametrize("mode", [hosting.LOCAL, hosting.HOSTED])
def test_pages_and_files_are_not_cached(monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    monkeypatch.setenv(hosting.MODE, mode)

    async def file(scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"content-type", b"text/csv")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    assert ask()[1]["cache-control"] == "private, no-store"
    for path in ("/media/abc.csv", "/base/media/abc.csv"):
        [answer] = run(wrapped(file), request(path=path))
        assert (b"cache-control", b"private, no-store") in answer["headers"]
    [answer] = run(wrapped(file), request(path="/static/js/main.js"))
    assert b"cache-control" not in dict(answer["headers"])


METRICS = ["/_stcore/metrics", "/base/path/_stcore/metrics", "//_stcore//metrics/"]


@pytest.mark.parametrize("mode", [hosting.LOCAL, hosting.HOSTED])
@pytest.mark.parametrize("path", METRICS)
def test_metrics_are_hidden_by_default(
    monkeypatch: pytest.MonkeyPatch, mode: str, path: str
) -> None:
    monkeypatch.setenv(hosting.MODE, mode)
    assert run(wrapped(page), request(path=path))[0]["status"] == 404
    monkeypatch.setenv("LOSSOPT_METRICS", hosting.OPEN)
    assert run(wrapped(page), request(path=path))[0]["status"] == 200
