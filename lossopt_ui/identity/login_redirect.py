"""From the identity provider back to the page on which somebody pressed "Sign in".

Streamlit leads everybody to the start page.  The way is kept in the browser meanwhile: a path of
this app, and never an address of another.
"""

from urllib.parse import quote, unquote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lossopt_ui.identity import cookies
from lossopt_ui.streamlit_private import AFTER_LOGIN_PATH, LOGIN_PATH

COOKIE = "lossopt_way_back"
LONGEST = 3_000
"""Characters of a path, as a cookie has room for 4,096."""
SECONDS = 600


class WayBack:
    """Notes the page when somebody goes to sign in, and leads back to it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        path = scope["path"] if scope["type"] == "http" else ""
        if not path.endswith((LOGIN_PATH, AFTER_LOGIN_PATH)):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)

        async def send_changed(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                if path.endswith(LOGIN_PATH):
                    way = _path_of(headers.get("referer", ""), headers.get("host", ""))
                    answer.append("set-cookie", _cookie(way))
                else:
                    if way := _noted(scope):
                        answer["location"] = way
                    answer.append("set-cookie", _cookie(""))
            await send(message)

        await self._app(scope, receive, send_changed)


def _path_of(address: str, host: str) -> str:
    """The path of an address of this host, with its settings; empty for any other."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if parts.netloc != host:
        return ""
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return path if _is_here(path) else ""


def _is_here(path: str) -> bool:
    """Whether it is a path and no address: browsers take two slashes for another host."""
    return (
        path.startswith("/")
        and path[1:2] not in ("/", "\\")
        and path.isascii()
        and path.isprintable()
        and len(quote(path, safe="")) <= LONGEST
    )


def _noted(scope: Scope) -> str:
    return unquote(cookies.find(cookies.headers_in(scope), COOKIE, _leads_here))


def _leads_here(value: str) -> bool:
    return _is_here(unquote(value))


def _cookie(way: str) -> str:
    age = SECONDS if way else 0
    return (
        f"{COOKIE}={quote(way, safe='')}; Path={cookies.path()}; Max-Age={age}; HttpOnly;"
        " SameSite=Lax"
    )
