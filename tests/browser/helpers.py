"""Driving the app in a real browser: waiting for its reruns, reading what it shows."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Browser, BrowserContext, Page

from tests.helpers import plain
from tests.programs import ROOT, skip_unless_ci

# Counts the messages of Streamlit's WebSocket.  The app's own mark of a running script is not
# enough: right after a click it still says that nothing runs.
COUNT_MESSAGES = """
(() => {
  const Plain = window.WebSocket;
  window.__messages = { sent: 0, received: 0, last: 0 };
  window.WebSocket = class extends Plain {
    constructor(...args) {
      super(...args);
      this.addEventListener("message", () => {
        __messages.received++;
        __messages.last = performance.now();
      });
    }
    send(message) {
      __messages.sent++;
      __messages.received = 0;
      __messages.last = performance.now();
      super.send(message);
    }
  };
})()
"""

# Something was sent since, it was answered, for a while nothing more has come, and no element waits
# for its script: then it is a small grey box. Ours, where curves will be, are large.
_ANSWERED = """
([sent, quiet]) => {
  const app = document.querySelector('[data-testid="stApp"]');
  return app?.dataset.testConnectionState === "CONNECTED"
    && app.dataset.testScriptState === "notRunning"
    && !document.querySelector('[data-stale="true"]')
    && [...document.querySelectorAll('[data-testid="stSkeleton"]')]
      .every((box) => box.offsetHeight > 100)
    && __messages.sent > sent
    && __messages.received > 0
    && performance.now() - __messages.last > quiet;
}
"""

_READ_FIGURE = """
(element) => {
  const plain = (name, value) =>
    name.startsWith("_") ? undefined : ArrayBuffer.isView(value) ? Array.from(value) : value;
  return JSON.stringify({ data: element.data, layout: element.layout }, plain);
}
"""


PATIENCE = 60_000
"""Milliseconds until a page must be complete: the machine may be busy with other tests."""
STARTING = 120.0
"""Seconds until a server must answer, beside other tests that start some."""
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first one draws no window of its own, which takes half of the processor's time."""

ONE = "seeds=1&live=false&learning_rate=0.1"
"""Settings of a page that trains a single run when its button is pressed."""


def chromium() -> str | None:
    """The program of the browser, where there is one."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def needed_chromium() -> str:
    """The program; where there is none the test is skipped, except in CI."""
    return chromium() or skip_unless_ci(
        f"none of {', '.join(BROWSERS)} is installed; on Debian or Ubuntu: apt-get install chromium"
    )


def free_port() -> int:
    """A port of this machine at which nobody listens just now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


@contextmanager
def server(
    script: Path, *, environment: Mapping[str, str] | None = None, base_path: str = ""
) -> Iterator[str]:
    """A Streamlit server of its own for a script, run where the script is; yields its address."""
    with server_process(script, environment=environment, base_path=base_path) as (address, _):
        yield address


@contextmanager
def server_process(
    script: Path,
    *,
    environment: Mapping[str, str] | None = None,
    base_path: str = "",
    log: int | IO[bytes] = subprocess.DEVNULL,
) -> Iterator[tuple[str, int]]:
    """The same; yields the number of its process too, which writes what it says to `log`."""
    port = free_port()
    command = [
        sys.executable, "-m", "streamlit", "run", script.name,
        "--server.port", str(port),
        "--server.address", "127.0.0.1",
        "--server.headless", "true",
        "--server.fileWatcherType", "none",
        "--browser.gatherUsageStats", "false",
        "--server.baseUrlPath", base_path,
    ]  # fmt: skip
    process = subprocess.Popen(
        command,
        cwd=script.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})},
        stdout=log,
        stderr=log,
    )
    address = f"http://127.0.0.1:{port}/{base_path}".rstrip("/")
    try:
        wait_until_healthy(process, address)
        yield address, process.pid
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def new_profile(browser: Browser, address: str) -> Iterator[BrowserContext]:
    """The browser of somebody who was never here; its tabs open paths of the app there."""
    context = new_context(
        browser,
        base_url=address,
        ignore_https_errors=True,  # a certificate that nobody vouches for
    )
    yield context
    context.close()


def new_context(browser: Browser, **options: Any) -> BrowserContext:
    """A profile, by default 1440 x 900, whose messages are counted.

    Nothing moves in it: animations take a third of the time of a test.
    """
    options = {"viewport": {"width": 1440, "height": 900}} | options
    context = browser.new_context(reduced_motion="reduce", **options)
    context.add_init_script(COUNT_MESSAGES)
    return context


def wait_until_healthy(process: subprocess.Popen[bytes], address: str) -> None:
    give_up = time.monotonic() + STARTING
    while time.monotonic() < give_up:
        if process.poll() is not None:
            raise RuntimeError(f"the server stopped at once, with code {process.returncode}")
        try:
            # Only the exact path is telling: any unknown one is answered with the app's page.
            with urlopen(f"{address}/_stcore/health", timeout=1) as answer:
                if answer.read() == b"ok":
                    return
        except (URLError, TimeoutError, ConnectionError):
            pass
        time.sleep(0.05)
    raise RuntimeError(f"the server at {address} did not become healthy in {STARTING:g} s")


def goto(page: Page, path: str) -> None:
    """Open a path of the app, or a full address, and wait until the page is complete."""
    page.goto(path)
    page.wait_for_function(_ANSWERED, arg=[0, 150], timeout=PATIENCE, polling=50)


def go_to(page: Page, section: str, title: str) -> None:
    """Choose a page in the navigation at the top."""
    page.get_by_test_id("stTopNavSection").filter(has_text=section).click()
    page.get_by_test_id("stTopNavDropdownLink").filter(has_text=re.compile(f"{title}$")).click()


def wait_until_quiet(page: Page, *, quiet: int = 300) -> None:
    """Until nothing runs, and nothing has come for a while."""
    page.wait_for_function(_ANSWERED, arg=[0, quiet], timeout=PATIENCE, polling=50)


@contextmanager
def rerun(page: Page, *, quiet: int = 100, timeout: int = PATIENCE) -> Iterator[None]:
    """Wait, after what is done inside, for the rerun that it causes.

    On a page that polls a running training, wait for what should appear instead.
    """
    sent = page.evaluate("__messages.sent")
    yield
    page.wait_for_function(_ANSWERED, arg=[sent, quiet], timeout=timeout, polling=50)


def selector(key: str) -> str:
    """The CSS selector of our figure with this key."""
    return f".st-key-{re.sub('[^a-zA-Z0-9_-]', '-', key.strip())} .lossopt-figure"


def figure(page: Page, key: str) -> dict[str, Any]:
    """The figure with this key as the browser has it now: its `data` and its `layout`.

    One that has moved on the page stands there twice until the old place is cleared.
    """
    page.wait_for_function(
        """(selector) => {
          const [figure, ...others] = document.querySelectorAll(selector);
          return figure?._fullLayout && others.length === 0;
        }""",
        arg=selector(key),
    )
    read: dict[str, Any] = json.loads(page.locator(selector(key)).evaluate(_READ_FIGURE))
    return plain(read)


def place_of(page: Page, key: str, x: float, y: float) -> tuple[float, float]:
    """Where on the page a place of the figure's own axes is, once the figure has come to rest."""
    figure(page, key)
    page.locator(selector(key)).scroll_into_view_if_needed()
    before, found = None, _place_now(page, key, x, y)
    while found != before:
        page.wait_for_timeout(100)
        before, found = found, _place_now(page, key, x, y)
    return found


def _place_now(page: Page, key: str, x: float, y: float) -> tuple[float, float]:
    across, up = page.locator(selector(key)).evaluate(
        """(element, [x, y]) => {
            const { xaxis, yaxis } = element._fullLayout;
            const { left, top } = element.getBoundingClientRect();
            return [left + xaxis._offset + xaxis.d2p(x), top + yaxis._offset + yaxis.d2p(y)];
        }""",
        [x, y],
    )
    return across, up


def click(page: Page, key: str, x: float, y: float) -> None:
    """Click on a place of the figure's own axes, as a hand would come to it."""
    across, up = place_of(page, key, x, y)
    page.mouse.move(across - 3, up)
    page.mouse.move(across, up, steps=3)
    page.mouse.click(across, up)


def shown_text(page: Page) -> str:
    """All text that can be seen on the page."""
    return page.locator('[data-testid="stApp"]').inner_text()
