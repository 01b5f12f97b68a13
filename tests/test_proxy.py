"""What the shipped proxy lets through to the app, run by a real nginx before a small server."""

import http.client
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from lossopt_core.exchange import sharing
from tests import nginx
from tests.browser.helpers import free_port
from tests.programs import skip_unless_ci

STREAM, UPLOAD = "/_stcore/stream", "/_stcore/upload_file/a/b"
CAME = "came"
"""A header of the small server's answers: the length of the path that it was asked for."""


class Echo(BaseHTTPRequestHandler):
    """Answers everything, like the app's pages, or like its scripts, which caches may keep."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        shared = self.path.startswith("/static/")
        kept = "public, max-age=31536000, immutable" if shared else "private, no-store"
        self.send_response(200)
        self.send_header("cache-control", kept)
        self.send_header(CAME, str(len(self.path)))
        self.send_header("content-length", "0")
        self.end_headers()

    do_PUT = do_POST = do_GET  # noqa: N815

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing: requests are no news."""


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[int]:
    """The port of a proxy that nobody has asked anything yet."""
    program = nginx.program()
    if program is None:
        skip_unless_ci(nginx.HOW_TO_GET_IT)
    app = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=app.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{app.server_address[1]}"
    port = free_port()
    try:
        with nginx.running(program, tmp_path, [address, address], port=port):
            yield port
    finally:
        app.shutdown()
        app.server_close()


def ask(
    port: int, path: str, *, method: str = "GET", body: bytes | None = None, **headers: str
) -> http.client.HTTPResponse:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body, named)
        answer = connection.getresponse()
        answer.read()
    finally:
        connection.close()
    return answer


def statuses(port: int, times: int, path: str, **headers: str) -> list[int]:
    return [ask(port, path, **headers).status for _ in range(times)]


@pytest.mark.parametrize(("path", "at_once"), [(STREAM, 31), (UPLOAD, 16)])
def test_one_visitor_is_slowed_down_and_others_at_the_same_address_are_not(
    proxy: int, path: str, at_once: int
) -> None:
    one = statuses(proxy, at_once + 20, path, Cookie="lossopt_visitor=one")
    assert set(one[:at_once]) == {200}
    assert 429 in one[at_once:]
    assert ask(proxy, path, Cookie="lossopt_visitor=two").status == 200
    assert ask(proxy, path).status == 200
    page = statuses(proxy, 40, "/train", Cookie="lossopt_visitor=one")
    assert set(page) == {200}, "pages and their files are not counted"


@pytest.mark.parametrize(("path", "at_once"), [(STREAM, 301), (UPLOAD, 101)])
@pytest.mark.parametrize("cookie", ["", "lossopt_visitor={}"])
def test_an_address_is_slowed_down_however_many_visitors_it_says_it_is(
    proxy: int, path: str, at_once: int, cookie: str
) -> None:
    def opened(number: int, place: str) -> int:
        headers = {"Cookie": cookie.format(number), "X-Forwarded-For": place}
        return ask(proxy, path, **headers).status

    there = [opened(number, "192.0.2.1") for number in range(at_once)]
    assert set(there) == {200}, "a class that begins together"
    assert 429 in [opened(number, "192.0.2.1") for number in range(at_once, at_once * 3)]
    assert opened(0, "192.0.2.2") == 200
    # Who is not that proxy cannot say to be elsewhere: the last address counts.
    assert 429 in [opened(number, f"198.51.100.{number % 9}, 192.0.2.1") for number in range(99)]


def test_browsers_that_came_encrypted_are_told_to_stay_so(proxy: int) -> None:
    assert ask(proxy, "/train").getheader("strict-transport-security") is None
    for path in ("/train", STREAM, UPLOAD, "/_stcore/metrics"):
        answer = ask(proxy, path, X_Forwarded_Proto="https")
        assert answer.getheader("strict-transport-security") == "max-age=31536000", path


def test_what_caches_may_keep_carries_no_cookie_and_pages_stay_private(proxy: int) -> None:
    page = ask(proxy, "/train")
    assert page.getheader("cache-control") == "private, no-store"
    assert str(page.getheader("set-cookie")).startswith("lossopt_visitor=")
    assert ask(proxy, "/static/js/main.js").getheader("set-cookie") is None


@pytest.mark.parametrize("length", [1_000, 8_000, sharing.LONGEST, 15_000])
def test_a_link_comes_whole(proxy: int, length: int) -> None:
    path = "/compare?share=" + "A" * length
    answer = ask(proxy, path, Cookie=f"lossopt_visitor=a; _streamlit_user={'b' * 3_000}")
    assert answer.status == 200
    assert answer.getheader(CAME) == str(len(path))
    assert ask(proxy, "/app/static/x.js", Referer=f"http://127.0.0.1{path}").status == 200


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [(UPLOAD, 5 * 2**20 + 2_000, 200), (UPLOAD, 7 * 2**20, 413), ("/train", 100_000, 413),
     ("/base/path" + UPLOAD, 5 * 2**20, 200)],
)  # fmt: skip
def test_a_file_of_5_mb_passes_and_nothing_else_is_large(
    proxy: int, path: str, size: int, status: int
) -> None:
    try:
        answered = ask(proxy, path, method="PUT", body=bytes(size)).status
    except ConnectionError:  # closed while the rest was still on its way
        answered = 413
    assert answered == status


@pytest.mark.parametrize(
    "path", ["/_stcore/metrics", "/_stcore//metrics", "/_STCORE/metrics", "/x/_stcore/metrics/",
             "/_stcore/%6detrics", "/_stcore/./metrics", "/x/../_stcore/metrics?families=x"]
)  # fmt: skip
def test_metrics_are_closed(proxy: int, path: str) -> None:
    assert ask(proxy, path).status == 404
