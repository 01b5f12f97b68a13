"""The app in a frame of a configured website, and of another one."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser.helpers import ONE, new_context, server
from tests.programs import ROOT


@contextmanager
def website(page: dict[str, str]) -> Iterator[str]:
    """Another website, whose only page is whatever stands in `page`; yields its address."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(page["html"].encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        # By another name than the app's: to a browser it is another site.
        yield f"http://localhost:{running.server_port}"
        running.shutdown()


def test_only_a_configured_website_can_frame_the_app(browser: Browser, tmp_path: Path) -> None:
    page = {"html": ""}
    with ExitStack() as open_now:
        named, other = (open_now.enter_context(website(page)) for _ in range(2))
        environment = {
            "LOSSOPT_MODE": "hosted",
            "LOSSOPT_STORE": f"sqlite:///{tmp_path}/runs.db",
            "LOSSOPT_FRAMED_BY": named,
        }
        app = open_now.enter_context(server(ROOT / "streamlit_app.py", environment=environment))
        address = f"{app}/train?embed=true&dataset=blobs&epochs=2&{ONE}"
        page["html"] = f"<h1>Week 3</h1><iframe src='{address}' width=1200 height=800></iframe>"
        with new_context(browser) as visitor:
            tab = visitor.new_page()
            tab.goto(named)
            frame = tab.frame_locator("iframe")
            frame.locator(".st-key-train button").click()
            expect(frame.get_by_text("Test accuracy").first).to_be_visible()
            tab.goto(other)
            expect(tab.get_by_role("heading", name="Week 3")).to_be_visible()
            expect(frame.locator(".st-key-train button")).to_have_count(0)
            assert not any(each.url.startswith(app) for each in tab.frames[1:])
