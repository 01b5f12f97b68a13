"""After sign-in, redirect from the identity provider back to the page of the "Sign in" button.

Streamlit redirects everybody to the start page. The page's path is kept in a cookie meanwhile;
it is always a path of this app, never an address of another site.
"""

from urllib.parse import quote, unquote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lossopt_ui.identity import cookies
from lossopt_ui.streamlit_private import AFTER_LOGIN_PATH, LOGIN_PATH

COOKIE = "lossopt_way_back"
LONGEST = 3_000
"""Most characters of a path; a cookie can hold 4,096 bytes."""
SECONDS = 600


class LoginRedirect:
    """Remember the page at the start of sign-in, and redirect back to it afterwards."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        path = scope["path"] if scope["type"] == "http" else ""
        if not path.endswith((LOGIN_PATH, AFTER_LOGIN_PATH)):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)

        async def send_changed(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                if path.endswith(LOGIN_PATH):
                    target = _path_of(headers.get("referer", ""), headers.get("host", ""))
                    answer.append("set-cookie", _cookie(target))
                else:
                    if target := _remembered(scope):
                        answer["location"] = target
                    answer.append("set-cookie", _cookie(""))
            await send(message)

        await self._app(scope, receive, send_changed)


def _path_of(address: str, host: str) -> str:
    """Path and query of an address of this host; empty for any other host."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if parts.netloc != host:
        return ""
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return path if _is_local_path(path) else ""


def _is_local_path(path: str) -> bool:
    """Whether it is a path and not an address: browsers read `//` as the start of a host."""
    return (
        path.startswith("/")
        and path[1:2] not in ("/", "\\")
        and path.isascii()
        and path.isprintable()
        and len(quote(path, safe="")) <= LONGEST
    )


def _remembered(scope: Scope) -> str:
    return unquote(cookies.find(cookies.headers_in(scope), COOKIE, _is_quoted_local_path))


def _is_quoted_local_path(value: str) -> bool:
    return _is_local_path(unquote(value))


def _cookie(target: str) -> str:
    age = SECONDS if target else 0
    return (
        f"{COOKIE}={quote(target, safe='')}; Path={cookies.path()}; Max-Age={age}; HttpOnly;"
        " SameSite=Lax"
    )
