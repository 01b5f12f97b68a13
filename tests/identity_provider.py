"""A small OpenID Connect provider on this machine, with the checks that a real one makes.

Whoever opens its page says who they are.  `token` can be set to what a bad provider would send.
"""

import base64
import hashlib
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

PEOPLE = {
    "alice": {"sub": "1001", "name": "Alice Adams", "email": "alice@example.org"},
    "bob": {"sub": "1002", "name": "Bob", "email": "bob@example.org"},
    # A name that would be a picture from elsewhere, and a link, if it were read as markdown.
    "mallory": {"sub": "1003", "name": "![x](https://x.example/a.png) <b>M</b>"},
    "nobody": {"name": "Without a subject", "email": "alice@example.org"},
}
CLIENT, SECRET = "lossopt", "the client's secret"


@dataclass
class Provider:
    """What it knows; `address` is also its name as the issuer of tokens."""

    address: str
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, auto_kid=True))
    token: Callable[["Provider", dict[str, Any]], str] | None = None
    _codes: dict[str, dict[str, Any]] = field(default_factory=dict)

    def settings(self, app: str = "http://127.0.0.1:{port}") -> str:
        """What an app's secrets say to let people sign in here; Streamlit fills the port in."""
        return f"""
            [auth]
            redirect_uri = "{app}/oauth2callback"
            cookie_secret = "{COOKIE_SECRET}"
            client_id = "{CLIENT}"
            client_secret = "{SECRET}"
            server_metadata_url = "{self.address}/.well-known/openid-configuration"
        """

    def signed(self, claims: dict[str, Any]) -> str:
        """A token with these claims."""
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)

    def metadata(self, request: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.address,
                "authorization_endpoint": f"{self.address}/authorize",
                "token_endpoint": f"{self.address}/token",
                "jwks_uri": f"{self.address}/jwks",
                "end_session_endpoint": f"{self.address}/logout",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    def keys(self, request: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    def authorize(self, request: Request) -> Response:
        """The page on which somebody says who they are."""
        asked = dict(request.query_params)
        assert asked["client_id"] == CLIENT
        assert asked["response_type"] == "code"
        assert "openid" in asked["scope"].split()
        assert asked["code_challenge_method"] == "S256"
        buttons = "".join(
            f"<p><a href='/grant?{escape(urlencode(asked | {'who': who}))}'>I am {who}</a></p>"
            for who in PEOPLE
        )
        refuse = urlencode({"error": "access_denied", "state": asked["state"]})
        no = f"<p><a href='{escape(asked['redirect_uri'])}?{escape(refuse)}'>I changed my mind</a>"
        return HTMLResponse(f"<h1>Who are you?</h1>{buttons}{no}")

    def grant(self, request: Request) -> Response:
        asked = dict(request.query_params)
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        back = urlencode({"code": code, "state": asked["state"]})
        return RedirectResponse(f"{asked['redirect_uri']}?{back}", status_code=302)

    async def exchange(self, request: Request) -> Response:
        """A code, once, for a token of who they are."""
        sent = await request.form()
        authorization = request.headers.get("authorization", "")
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        asked = self._codes.pop(str(sent["code"]), None)
        digest = hashlib.sha256(str(sent["code_verifier"]).encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if authorization != f"Basic {basic}" or not asked or asked["code_challenge"] != challenge:
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        claims = {
            "iss": self.address,
            "aud": CLIENT,
            "iat": int(time.time()),
            "exp": int(time.time()) + 300,
            "nonce": asked["nonce"],
        } | PEOPLE[asked["who"]]
        token = self.token(self, claims) if self.token else self.signed(claims)
        return JSONResponse(
            {
                "access_token": secrets.token_urlsafe(16),
                "token_type": "Bearer",
                "expires_in": 300,
                "id_token": token,
            }
        )

    def leave(self, request: Request) -> Response:
        return RedirectResponse(request.query_params["post_logout_redirect_uri"], status_code=302)


COOKIE_SECRET = secrets.token_hex(32)


def expired(provider: Provider, claims: dict[str, Any]) -> str:
    """A token that was good an hour ago."""
    return provider.signed(claims | {"exp": int(time.time()) - 3600})


def forged(provider: Provider, claims: dict[str, Any]) -> str:
    """A token that somebody else has signed in the provider's name."""
    other = RSAKey.generate_key(2048)
    return jwt.encode({"alg": "RS256", "kid": provider.key.kid}, claims, other)


def for_somebody_else(provider: Provider, claims: dict[str, Any]) -> str:
    """A token that was given to another app."""
    return provider.signed(claims | {"aud": "another app"})


@contextmanager
def running(port: int) -> Iterator[Provider]:
    """The provider at a port of this machine."""
    provider = Provider(f"http://127.0.0.1:{port}")
    routes = [
        Route("/.well-known/openid-configuration", provider.metadata),
        Route("/jwks", provider.keys),
        Route("/authorize", provider.authorize),
        Route("/grant", provider.grant),
        Route("/token", provider.exchange, methods=["POST"]),
        Route("/logout", provider.leave),
    ]
    settings = uvicorn.Config(Starlette(routes=routes), port=port, log_level="error")
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the provider did not start"
            time.sleep(0.01)
        yield provider
    finally:
        server.should_exit = True
        thread.join(timeout=10)
