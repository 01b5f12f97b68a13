"""How long a visitor waits: from a change of one control to the new curves in the browser.

    pip install -r requirements-dev.txt         # and Chromium
    python -m benchmarks.page_speed

The train page trains digits for 20 epochs at every change of the learning rate.  The time runs
from the key that ends the change to the first picture that shows the new run's last epoch; the
server and the browser share the machine.
"""

import argparse
import statistics
import tempfile
import time

from playwright.sync_api import Page, sync_playwright

from tests.browser.helpers import chromium, selector, server
from tests.programs import ROOT

EPOCHS = 20
LAST_POINT = """
(selector) => {
  const figure = document.querySelector(selector);
  const curve = figure?._fullData?.find((each) => each.name === "objective");
  return curve ? [curve.x.at(-1), curve.y.at(-1)] : null;
}
"""


def last_point(page: Page) -> list[float] | None:
    """The last epoch and objective on the chart."""
    point: list[float] | None = page.evaluate(LAST_POINT, selector("objective"))
    return point


def seconds_to_new_curves(page: Page, rate: float) -> float:
    """Change the learning rate, and wait for the new run's end on the chart."""
    before = last_point(page)
    page.locator(".st-key-learning_rate input").fill(f"{rate:g}")
    start = time.perf_counter()
    page.keyboard.press("Enter")
    while (now := last_point(page)) is None or now == before or now[0] != EPOCHS:
        if time.perf_counter() - start > 60:
            raise SystemExit("no new curves in a minute")
        time.sleep(0.01)
    return time.perf_counter() - start


def main() -> None:
    """Start the app, make the changes, print the times."""
    parser = argparse.ArgumentParser(description="Wait for new curves after a change.")
    parser.add_argument("--changes", type=int, default=10)
    changes = parser.parse_args().changes
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        environment = {"LOSSOPT_STORE": f"sqlite:///{place}/runs.db"}
        with server(ROOT / "streamlit_app.py", environment=environment) as address:
            browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1440, "height": 1000})
            page.goto(f"{address}/train?live=true&learning_rate=0.2&epochs={EPOCHS}")
            page.get_by_text("of the optimum (certified)").wait_for(timeout=60_000)
            taken = []
            for k in range(changes):
                time.sleep(2)  # as long as one looks at the curves
                taken.append(seconds_to_new_curves(page, 0.1 + 0.005 * k))
            browser.close()
    print(
        f"{changes} changes on digits, {EPOCHS} epochs: {min(taken):.2f} to {max(taken):.2f} s,"
        f" median {statistics.median(taken):.2f} s"
    )


if __name__ == "__main__":
    main()
