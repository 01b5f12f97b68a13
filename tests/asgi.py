"""Requests to the layers around the server, without a server."""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from lossopt_ui.app import middleware

Headers = Sequence[tuple[str, str | bytes]]
LOCAL = "localhost:8501"


async def page(scope: Any, receive: Any, send: Any) -> None:
    """A page, or an accepted connection."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"cache-control", b"no-cache")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"page"})


def wrapped(app: Any) -> Any:
    """An application within all layers."""
    for layer in reversed(middleware.middleware()):
        app = layer.cls(app)
    return app


def run(app: Any, scope: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What an application answers."""
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    # Playwright, where it runs too, keeps an event loop in this thread.
    with ThreadPoolExecutor() as other:
        other.submit(asyncio.run, app(scope, None, send)).result()
    return sent


def request(
    headers: Headers = (),
    *,
    kind: str = "http",
    path: str = "/",
    client: str = "127.0.0.1",
    scheme: str = "http",
    host: str | None = LOCAL,
) -> dict[str, Any]:
    """A request, with a `Host` header unless that is None."""
    named = [] if host is None else [("host", host)]
    asks_for_a_page = [] if "accept" in dict(headers) else [("accept", "text/html,*/*")]
    given = [*asks_for_a_page, *named, *headers]
    return {
        "type": kind,
        "path": path,
        "scheme": scheme,
        "client": (client, 5000),
        "headers": [
            (name.encode(), text if isinstance(text, bytes) else text.encode("latin-1"))
            for name, text in given
        ],
    }


def cookies_set(answer: Sequence[Mapping[str, Any]], name: str) -> list[str]:
    """The values and attributes of all cookies of a name that an answer sets."""
    start = f"{name}="
    texts = [text.decode() for key, text in answer[0].get("headers", []) if key == b"set-cookie"]
    return [text.removeprefix(start) for text in texts if text.startswith(start)]
