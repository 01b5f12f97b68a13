"""How long a visitor waits: from a change of one control to the new curves in the browser.

    pip install -r requirements-dev.txt         # and Chromium
    python -m benchmarks.page_speed
    python -m benchmarks.page_speed --changes 1     # a smoke run

Digits for 20 epochs, live, over ten seeds, as the pages open.  On Train the learning rate changes,
so that one lane is trained anew.  On Hinge vs cross-entropy the strength of the penalty changes:
both lanes are first tuned again, 13 learning rates each.  Two times run from the key that ends the
change: to the first picture with a curve that was not there before, which is that of the first
seed, and to the picture of all seeds, with their band.  Server and browser share the machine.
"""

import argparse
import statistics
import tempfile
import time
from typing import NamedTuple

from playwright.sync_api import Page, sync_playwright

from benchmarks.experiment_page import ALL_SEEDS, ANY_NEW, LANES
from tests.browser.helpers import chromium, server
from tests.programs import ROOT

EPOCHS = 20
PATIENCE = 120_000
"""Milliseconds until something must have come."""


class Waits(NamedTuple):
    """Seconds from a change to its first curves, and to those of all seeds."""

    first: float
    whole: float


def change(page: Page, control: str, number: float) -> Waits:
    """Type a number into the field of a control, and wait for what comes of it."""
    before = page.evaluate(LANES)
    page.locator(f".st-key-{control} input").fill(f"{number:g}")
    start = time.perf_counter()
    page.keyboard.press("Enter")
    page.wait_for_function(ANY_NEW, arg=before, polling=10)
    first = time.perf_counter() - start
    page.wait_for_function(ALL_SEEDS, arg=before, polling=10)
    return Waits(first, time.perf_counter() - start)


def measure(page: Page, address: str, control: str, numbers: list[float]) -> list[Waits]:
    """Open a page, and make one change after the other."""
    page.goto(address)
    page.wait_for_function(ALL_SEEDS, arg={})
    page.get_by_test_id("stProgress").wait_for(state="detached")
    taken = []
    for number in numbers:
        time.sleep(2)  # as long as one looks at the curves
        taken.append(change(page, control, number))
        page.get_by_test_id("stProgress").wait_for(state="detached")
    return taken


def row(what: str, seconds: list[float]) -> str:
    """A line of the table."""
    return (
        f"| {what} | {statistics.median(seconds):.2f} | {min(seconds):.2f} | {max(seconds):.2f} |"
    )


def main() -> None:
    """Start the app, make the changes, print the times."""
    parser = argparse.ArgumentParser(description="Wait for new curves after a change.")
    parser.add_argument("--changes", type=int, default=10)
    numbers = range(parser.parse_args().changes)
    pages = {
        "train, another learning rate": (
            "train", "learning_rate", [round(0.1 + 0.005 * k, 6) for k in numbers],
        ),
        "hinge vs cross-entropy, another strength": (
            "hinge-vs-cross-entropy", "strength", [round(0.002 + 0.0001 * k, 6) for k in numbers],
        ),
    }  # fmt: skip
    print(f"{len(numbers)} changes on digits, {EPOCHS} epochs, ten seeds; in seconds\n")
    print("| change | median | least | most |\n|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        environment = {"LOSSOPT_STORE": f"sqlite:///{place}/runs.db"}
        with server(ROOT / "streamlit_app.py", environment=environment) as address:
            browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.set_default_timeout(PATIENCE)
            for what, (path, control, values) in pages.items():
                taken = measure(page, f"{address}/{path}?epochs={EPOCHS}", control, values)
                print(row(f"{what}: first curves", [each.first for each in taken]))
                print(row(f"{what}: all seeds", [each.whole for each in taken]), flush=True)
            browser.close()


if __name__ == "__main__":
    main()
