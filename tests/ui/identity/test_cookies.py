"""A visitor keeps the workspace whatever other cookies the browser sends."""

from types import SimpleNamespace
from typing import Any

import pytest
import streamlit
from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette.datastructures import MutableHeaders
from streamlit.runtime.context import StreamlitHeaders

from lossopt_ui.config import mode
from lossopt_ui.identity import cookies, login_redirect, visitor
from lossopt_ui.identity.cookie import COOKIE, is_token, token_in
from lossopt_ui.state import session
from tests.asgi import cookies_set, page, request, run, wrapped

TOKEN = "TFpdHEzmV_IitAVKqAuWdEhfaJ9xF1Zuhpwl89u6iqM"
OURS = f"{COOKIE}={TOKEN}"

# Real cookies of analytics, consent banners, frameworks, notebooks and other programs.
NEIGHBOURS = [
    "",
    " ",
    ";",
    "; ;",
    "=",
    "==",
    "flag",
    "=value without a name",
    "name=",
    "name= ",
    "theme=dark",
    "spaces = around",
    "consent=yes please",
    "a=1,2,3",
    "a=b=c==",
    'prefs={"theme":"dark","panes":[1,2]}',
    'layout={"a": "x, y", "b": null}',
    "prefs=%7B%22theme%22%3A%22dark%22%7D",
    'quoted="a b"',
    'half="open',
    'semicolon="a;b"',
    'escaped="a\\"b\\073"',
    "brackets[0]=1",
    "user@host=1",
    "ns:key=1",
    "(weird)<name>=1",
    "a/b?c=1",
    "path=/elsewhere",
    "expires=Thu, 01 Jan 1970 00:00:00 GMT",
    "secure; httponly",
    "$Version=1; $Path=/",
    "version=2",
    "_ga=GA1.2.1234567890.1700000000; _ga_ABC123=GS1.1.1700000000.1.1.1700000001.0.0.0",
    "_gid=GA1.2.987.1700000000; _fbp=fb.1.1700000000.123",
    "__utmz=1.1.1.1.utmcsr=google|utmccn=(organic)|utmcmd=organic|utmctr=(not provided)",
    "OptanonConsent=isGpcEnabled=0&datestamp=Sun+Nov+29+2026+10:00:00+GMT+0100+(CET)&groups=C1:1",
    "_xsrf=2|6d5cf8a1|0a4fe8d5|1700000000",
    'username-localhost-8888="2|1:0|10:1700000000|23:username-localhost-8888|44:YWJj|0f"',
    "_streamlit_xsrf=2|fd9e6480|9f0b569e72d85e37248dc69cfa600313|1795968012",
    "_streamlit_user=eyJhbGciOi.J9=; session=.eJwlzjEOwjAM.Zx",
    "csrftoken=abc; sessionid=xyz",
    "PHPSESSID=ab12; JSESSIONID=0000A:-1; ASP.NET_SessionId=q",
    "connect.sid=s%3Aabc.def%2Fghi",
    "remember_token=1|abc; grafana_session=; wordpress_test_cookie=WP+Cookie+check",
    "nom=Zoë".encode(),
    "名前=日本".encode(),
    b"latin=\xe4\xf6\xfc",
    b"bytes=\x80\xff\xfe",
    "emoji=🍪".encode(),
    "tab=a\tb",
    "huge=" + "x" * 60_000,
    "; ".join(f"c{number}=1" for number in range(400)),
    f"{COOKIE}=",
    f"{COOKIE}",
    f"{COOKIE}=short",
    f"{COOKIE}={TOKEN}a",
    f"{COOKIE}={' ' * 43}",
    f"{COOKIE}=" + "\xb9" * 43,
    f"{COOKIE}=a%0d%0aSet-Cookie: x=y",
    f"{COOKIE.upper()}={'b' * 43}",
    f"x{COOKIE}={'b' * 43}",
    f"{COOKIE}x={'b' * 43}",
    f"other=1{COOKIE}={'b' * 43}",
]


@pytest.fixture
def hosted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(mode.MODE, mode.HOSTED)


def raw(cookie: str | bytes) -> bytes:
    return cookie if isinstance(cookie, bytes) else cookie.encode("latin-1")


def token_given(*headers: bytes) -> str:
    """The visitor's token in the answer to a page's request with these `Cookie` headers."""
    answer = run(wrapped(page), request([("cookie", each) for each in headers]))
    [cookie] = cookies_set(answer, COOKIE)
    return cookie.split(";")[0]


@pytest.mark.usefixtures("hosted")
@pytest.mark.parametrize("neighbour", NEIGHBOURS, ids=range(len(NEIGHBOURS)))
def test_our_cookie_is_found_next_to_any_others(neighbour: str | bytes) -> None:
    theirs, ours = raw(neighbour), OURS.encode()
    both = theirs + b"; " + ours, ours + b"; " + theirs, ours + b";" + theirs
    for header in (*both, theirs + b"; a=b; " + ours + b"; c=d; " + theirs):
        assert token_given(header) == TOKEN
    for headers in ((theirs, ours), (ours, theirs)):  # as HTTP/2 splits them
        assert token_given(*headers) == TOKEN
    assert token_given(theirs) not in ("", TOKEN, "b" * 43)


@pytest.mark.parametrize(
    "header",
    [
        f'{COOKIE}="{TOKEN}"',
        f"  {COOKIE} = {TOKEN}  ",
        f'$Version="1"; {COOKIE}="{TOKEN}"; $Path="/"',
        f"a=1, {OURS}",
        f"{OURS},a=1",
        f'a="1, 2", {OURS}, b=3',
    ],
)
def test_other_notations_of_our_cookie_are_read(header: str) -> None:
    assert token_in([header]) == TOKEN


def test_of_two_cookies_the_most_specific_path_wins() -> None:
    other = "b" * 43
    assert token_in([f"{OURS}; {COOKIE}={other}"]) == TOKEN
    assert token_in([OURS, f"{COOKIE}={other}"]) == TOKEN


# Any characters except those that end a header or a cookie within it.
_OTHERS = st.lists(
    st.text(st.characters(max_codepoint=255, exclude_characters=";\r\n\0"), max_size=30),
    max_size=6,
).map("; ".join)


@given(before=_OTHERS, after=_OTHERS)
@example(before='"', after='"')
@settings(max_examples=60, deadline=None)
def test_our_cookie_is_found_among_random_others(before: str, after: str) -> None:
    if COOKIE in before:  # another of our name may come first
        return
    assert token_in([f"{before}; {OURS}; {after}"]) == TOKEN
    assert token_in([before, OURS, after]) == TOKEN


@given(header=st.text(st.characters(max_codepoint=255), max_size=120))
@example(header=f"{COOKIE}={TOKEN};")
@settings(max_examples=60, deadline=None)
def test_nothing_but_a_token_is_ever_found(header: str) -> None:
    found = token_in([header])
    assert found == "" or (is_token(found) and found in header)


def test_the_login_redirect_uses_the_same_parser() -> None:
    name = login_redirect.COOKIE
    noted = f'prefs={{"a":1}}; x=é; {name}=%2Ftrain%3Floss%3Dhinge; {name}="//e"'

    async def callback(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 302, "headers": [(b"location", b"/")]})

    answer = run(
        login_redirect.LoginRedirect(callback), request([("cookie", noted)], path="/oauth2callback")
    )
    assert dict(answer[0]["headers"])[b"location"] == b"/train?loss=hinge"


@pytest.mark.usefixtures("hosted")
@pytest.mark.parametrize(
    ("base", "path"), [("", "/"), ("lossopt", "/lossopt"), ("/a/b/", "/a/b"), ("a;b", "/a%3Bb")]
)
def test_our_cookies_belong_to_the_base_path(
    monkeypatch: pytest.MonkeyPatch, base: str, path: str
) -> None:
    usual = streamlit.get_option
    monkeypatch.setattr(
        streamlit, "get_option", lambda name: base if name == "server.baseUrlPath" else usual(name)
    )
    [cookie] = cookies_set(run(wrapped(page), request()), COOKIE)
    assert f"; Path={path};" in cookie
    signing_in = run(login_redirect.LoginRedirect(page), request(path=f"{path}/auth/login"))
    assert f"; Path={path};" in cookies_set(signing_in, login_redirect.COOKIE)[0]


ENCRYPTED = [
    {"scheme": "https"},
    {"headers": [("x-forwarded-proto", "https")]},
    {"headers": [("x-forwarded-proto", "HTTPS, http")]},
    {"headers": [("forwarded", 'for=192.0.2.1;proto=https;by=203.0.113.4, for="x";proto=http')]},
]
PLAIN = [
    {},
    {"headers": [("x-forwarded-proto", "http, https")]},
    {"headers": [("forwarded", "proto=http, proto=https")]},
]


@pytest.mark.usefixtures("hosted")
@pytest.mark.parametrize(
    ("asked", "secure"), [(e, True) for e in ENCRYPTED] + [(p, False) for p in PLAIN]
)
def test_behind_tls_every_cookie_is_secure(asked: dict[str, Any], secure: bool) -> None:
    async def streamlits(scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"set-cookie", b"_streamlit_xsrf=2|a|b|1; Path=/; SameSite=Lax")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    answer = run(wrapped(streamlits), request(**asked))
    for name in (COOKIE, "_streamlit_xsrf"):
        [cookie] = cookies_set(answer, name)
        assert cookie.endswith("; Secure") == secure


def test_a_cookie_is_marked_secure_only_once() -> None:
    values = ["a=secure", "b=1; Secure", "c=1; secure ; Path=/", "d=1; Path=/secure"]
    headers = MutableHeaders(raw=[(b"set-cookie", each.encode()) for each in values])
    cookies.secure_all(headers)
    assert headers.getlist("set-cookie") == [
        "a=secure; Secure", "b=1; Secure", "c=1; secure ; Path=/", "d=1; Path=/secure; Secure",
    ]  # fmt: skip


@pytest.mark.usefixtures("hosted")
@pytest.mark.parametrize("neighbour", NEIGHBOURS, ids=range(len(NEIGHBOURS)))
def test_a_session_reads_the_cookie_of_its_page(
    monkeypatch: pytest.MonkeyPatch, neighbour: str | bytes
) -> None:
    """The script sees the headers of its connection, in arbitrary order."""
    theirs = raw(neighbour).decode("latin-1")
    for headers in ([f"{OURS}; {theirs}"], [f"{theirs}; {OURS}"], [theirs, OURS], [OURS, theirs]):
        context = SimpleNamespace(headers=StreamlitHeaders(("cookie", each) for each in headers))
        monkeypatch.setattr(visitor, "st", SimpleNamespace(context=context))
        monkeypatch.setattr(session, "st", SimpleNamespace(session_state={}))
        assert visitor.has_cookie()
        assert visitor.anonymous() == visitor.VISIT + visitor._digest(TOKEN)
