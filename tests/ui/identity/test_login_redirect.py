"""Sign-in returns to the same page, and never to another host."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest

from lossopt_ui.identity.login_redirect import COOKIE, LONGEST, LoginRedirect

HOST = "lossopt.example"


def ask(path: str, **given: str) -> dict[str, str]:
    """The headers of the response to a request for a path."""

    async def leads_to_the_start(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 302, "headers": [(b"location", b"/")]})

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(name.encode(), text.encode()) for name, text in ({"host": HOST} | given).items()]
    app = LoginRedirect(leads_to_the_start)
    asked = app({"type": "http", "path": path, "headers": headers}, None, send)  # type: ignore[arg-type]
    # Playwright, where it runs too, keeps an event loop in this thread.
    with ThreadPoolExecutor() as other:
        other.submit(asyncio.run, asked).result()
    return {name.decode(): text.decode() for name, text in sent[0]["headers"]}


def test_sign_in_returns_to_its_page() -> None:
    noted = ask("/auth/login", referer=f"https://{HOST}/train?loss=hinge&epochs=5")["set-cookie"]
    assert "HttpOnly" in noted
    back = ask("/oauth2callback", cookie=noted.split(";")[0])
    assert back["location"] == "/train?loss=hinge&epochs=5"
    assert back["set-cookie"].startswith(f"{COOKIE}=; Path=/; Max-Age=0")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "https://elsewhere.example/train",
        f"https://{HOST}//elsewhere.example/",
        f"https://{HOST}/\\elsewhere.example/",
        "https://[bad",
        f"https://{HOST}/train?note={'x' * LONGEST}",
    ],
)
def test_addresses_of_other_sites_are_ignored(address: str) -> None:
    assert ask("/auth/login", referer=address)["set-cookie"].startswith(f"{COOKIE}=; ")


@pytest.mark.parametrize(
    "way",
    ["//elsewhere.example", "/\\elsewhere.example", "https://elsewhere.example", "/a\r\nb", ""],
)
def test_a_forged_redirect_cookie_is_ignored(way: str) -> None:
    cookie = f"{COOKIE}={quote(way, safe='')}"
    assert ask("/oauth2callback", cookie=cookie)["location"] == "/"


def test_other_responses_are_unchanged() -> None:
    assert ask("/train", referer=f"https://{HOST}/compare") == {"location": "/"}
