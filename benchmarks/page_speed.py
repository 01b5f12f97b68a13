"""How long a visitor waits for curves, beside a bare Streamlit page with as many charts.

    pip install -r requirements-dev.txt         # and Chromium
    python -m benchmarks.page_speed
    python -m benchmarks.page_speed --changes 1     # a smoke run

Digits for 20 epochs, live, over ten seeds, as the pages open.  On Train the learning rate changes,
so that one lane is trained anew.  On Hinge vs cross-entropy the strength of the penalty changes:
both lanes are first tuned again, 13 learning rates each.  Two times run from the key that ends the
change: to the first picture with a curve that was not there before, which is that of the first
seed, and to the picture of all seeds, with their band.

The bare page has a field for a number, and draws the same number of charts with the same number of
lines and points by `st.plotly_chart`.  Its changes alternate with ours.  "Training" is what the
library takes in this process for what comes before the first curves.  The last rows are a visit of
a browser that has seen neither page.  Server and browser share the machine.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.experiment_page import ALL_SEEDS, ANY_NEW, LANES
from lossopt_core import Experiment, train
from lossopt_core.analysis.tuned_rate import configuration, tuned_rates
from tests.browser.helpers import chromium, server
from tests.programs import ROOT

EPOCHS = 20
PATIENCE = 120_000
"""Milliseconds until something must have come."""
BARE = """
import numpy as np
import plotly.graph_objects as go
import streamlit as st

st.set_page_config(layout="wide")
number = st.number_input("Number", value=1.0, format="%g", key="number")
x = np.linspace(0.0, 20.0, 51)
for chart, (place, lines) in enumerate(zip(st.columns({charts}), {lines}, strict=True)):
    figure = go.Figure()
    for k in range(lines):
        y = np.exp(-x / (k + 1)) + number
        figure.add_scatter(x=[*x, *x[::-1]], y=[*(y + 0.1), *(y - 0.1)[::-1]], fill="toself")
        figure.add_scatter(x=x, y=y)
    place.plotly_chart(figure, key=f"chart-{{chart}}")
"""
DRAWN = """
(number) => {
  const all = [...document.querySelectorAll(".js-plotly-plot")];
  return all.length > 0 && all.every(({ _fullData: traces }) =>
    traces?.length > 1 && Math.abs(traces[1].y.at(-1) - Math.exp(-20) - number) < 1e-6);
}
"""
"""Whether all charts of the bare page show this number."""


class Case(NamedTuple):
    """A page, what changes on it, and how many lines each of its charts has.

    configurations  the configurations that are trained at a number
    tuned           whether their learning rates are tuned first
    """

    what: str
    path: str
    control: str
    numbers: Sequence[float]
    lines: Sequence[int]
    tuned: bool

    def configurations(self, number: float) -> list[Experiment]:
        """What a change to this number trains, at its first seed."""
        if self.tuned:
            losses = ("hinge", "cross_entropy")
            return [Experiment(epochs=EPOCHS, loss=loss, strength=number) for loss in losses]
        return [Experiment(epochs=EPOCHS, learning_rate=number)]


class Waits(NamedTuple):
    """Seconds: of ours to the first curves and to all seeds, of the bare page, and of training."""

    first: float
    whole: float
    bare: float
    training: float


def typed(page: Page, control: str, number: float) -> float:
    """Type a number into the field of a control; returns when that was done."""
    page.locator(f".st-key-{control} input").fill(f"{number:g}")
    start = time.perf_counter()
    page.keyboard.press("Enter")
    return start


def change(page: Page, control: str, number: float) -> tuple[float, float]:
    """Seconds from a change to its first curves, and to those of all seeds."""
    before = page.evaluate(LANES)
    start = typed(page, control, number)
    page.wait_for_function(ANY_NEW, arg=before, polling=10)
    first = time.perf_counter() - start
    page.wait_for_function(ALL_SEEDS, arg=before, polling=10)
    return first, time.perf_counter() - start


def change_bare(page: Page, number: float) -> float:
    """Seconds from a change of the bare page to its new charts."""
    start = typed(page, "number", number)
    page.wait_for_function(DRAWN, arg=number, polling=10)
    return time.perf_counter() - start


def seconds_of_training(case: Case, number: float) -> float:
    """What the library takes for what comes before the first curves."""
    wanted = case.configurations(number)
    start = time.perf_counter()
    if case.tuned:
        found = tuned_rates(wanted)
        wanted = [each.replace(learning_rate=found[configuration(each)].rate) for each in wanted]
    train(wanted)
    return time.perf_counter() - start


def measure(browser: Browser, address: str, bare: str, case: Case) -> list[Waits]:
    """Open both pages, and make one change after the other on each."""
    page = new_page(browser)
    page.goto(f"{address}/{case.path}?epochs={EPOCHS}")
    page.wait_for_function(ALL_SEEDS, arg={})
    page.get_by_test_id("stProgress").wait_for(state="detached")
    other = new_page(browser)
    other.goto(bare)
    other.wait_for_function(DRAWN, arg=1.0)
    taken = []
    for number in case.numbers:
        time.sleep(2)  # as long as one looks at the curves
        first, whole = change(page, case.control, number)
        page.get_by_test_id("stProgress").wait_for(state="detached")
        time.sleep(2)
        taken.append(
            Waits(first, whole, change_bare(other, number), seconds_of_training(case, number))
        )
    page.close()
    other.close()
    return taken


def first_visit(browser: Browser, address: str, condition: str, argument: object) -> float:
    """Seconds from the request of a browser that has nothing in its cache to the curves."""
    page = new_page(browser)
    start = time.perf_counter()
    page.goto(address)
    page.wait_for_function(condition, arg=argument, polling=10)
    seconds = time.perf_counter() - start
    page.context.close()
    return seconds


def new_page(browser: Browser) -> Page:
    """A page of a browser that has been nowhere."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.set_default_timeout(PATIENCE)
    return page


def row(what: str, seconds: Sequence[float]) -> str:
    """A line of the table."""
    return (
        f"| {what} | {statistics.median(seconds):.2f} | {min(seconds):.2f} | {max(seconds):.2f} |"
    )


def print_case(case: Case, taken: Sequence[Waits]) -> None:
    """The rows of a page: its times, the bare page's, and how often ours fits into it."""
    print(row(f"{case.what}: first curves", [each.first for each in taken]))
    print(row(f"{case.what}: all seeds", [each.whole for each in taken]))
    print(row(f"bare page with {len(case.lines)} charts", [each.bare for each in taken]))
    print(row("training before the first curves", [each.training for each in taken]))
    over = [(each.first - each.training) / each.bare for each in taken]
    print(row("(first curves − training) / bare page", over), flush=True)


def main() -> None:
    """Start both apps, make the changes, print the times."""
    parser = argparse.ArgumentParser(description="Wait for new curves after a change.")
    parser.add_argument("--changes", type=int, default=10)
    numbers = range(parser.parse_args().changes)
    cases = [
        Case("train, another learning rate", "train", "learning_rate",
             [round(0.1 + 0.005 * k, 6) for k in numbers], (1, 2), tuned=False),
        Case("hinge vs cross-entropy, another strength", "hinge-vs-cross-entropy", "strength",
             [round(0.002 + 0.0001 * k, 6) for k in numbers], (1, 1, 4), tuned=True),
    ]  # fmt: skip
    train([Experiment(epochs=1)])  # scikit-learn is imported by now
    print(f"{len(numbers)} changes on digits, {EPOCHS} epochs, ten seeds; in seconds\n")
    print("| change | median | least | most |\n|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        environment = {"LOSSOPT_STORE": f"sqlite:///{place}/runs.db"}
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        with server(ROOT / "streamlit_app.py", environment=environment) as address:
            for case in cases:
                script = Path(place, f"{case.path.replace('-', '_')}.py")
                script.write_text(
                    BARE.format(charts=len(case.lines), lines=case.lines), encoding="utf-8"
                )
                with server(script) as bare:
                    print_case(case, measure(browser, address, bare, case))
                    visits = [
                        (
                            first_visit(browser, f"{address}/{case.path}", ALL_SEEDS, {}),
                            first_visit(browser, bare, DRAWN, 1.0),
                        )
                        for _ in numbers
                    ]
                    print(row(f"{case.path}: first visit to verdict", [ours for ours, _ in visits]))
                    print(row("bare page: first visit", [bare for _, bare in visits]), flush=True)
        browser.close()


if __name__ == "__main__":
    main()
