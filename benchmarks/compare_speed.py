"""The compare page with 2,000 kept runs and 200,000 rows of history, against one with ten.

    pip install -r requirements-dev.txt         # and Chromium
    python -m benchmarks.compare_speed
    python -m benchmarks.compare_speed --runs 20 --rounds 2     # a smoke run

Three waits of a visitor: from opening the address until the list of runs is there, and until the
first screen is complete with the curves of the newest; and from a click on a run until the chart
shows another number of curves.  Beside them the same on a bare Streamlit page that shows the same
figures: what the machine, Streamlit and plotly take without us.  Server and browser share the
machine.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright

from benchmarks.many_runs import fill
from lossopt_core import RunStore
from lossopt_ui.runs.runs_table import HEAD, ROW, TALL_ROW
from tests.browser.helpers import chromium, selector, server
from tests.programs import ROOT

BARE_PAGE = """
import plotly.io
import streamlit as st
from lossopt_ui.figures import figure

st.set_page_config(layout="wide")
chosen = st.dataframe(
    {"figure": ["first", "second"]}, on_select="rerun", selection_mode="multi-row", key="table"
)
drawn = plotly.io.read_json("second.json" if chosen.selection.rows else "first.json")
figure.show(drawn, key="bare", alt="The same figure", height=402)
"""
TRACES = "(selector) => document.querySelector(selector)?._fullData?.length ?? 0"
FIGURE = """
(selector) => {
  const figure = document.querySelector(selector);
  const plain = (name, value) =>
    name.startsWith("_") ? undefined : ArrayBuffer.isView(value) ? Array.from(value) : value;
  return JSON.stringify({ data: figure.data, layout: { title: figure.layout.title } }, plain);
}
"""


def wait_for_change(page: Page, chart: str, before: int) -> None:
    """Until the chart has another number of curves."""
    page.wait_for_function(
        f"([selector, before]) => ({TRACES})(selector) !== before", arg=[chart, before], polling=5
    )


class FirstScreen(NamedTuple):
    """Seconds from opening an address."""

    table: float
    curves: float


def first_screen(visitor: BrowserContext, address: str, key: str = "curves-all") -> FirstScreen:
    """Open the address, and wait until the table and the chart with this key are drawn."""
    page = visitor.new_page()
    start = time.perf_counter()
    page.goto(address)
    page.locator('[data-testid="stDataFrame"] canvas').first.wait_for(timeout=60_000)
    table = time.perf_counter() - start
    wait_for_change(page, selector(key), before=0)
    curves = time.perf_counter() - start
    page.close()
    return FirstScreen(table, curves)


def height_of_rows(table: Locator) -> int:
    """Of a table that shows whole rows: those with long names are taller."""
    box = table.bounding_box()
    assert box is not None
    over = (box["height"] - HEAD) % TALL_ROW
    return TALL_ROW if min(over, TALL_ROW - over) < 3 else ROW


def seconds_to_chart(page: Page, row: int, key: str = "curves-all") -> float:
    """Tick one more row, or take its tick away, and wait for the chart with this key."""
    chart = selector(key)
    before = page.evaluate(TRACES, chart)
    table = page.get_by_test_id("stDataFrame").first
    place = {"x": 16, "y": HEAD + height_of_rows(table) * row + 17}
    start = time.perf_counter()
    table.click(position=place)
    wait_for_change(page, chart, before)
    return time.perf_counter() - start


def seconds_of_bare_page(
    browser: Browser, figures: list[str], rounds: int
) -> tuple[list[FirstScreen], list[float]]:
    """Seconds to the first screen, and from a click to the chart.

    The same figures on a page that does nothing else, with a row that chooses the second.
    """
    with tempfile.TemporaryDirectory() as place:
        script = Path(place, "bare.py")
        script.write_text(BARE_PAGE, encoding="utf-8")
        (script.parent / "static").symlink_to(ROOT / "static")
        (script.parent / ".streamlit").symlink_to(ROOT / ".streamlit")
        for name, figure in zip(("first", "second"), figures, strict=True):
            script.with_name(f"{name}.json").write_text(figure, encoding="utf-8")
        with server(script) as address:
            visitor = browser.new_context(viewport={"width": 1440, "height": 1000})
            opened = [first_screen(visitor, address, key="bare") for _ in range(rounds)]
            page = visitor.new_page()
            page.goto(address)
            page.wait_for_function(f"(selector) => ({TRACES})(selector) > 0", arg=selector("bare"))
            to_chart = []
            for _ in range(rounds):
                time.sleep(1)
                to_chart.append(seconds_to_chart(page, row=0, key="bare"))
            page.close()
    return opened, to_chart


def measure(
    browser: Browser, runs: int, rounds: int
) -> tuple[list[FirstScreen], list[float], list[str]]:
    """Seconds to the first screen, from a click to the chart, and the last two clicks' figures."""
    with tempfile.TemporaryDirectory() as place:
        store = f"sqlite:///{place}/runs.db"
        fill(RunStore(store), runs=runs)
        environment = {"LOSSOPT_STORE": store}
        with server(ROOT / "streamlit_app.py", environment=environment) as address:
            visitor = browser.new_context(viewport={"width": 1440, "height": 1000})
            opened = [first_screen(visitor, f"{address}/compare") for _ in range(rounds)]
            page = browser.new_page(viewport={"width": 1440, "height": 1000})
            page.goto(f"{address}/compare?rows=runs")
            page.locator('[data-testid="stDataFrame"] canvas').first.wait_for()
            time.sleep(2)
            to_chart, figures = [], []
            for row in range(min(rounds, 7)):
                to_chart.append(seconds_to_chart(page, row))
                time.sleep(1)  # as long as one looks at least
                figures.append(page.evaluate(FIGURE, selector("curves-all")))
            page.close()
    return opened, to_chart[1:], figures[-2:]


def row(name: str, seconds: list[float]) -> str:
    """A row of the table: the median, and the worst."""
    return f"| {name} | {statistics.median(seconds):.2f} s | {max(seconds):.2f} s |"


def print_opened(what: str, opened: list[FirstScreen]) -> None:
    """Two rows of the table: until the list is there, and until the curves are."""
    print(row(f"{what} to list", [each.table for each in opened]))
    print(row(f"{what} to curves", [each.curves for each in opened]), flush=True)


def _at_least_two(text: str) -> int:
    """The first of several rounds is not like the others."""
    if int(text) < 2:
        raise argparse.ArgumentTypeError(f"must be at least 2, got {text}")
    return int(text)


def main() -> None:
    """Fill two stores, open the page on each, print the table."""
    parser = argparse.ArgumentParser(description="The compare page with few and many runs.")
    parser.add_argument("--rounds", type=_at_least_two, default=7)
    parser.add_argument("--runs", type=int, default=2_000, help="how many are many")
    chosen = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        print("| | median | worst |\n|---|---:|---:|")
        for runs in (10, chosen.runs):
            opened, to_chart, figures = measure(browser, runs, chosen.rounds)
            print_opened(f"{runs:,} runs: the first visit of all, address", opened[:1])
            print_opened(f"{runs:,} runs: later visits, address", opened[1:])
            print(row(f"{runs:,} runs: click on a run to new chart", to_chart), flush=True)
        opened, to_chart = seconds_of_bare_page(browser, figures, chosen.rounds)
        print_opened("bare Streamlit page: later visits, address", opened[1:])
        print(row("bare Streamlit page: click to the same chart", to_chart))
        browser.close()


if __name__ == "__main__":
    main()
