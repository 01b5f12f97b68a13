"""The hosted setup: the shipped proxy, two processes, one PostgreSQL store."""

import gzip
import re
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPMessage
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect

from lossopt_core import RunStore
from lossopt_core.exchange.sharing import MAX_RUNS
from lossopt_ui.runs.shared_link import LONGEST_ADDRESS
from tests import nginx
from tests.browser.helpers import ONE, free_port, goto, server
from tests.nginx import Proxy
from tests.postgresql import new_schema
from tests.programs import ROOT, skip_unless_ci

LIKE_A_BROWSER = {"User-Agent": "Mozilla/5.0 " * 12, "Sec-CH-UA": "Chromium " * 20}


@pytest.fixture(scope="module")
def shared_store(postgresql: str) -> RunStore:
    return RunStore(new_schema(postgresql, "behind_a_proxy"))


@pytest.fixture(scope="module")
def proxy(shared_store: RunStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    program = nginx.program()
    if program is None:
        skip_unless_ci(nginx.HOW_TO_GET_IT)
    environment = {
        "LOSSOPT_STORE": shared_store.address,
        "STREAMLIT_SERVER_COOKIE_SECRET": "one for both",
    }
    with ExitStack() as stack:
        app = ROOT / "streamlit_app.py"
        apps = [stack.enter_context(server(app, environment=environment)) for _ in range(2)]
        directory = tmp_path_factory.mktemp("proxy")
        yield stack.enter_context(nginx.running(program, directory, apps, port=free_port()))


def get(address: str, **headers: str) -> tuple[bytes, HTTPMessage]:
    with urlopen(Request(address, headers=headers), timeout=10) as answer:
        return answer.read(), answer.headers


def new_visitor(headers: HTTPMessage) -> str | None:
    """The cookie by which the proxy will know who asked, where it has given one."""
    cookies = headers.get_all("Set-Cookie", [])
    return next((each for each in cookies if each.startswith("lossopt_visitor=")), None)


def test_a_page_is_trained_on_through_the_proxy(
    page: Page, shared_store: RunStore, proxy: Proxy
) -> None:
    with page.expect_websocket() as socket:
        goto(page, f"{proxy.address}/train?dataset=course_demo&epochs=3&{ONE}")
    assert socket.value.url.endswith("/_stcore/stream")
    page.locator(".st-key-train button").click()
    expect(page.get_by_text("Objective: Cross-entropy").first).to_be_visible()
    assert list(shared_store.list()["dataset"]) == ["course_demo"]
    [cookie] = [each for each in page.context.cookies() if each["name"] == "lossopt_visitor"]
    assert len(proxy.answered()[cookie["value"]]) == 1


def test_a_visitor_stays_with_one_process_and_visitors_are_shared_out(
    proxy: Proxy,
) -> None:
    for _ in range(12):
        _, headers = get(f"{proxy.address}/_stcore/health")
        cookie = new_visitor(headers)
        assert cookie is not None
        for _ in range(3):
            _, headers = get(f"{proxy.address}/_stcore/health", Cookie=cookie.split(";")[0])
            assert new_visitor(headers) is None
    answered = proxy.answered()
    assert len(answered) >= 12
    assert {len(processes) for processes in answered.values()} == {1}
    assert len(set.union(*answered.values())) == 2


def test_the_cookie_is_http_only_and_secure_behind_tls(
    proxy: Proxy,
) -> None:
    _, plain = get(f"{proxy.address}/_stcore/health")
    _, encrypted = get(f"{proxy.address}/_stcore/health", **{"X-Forwarded-Proto": "https"})
    assert str(new_visitor(plain)).endswith("; HttpOnly; SameSite=Lax")
    assert str(new_visitor(encrypted)).endswith("; HttpOnly; SameSite=Lax; Secure")


def test_the_longest_shared_link_passes_the_proxy(proxy: Proxy) -> None:
    """Also when the page that it opened has put the ids of all runs into its own address."""
    link = "/compare?share=" + "A" * (LONGEST_ADDRESS - len(proxy.address + "/compare?share="))
    reloaded = link + "&runs=" + "%2C".join(["0123456789abcdef"] * MAX_RUNS)
    # What browsers send: a signed-in visitor's cookies, and of a long address its beginning alone.
    cookies = f"lossopt_visitor=someone; _streamlit_user={'c' * 1_500}"
    for path in (link, reloaded):
        body, _ = get(
            f"{proxy.address}{path}", Cookie=cookies, Accept="text/html", **LIKE_A_BROWSER
        )
        assert b'id="root"' in body
    assert get(f"{proxy.address}/_stcore/health", Referer=f"{proxy.address}{link}")[0] == b"ok"


def test_large_responses_are_compressed(proxy: Proxy) -> None:
    page, _ = get(f"{proxy.address}/")
    script = re.search(rb'src="\./(static/js/[^"]+\.js)"', page)
    assert script is not None
    for path in (script[1].decode(), "app/static/plotly-cartesian.min.js"):
        whole, _ = get(f"{proxy.address}/{path}")
        packed, headers = get(f"{proxy.address}/{path}", **{"Accept-Encoding": "gzip"})
        assert headers["Content-Encoding"] == "gzip"
        assert headers["Vary"] == "Accept-Encoding"
        assert gzip.decompress(packed) == whole
        assert len(packed) < len(whole) / 2


@pytest.mark.parametrize(
    "path", ["_stcore/metrics", "_stcore/metrics/", "/_stcore/metrics", "_stcore/%6detrics",
             "train/_stcore/metrics", "_stcore/../_stcore/metrics"]
)  # fmt: skip
def test_the_metrics_are_closed(proxy: Proxy, path: str) -> None:
    with pytest.raises(HTTPError, match="404") as refused:
        get(f"{proxy.address}/{path}")
    refused.value.close()


def test_the_app_is_healthy_within_its_memory_limit(proxy: Proxy) -> None:
    assert get(f"{proxy.address}/_stcore/health")[0] == b"ok"
    too_much = Request(f"{proxy.address}/_stcore/upload_file/x/y", data=bytes(7 * 2**20))
    with pytest.raises(HTTPError, match="413") as refused:
        urlopen(too_much, timeout=10)
    refused.value.close()
