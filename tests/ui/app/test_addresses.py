"""Local mode accepts its own host names and no others."""

import pytest
import streamlit as st
from streamlit import config

from lossopt_ui.app import addresses
from lossopt_ui.config import mode
from tests.asgi import page, request, run, wrapped


class Settings(dict[str, object]):
    """Streamlit's options, some of them set by the test."""


@pytest.fixture
def options(monkeypatch: pytest.MonkeyPatch) -> Settings:
    chosen = Settings()
    usual = st.get_option
    monkeypatch.setattr(config, "is_manually_set", lambda name: name in chosen)
    monkeypatch.setattr(st, "get_option", lambda name: chosen.get(name) or usual(name))
    return chosen


def is_answered(host: str | None, *more: tuple[str, str], client: str = "127.0.0.1") -> bool:
    """Whether a request is accepted; pages and WebSocket connections are treated alike."""
    [shown, *_] = run(wrapped(page), request(more, host=host, client=client))
    [joined, *_] = run(wrapped(page), request(more, host=host, client=client, kind="websocket"))
    assert (shown["status"] == 200) == (joined["type"] == "websocket.accept")
    if shown["status"] != 200:
        assert shown["status"] == 403
        assert joined == {"type": "websocket.close", "code": 1008}
    return bool(shown["status"] == 200)


HERE = [
    "localhost",
    "localhost:8501",
    "LocalHost:8501",
    "LOCALHOST",
    "localhost.",
    "localhost.:80",
    "localhost:",
    "127.0.0.1",
    "127.0.0.1:1",
    "127.0.0.1:65535",
    "127.8.9.10:8501",
    "[::1]",
    "[::1]:8501",
    "[0:0:0:0:0:0:0:1]:8501",
    "[::ffff:127.0.0.1]:8501",
]
ELSEWHERE = [
    "evil.example",
    "evil.example:8501",
    "localhost.evil.example",
    "evil.localhost",
    "localhost..",
    "127.0.0.1.evil.example",
    "127.0.0.1.nip.io:8501",
    "evillocalhost",
    "192.168.1.7:8501",
    "[fe80::1]",
    "0.0.0.0:8501",
    "[::]:8501",
    "user@localhost:8501",
    "localhost@evil.example",
    "localhost:8501@e",
    "localhost:port",
    "localhost:99999",
    "localhost:-1",
    "localhost:8501:8501",
    "localhost/",
    "localhost?a",
    "localhost#a",
    "localhost\\",
    "local host",
    " localhost",
    "localhost,evil.example",
    "::1",
    "[::1",
    "[localhost]",
    "",
    ":8501",
    ".",
    "localhost%00",
    "ｌocalhost".encode().decode("latin-1"),
    "*",
]


@pytest.mark.parametrize("host", HERE)
def test_names_of_this_machine_are_accepted(host: str) -> None:
    assert is_answered(host)
    assert is_answered(host, ("origin", f"http://{host.lower()}"))


@pytest.mark.parametrize("host", ELSEWHERE)
def test_any_other_name_is_refused(host: str) -> None:
    assert not is_answered(host)
    assert not is_answered(host, ("origin", f"http://{host}"))
    assert not is_answered(host, ("origin", "http://localhost:8501"))


def test_a_request_names_exactly_one_host() -> None:
    assert not is_answered(None)
    assert not is_answered("localhost:8501", ("host", "localhost:8501"))
    assert not is_answered("localhost:8501", ("host", "evil.example"))
    assert not is_answered(None, ("x-forwarded-host", "localhost"))
    assert not is_answered("evil.example", ("x-forwarded-host", "localhost"))


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("localhost:8501", "http://localhost:8501"),
        ("localhost:8501", "https://localhost:8501"),
        ("localhost", "http://localhost"),
        ("localhost:80", "http://localhost"),
        ("localhost", "https://localhost:443"),
        ("[::1]:8501", "http://[::1]:8501"),
    ],
)
def test_requests_from_own_pages_are_accepted(host: str, origin: str) -> None:
    assert is_answered(host, ("origin", origin))


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "http://evil.example",
        "http://evil.example:8501",
        "http://localhost:3000",
        "http://localhost",
        "http://localhost:8501.evil.example",
        "http://localhost:8501@evil.example",
        "file://",
        "localhost:8501",
        "http://localhost:8501/",
        "http://localhost:8501#",
        "chrome-extension://abc",
        "ftp://localhost:8501",
        "https://localhost",
        "http://localhost:8501 http://evil.example",
        "//localhost:8501",
    ],
)
def test_requests_from_other_sites_are_refused(origin: str) -> None:
    assert not is_answered("localhost:8501", ("origin", origin))
    ours = ("origin", "http://localhost:8501")
    assert not is_answered("localhost:8501", ours, ("origin", origin))


def test_a_refusal_names_the_option_to_set() -> None:
    _, body = run(wrapped(page), request(host="my-laptop.lan"))
    assert "--server.allowedHosts" in body["body"].decode()
    assert "LOSSOPT_MODE=hosted" in body["body"].decode()
    _, body = run(wrapped(page), request([("origin", "null")]))
    assert "--server.corsAllowedOrigins" in body["body"].decode()


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.168.1.7"])
def test_an_opened_server_accepts_its_addresses_and_names(
    options: Settings, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr(addresses, "_names_of_machine", lambda: frozenset({"box", "box.local"}))
    options["server.address"] = address
    other = "192.168.1.20"
    for host in ("192.168.1.7:8501", "[2001:db8::7]:8501", "box:8501", "BOX.local.", "localhost"):
        assert is_answered(host, client=other), host
    for host in ("evil.example:8501", "box.evil.example", "192.168.1.7.nip.io"):
        assert not is_answered(host, client=other), host


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost", "::1", "127.0.0.2"])
def test_a_loopback_address_does_not_open_the_server(options: Settings, address: str) -> None:
    options["server.address"] = address
    assert is_answered("127.0.0.1:8501")
    assert not is_answered("192.168.1.7:8501")
    assert not is_answered("evil.example:8501")


def test_configured_names_are_accepted(options: Settings) -> None:
    options["server.address"] = "box.example.org"
    options["browser.serverAddress"] = "Shown.example.org"
    options["server.allowedHosts"] = ["lossopt.example.org.", "*.lan"]
    options["server.corsAllowedOrigins"] = ["https://portal.example.org"]
    for host in ("box.example.org", "shown.example.org", "LOSSOPT.example.org:80", "a.b.lan"):
        assert is_answered(host)
    for host in ("lan", "evillan", "x.lossopt.example.org", "evil.example"):
        assert not is_answered(host)
    assert is_answered("a.lan", ("origin", "https://portal.example.org"))
    assert not is_answered("a.lan", ("origin", "http://portal.example.org"))


def test_in_hosted_mode_the_configuration_decides(
    options: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(mode.MODE, mode.HOSTED)
    assert is_answered("any.example", ("origin", "https://any.example"))
    options["server.allowedHosts"] = ["lossopt.example.org"]
    assert is_answered("lossopt.example.org", ("origin", "https://lossopt.example.org"))
    assert is_answered("127.0.0.1:8501"), "the health check of the container"
    assert not is_answered("any.example")


def test_the_names_of_the_machine_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    addresses._names_of_machine.cache_clear()
    monkeypatch.setattr(addresses.socket, "gethostname", lambda: "Box.lan")
    assert addresses._names_of_machine() == {"box.lan", "box", "box.local"}
    addresses._names_of_machine.cache_clear()
