"""A server, a browser, and a page that must log no error and ask no other host."""

from collections.abc import Generator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from tests.browser.helpers import needed_chromium, new_profile, server
from tests.programs import ROOT

expect.set_options(timeout=40_000)  # the machine may be busy with other tests

_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a server with default settings and runs of its own."""
    store = f"sqlite:///{tmp_path_factory.mktemp('store') / 'runs.db'}"
    return {"LOSSOPT_STORE": store, "LOSSOPT_SCHEDULER": "processes"}


@pytest.fixture(scope="session")
def app(environment: dict[str, str]) -> Iterator[str]:
    """The address of the running app."""
    with server(ROOT / "streamlit_app.py", environment=environment) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = needed_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def profile(browser: Browser, app: str) -> Iterator[BrowserContext]:
    """A profile in which the app's scripts are loaded once; each tab is a visit of its own."""
    with new_profile(browser, app) as context:
        yield context


@pytest.fixture
def page(profile: BrowserContext, tmp_path: Path) -> Iterator[Page]:
    """A new tab; the paths that it opens are the app's.

    It takes `tmp_path` so that the picture of a failed test has a place.
    """
    page = profile.new_page()
    errors: list[str] = []
    strangers: list[str] = []

    def note_error(message: ConsoleMessage) -> None:
        # Below a path Streamlit first asks where the app's root is; a 404 is its answer.
        if message.type == "error" and "/_stcore/" not in message.location["url"]:
            errors.append(f"{message.text}: {message.location['url']}")

    def note_stranger(address: str) -> None:
        place = urlsplit(address)
        if place.scheme in {"http", "https", "ws", "wss"} and place.hostname != "127.0.0.1":
            strangers.append(address)

    page.on("console", note_error)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: note_stranger(request.url))
    page.on("websocket", lambda socket: note_stranger(socket.url))
    yield page
    page.close()
    assert not errors, "the page logged errors"
    assert not strangers, "the page asked other hosts"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test leaves a picture of its page."""
    report = yield
    page = getattr(item, "funcargs", {}).get("page")
    if report.failed and report.when == "call" and isinstance(page, Page):
        path = item.funcargs["tmp_path"] / "failed.png"
        page.screenshot(path=path)
        report.sections.append(("Screenshot", str(path)))
    return report
