"""The host names that the server accepts.

Any website can make its own name resolve to this machine and then read what the server returns
under that name (DNS rebinding). The attack needs a name: under an IP address a browser shows only
what comes from that address. So the server accepts IP addresses and its own names only.
"""

import ipaddress
import re
import socket
from dataclasses import dataclass
from functools import cache

import streamlit as st
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from lossopt_ui import streamlit_private
from lossopt_ui.config import mode

_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{0,5}))?")
_ORIGIN = re.compile(r"(https?)://([^/?#@]+)")
LOCALHOST = "localhost"
REFUSED = (
    "lossopt does not accept requests for this host name.\n"
    "It accepts localhost, 127.0.0.1 and [::1]. To allow another name, start it with"
    " --server.allowedHosts NAME, for example --server.allowedHosts lossopt.example.org.\n"
    f"To serve visitors from a public address, set {mode.MODE}={mode.HOSTED}.\n"
)
OTHER_ORIGIN = (
    "lossopt does not accept requests from pages of other websites.\n"
    "To allow a website, start lossopt with --server.corsAllowedOrigins https://lossopt.example.org.\n"
)


@dataclass(frozen=True)
class Host:
    """A host name, lower case and without a trailing dot, and a port if given."""

    name: str
    port: int | None

    @property
    def address(self) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
        """The name as an IP address, if it is one; IPv4-mapped IPv6 becomes IPv4."""
        try:
            address = ipaddress.ip_address(self.name.strip("[]"))
        except ValueError:
            return None
        return getattr(address, "ipv4_mapped", None) or address


def parse(text: str) -> Host | None:
    """Parse a `Host` header; None if it is invalid."""
    found = _HOST.fullmatch(text)
    if found is None:
        return None
    port = int(found[2]) if found[2] else None
    if port is not None and port > 65_535:
        return None
    return Host(found[1].lower().removesuffix("."), port)


class AllowedHosts:
    """Refuse requests whose host name is not one of this server's."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        problem = "" if scope["type"] == "lifespan" else _problem(Headers(scope=scope))
        if not problem:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await PlainTextResponse(problem, status_code=403)(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})


def _problem(headers: Headers) -> str:
    """Why a request is refused, or an empty string."""
    if mode.hosted() and not st.get_option("server.allowedHosts"):
        return ""  # proxies may use any name; Streamlit compares Host and Origin
    hosts, origins = headers.getlist("host"), headers.getlist("origin")
    host = parse(hosts[0]) if len(hosts) == 1 else None
    if host is None or not is_served(host):
        return REFUSED
    if mode.hosted():
        return ""
    return "" if not origins or (len(origins) == 1 and _is_own(origins[0], host)) else OTHER_ORIGIN


def is_served(host: Host) -> bool:
    """Whether the server accepts this host name."""
    address = host.address
    if host.name == LOCALHOST or (address is not None and address.is_loopback):
        return True
    if any(_matches(host.name, pattern) for pattern in _allowed()):
        return True
    return _is_open_to_network() and (address is not None or host.name in _names_of_machine())


def _allowed() -> list[str]:
    """Names from the configuration: `server.allowedHosts` and the server's own addresses."""
    named = [str(each) for each in st.get_option("server.allowedHosts") or []]
    for option in ("server.address", "browser.serverAddress"):
        if streamlit_private.is_set_by_owner(option) and st.get_option(option):
            named.append(str(st.get_option(option)))
    return [each.strip().lower().removesuffix(".") for each in named]


def _matches(name: str, pattern: str) -> bool:
    """Match as Streamlit does for `server.allowedHosts`: a name, `*.example.org`, or `*`."""
    if pattern.startswith("*."):
        return name.endswith(pattern[1:])
    return pattern in ("*", name, name.strip("[]"))


def _is_open_to_network() -> bool:
    """Whether `server.address` opens the server to other machines."""
    if not streamlit_private.is_set_by_owner("server.address"):
        return False
    host = parse(_in_brackets(str(st.get_option("server.address"))))
    address = host.address if host else None
    return not (address is not None and address.is_loopback) and not (
        host is not None and host.name == LOCALHOST
    )


def _in_brackets(address: str) -> str:
    return f"[{address}]" if address.count(":") > 1 else address


@cache
def _names_of_machine() -> frozenset[str]:
    """Network names of this machine: its host name, alone and with `.local`."""
    whole = socket.gethostname().lower()
    first = whole.partition(".")[0]
    return frozenset(filter(None, {whole, first, f"{first}.local" if first else ""}))


def _is_own(origin: str, host: Host) -> bool:
    """Whether the request comes from a page of this server, or of an allowed website."""
    if origin in (st.get_option("server.corsAllowedOrigins") or []):
        return True
    found = _ORIGIN.fullmatch(origin)
    asking = parse(found[2]) if found else None
    if found is None or asking is None:
        return False
    usual = _PORTS[found[1]]
    return (asking.name, asking.port or usual) == (host.name, host.port or usual)
