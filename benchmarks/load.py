"""A hosted lossopt under a hundred visitors for ten minutes, on one machine.

    pip install -r requirements-dev.txt         # and Chromium
    python -m benchmarks.load
    python -m benchmarks.load --minutes 1 --visitors 20
    python -m benchmarks.load --minutes 30 --visitors 20 --hostile

Starts a server of its own on 127.0.0.1, with an empty store, and sends visitors to it: one in ten
is a real Chromium with a profile of its own, the others speak Streamlit's protocol without
drawing.  Each changes the learning rate, trains, looks at the curves, opens the compare page,
sometimes reloads.  With `--hostile` one more does everything that could harm them, in turn
(`benchmarks.hostile`), and is not counted.  No two ever ask for the same run, so that a run in
the wrong place is seen.
Prints a table, and ends with code 1 where a bound is broken.  Server and visitors share the
machine, whose processes are read from /proc: Linux only.
"""

import argparse
import asyncio
import hashlib
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sql
from playwright.async_api import Browser, Page, async_playwright
from playwright.async_api import Error as BrowserError

from benchmarks.hostile import Hostile
from benchmarks.load_table import Book, table_of
from benchmarks.visitors import PATIENCE, Visit, VisitError
from lossopt_core import Experiment, RunStore
from lossopt_core.store.schema import runs
from lossopt_ui.identity.cookie import COOKIE
from lossopt_ui.identity.visitor import VISIT
from tests.browser.helpers import chromium, server_process
from tests.programs import ROOT

APP = ROOT / "streamlit_app.py"
MAX_VISITORS, MAX_MINUTES = 200, 60
ARRIVING_SECONDS = 60.0
"""Within which all have come; within half of the time, where that is less."""
THINKING = (20.0, 60.0)
"""Seconds that somebody looks at a page before the next click."""
WAITING = "Waiting for a free worker"
SAMPLE_SECONDS = 2.0


class Person:
    """What one visitor wants: experiments that nobody else asks for."""

    def __init__(self, number: int, book: Book, ends: float) -> None:
        self.chance = random.Random(number)
        self._number = number
        self._book = book
        self._ends = ends
        self._trained = 0
        self._base = KINDS[number % len(KINDS)]
        self.asked: set[str] = set()
        self.confirmed: set[str] = set()

    @property
    def query(self) -> dict[str, str]:
        """The settings as an address has them."""
        names = ("dataset", "optimizer", "epochs")
        return {name: str(getattr(self._base, name)) for name in names}

    def next_experiment(self) -> Experiment:
        """Another learning rate: this person's alone."""
        self._trained += 1
        rate = round(0.05 + 1e-4 * self._number + 1e-7 * self._trained, 7)
        experiment = self._base.replace(learning_rate=rate)
        self.asked.add(experiment.id)
        return experiment

    def belongs_to(self, workspace: str) -> None:
        """The book holds what is asked and confirmed under the workspace's name."""
        self._book.asked[workspace] = self.asked
        self._book.confirmed[workspace] = self.confirmed

    def look(self, ids: set[str], *, for_all: bool) -> None:
        """Compare the runs on a page with one's own; a table `for_all` has them all."""
        if strange := ids - self.asked:
            self._book.mixed.append(f"visitor {self._number} was shown {sorted(strange)}")
        if for_all and (absent := self.confirmed - ids):
            self._book.errors.append(f"visitor {self._number} misses {sorted(absent)}")

    async def think(self) -> bool:
        """Look at the page for a while; False where the time is over."""
        await asyncio.sleep(min(self.chance.uniform(*THINKING), max(0.0, self._left)))
        return self._left > 0

    @property
    def _left(self) -> float:
        return self._ends - time.monotonic()


KINDS = (
    Experiment(dataset="blobs", epochs=20),
    Experiment(dataset="digits", epochs=10),
    Experiment(dataset="iris", epochs=30),
    Experiment(dataset="digits", optimizer="gd", epochs=50),
    Experiment(dataset="digits", optimizer="gd", epochs=2_000),
)
"""Small experiments but for the last, which takes so long that others have to wait."""


# Visitors without a screen


async def visit(address: str, person: Person, book: Book) -> None:
    """Come, train and look until the time is over."""
    cookies: dict[str, str] = {}
    again = True
    while again:
        async with Visit(address, cookies) as tab:
            book.note("open", await tab.open("train", person.query))
            person.belongs_to(workspace_of(cookies[COOKIE]))
            again = await stay(tab, person, book)


async def stay(tab: Visit, person: Person, book: Book) -> bool:
    """Use one tab; True where it is reloaded, False where the time is over."""
    while await person.think():
        choice = person.chance.random()
        if choice < 0.05:
            return True
        if choice < 0.7 or not person.confirmed:
            await train(tab, person, book)
        else:
            await compare(tab, person, book)
    return False


async def train(tab: Visit, person: Person, book: Book) -> None:
    """Another learning rate, a click on Train, and waiting for the run."""
    experiment = person.next_experiment()
    book.note("change", await tab.set_number("learning_rate", experiment.learning_rate))
    book.note("train", await tab.press("train"))
    if WAITING in tab.words():
        with book.queue():
            await tab.wait_until(lambda: WAITING not in tab.words(), "the training waited on")
    await tab.wait_until(lambda: experiment.id in tab.words(), f"{experiment.id} did not come")
    person.confirmed.add(experiment.id)
    person.look(tab.run_ids(), for_all=False)


async def compare(tab: Visit, person: Person, book: Book) -> None:
    """The compare page with the last runs drawn, and back."""
    some = person.chance.sample(sorted(person.confirmed), min(3, len(person.confirmed)))
    query = {"rows": "runs", "runs": ",".join(some)}
    book.note("compare", await tab.go("compare", query))
    person.look(tab.run_ids(), for_all=True)
    await person.think()
    book.note("back", await tab.go("train", person.query))


# Visitors with a browser


async def browse(browser: Browser, address: str, person: Person, book: Book) -> None:
    """The same in a Chromium of one's own."""
    context = await browser.new_context(viewport={"width": 1440, "height": 900})
    page = await context.new_page()
    page.on("pageerror", lambda error: book.errors.append(f"in the browser: {error}"))
    button = page.locator(".st-key-train button")
    query = "&".join(f"{name}={text}" for name, text in person.query.items())
    begun = time.perf_counter()
    await page.goto(f"{address}/train?{query}", timeout=PATIENCE * 1e3)
    await button.wait_for(timeout=PATIENCE * 1e3)
    book.note("open", time.perf_counter() - begun)
    [mark] = [each["value"] for each in await context.cookies() if each["name"] == COOKIE]
    person.belongs_to(workspace_of(mark))
    while await person.think():
        await train_in_browser(page, person, book)
        if await person.think() and person.chance.random() < 0.3:
            await compare_in_browser(page, person, book)
    await context.close()


async def train_in_browser(page: Page, person: Person, book: Book) -> None:
    """Type a learning rate, press Train, wait for the run."""
    experiment = person.next_experiment()
    field = page.locator(".st-key-learning_rate input")
    await field.fill(f"{experiment.learning_rate:.7f}")
    begun = time.perf_counter()
    await field.press("Enter")
    await page.wait_for_url(
        f"**learning_rate={experiment.learning_rate:g}*", timeout=PATIENCE * 1e3
    )
    book.note("change", time.perf_counter() - begun)
    kept = page.get_by_text(f"Saved as {experiment.id}")
    bar = page.get_by_test_id("stProgress")
    begun = time.perf_counter()
    await page.locator(".st-key-train button").click()
    await bar.or_(kept).first.wait_for(timeout=PATIENCE * 1e3)
    book.note("train", time.perf_counter() - begun)
    await kept.wait_for(timeout=PATIENCE * 1e3)
    person.confirmed.add(experiment.id)


async def compare_in_browser(page: Page, person: Person, book: Book) -> None:
    """Follow the link to the compare page, and go back."""
    begun = time.perf_counter()
    await page.get_by_role("link", name="Compare runs").last.click()
    await page.get_by_test_id("stDataFrame").first.wait_for(timeout=PATIENCE * 1e3)
    book.note("compare", time.perf_counter() - begun)
    await person.think()
    begun = time.perf_counter()
    await page.get_by_role("link", name="Open in Train").first.click()
    await page.locator(".st-key-train button").wait_for(timeout=PATIENCE * 1e3)
    book.note("back", time.perf_counter() - begun)


# The whole


def workspace_of(mark: str) -> str:
    """The name of the workspace that a browser's mark opens."""
    return VISIT + hashlib.sha256(mark.encode()).hexdigest()[:40]


async def everybody(
    address: str,
    process: int,
    book: Book,
    visitors: int,
    minutes: float,
    *,
    hostile: Hostile | None = None,
) -> None:
    """All visitors, until the time is over; what goes wrong is noted and ends the one visit."""
    seconds = minutes * 60
    ends = time.monotonic() + seconds
    watching = asyncio.create_task(watch_memory(process, book))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
        )

        async def one(number: int) -> None:
            person = Person(number, book, ends)
            await asyncio.sleep(min(ARRIVING_SECONDS, seconds / 2) * number / visitors)
            try:
                if number % 10 == 0:
                    await browse(browser, address, person, book)
                else:
                    await visit(address, person, book)
            except (VisitError, BrowserError, OSError, ValueError) as error:
                book.errors.append(f"visitor {number}: {type(error).__name__}: {error}")

        raging = hostile.rage(ends) if hostile is not None else asyncio.sleep(0)
        await asyncio.gather(raging, *(one(number) for number in range(visitors)))
        await browser.close()
    watching.cancel()


async def watch_memory(process: int, book: Book) -> None:
    """Note the memory of a process and its children, every so often."""
    while True:
        book.memory.append(sum(map(megabytes_of, group_id_of(process))))
        await asyncio.sleep(SAMPLE_SECONDS)


def group_id_of(process: int) -> list[int]:
    """A process and its children, and theirs."""
    found = [process]
    for each in found:
        for task in Path(f"/proc/{each}/task").glob("*/children"):
            found += map(int, task.read_text().split())
    return found


def megabytes_of(process: int) -> float:
    """What a process holds in memory; of what it shares with others, its share."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024 / 1e6


def kept_in(address: str) -> dict[str, set[str]]:
    """The ids of the runs in the store, by workspace."""
    found: dict[str, set[str]] = {}
    with RunStore(address).database.reading() as database:
        for workspace, id in database.execute(sql.select(runs.c.workspace, runs.c.id)):
            found.setdefault(workspace, set()).add(id)
    return found


def main() -> int:
    """Start the server, let the visitors come, print the table."""
    parser = argparse.ArgumentParser(description="A hosted lossopt under many visitors.")
    parser.add_argument("--minutes", type=_within(MAX_MINUTES), default=10.0)
    parser.add_argument("--visitors", type=_within(MAX_VISITORS), default=100)
    parser.add_argument(
        "--hostile", action="store_true", help="one more visitor does everything that harms"
    )
    chosen = parser.parse_args()
    book, visitors = Book(), round(chosen.visitors)
    with tempfile.TemporaryDirectory() as place:
        store, log = f"sqlite:///{place}/runs.db", Path(place, "log.txt")
        environment = {"LOSSOPT_MODE": "hosted", "LOSSOPT_STORE": store}
        with (
            log.open("wb") as said,
            server_process(APP, environment=environment, log=said) as (address, process),
        ):
            hostile = Hostile(address) if chosen.hostile else None
            asyncio.run(
                everybody(address, process, book, visitors, chosen.minutes, hostile=hostile)
            )
            kept = kept_in(store)
        # What a hostile visitor sends is logged as the error that it is.
        lines = [] if chosen.hostile else log.read_text().splitlines()
        logged = [line for line in lines if "Error" in line]
    rows = table_of(book, kept, logged)
    print(f"| {visitors} visitors, {chosen.minutes:g} minutes | | bound |\n|---|---:|---:|")
    for row in rows:
        mark = "" if row.holds is None else " ✓" if row.holds else " ✗"
        print(f"| {row.what} | {row.figure} | {row.bound}{mark} |")
    if hostile is not None:
        acts = ", ".join(f"{name} {count}" for name, count in sorted(hostile.done.items()))
        print(f"| hostile acts | {acts} | |")
    for problem in [*book.errors, *book.mixed, *logged][:20]:
        print(problem, file=sys.stderr)
    return 1 if any(row.holds is False for row in rows) else 0


def _within(most: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        number = float(text)
        if not 0 < number <= most:
            raise argparse.ArgumentTypeError(f"must be above 0 and at most {most}, got {text}")
        return number

    return read


if __name__ == "__main__":
    sys.exit(main())
