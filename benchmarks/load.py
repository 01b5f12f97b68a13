"""A hosted lossopt under a hundred visitors for ten minutes, on one machine.

    pip install -r requirements-dev.txt         # and Chromium
    python -m benchmarks.load
    python -m benchmarks.load --minutes 1 --visitors 20
    python -m benchmarks.load --minutes 30 --visitors 20 --hostile

Starts a server of its own on 127.0.0.1, with an empty store, and sends visitors to it: one in ten
is a real Chromium with a profile of its own, the others speak Streamlit's protocol without
drawing.  What they do is in `benchmarks.people`: above all they change the learning rate, which
trains ten runs.  With `--hostile` one more does everything that could harm them, in turn
(`benchmarks.hostile`), and is not counted.

No two ever ask for the same run, so that a run in the wrong place is seen.  Only the runs of a
page's default, which it shows everybody who opens it, are those of several visitors: the table
counts them by themselves, and they may be in no workspace but of those with such a default.
Afterwards the store is compared with what each visitor was told.

Clicks are timed until the page is complete, and beside that how long the first curves and the
verdict over all seeds take.  Prints a table, and ends with code 1 where a bound is broken.  Server
and visitors share the machine, whose processes are read from /proc: Linux only.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sql
from playwright.async_api import Error as BrowserError
from playwright.async_api import async_playwright

from benchmarks.hostile import Hostile
from benchmarks.load_table import Book, table_of
from benchmarks.people import KINDS, Person, browse, default_of, visit
from benchmarks.visitors import VisitError
from lossopt_core import RunStore
from lossopt_core.store.schema import runs
from tests.browser.helpers import chromium, server_process
from tests.programs import ROOT

APP = ROOT / "streamlit_app.py"
MAX_VISITORS, MAX_MINUTES = 200, 60
ARRIVING_SECONDS = 60.0
"""Within which all have come; within half of the time, where that is less."""
SAMPLE_SECONDS = 2.0


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
    for kind in KINDS:
        default_of(kind)  # not while visitors are timed
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
    missed = {} if hostile is None else hostile.missed
    print(f"| {visitors} visitors, {chosen.minutes:g} minutes | | bound |\n|---|---:|---:|")
    for row in rows:
        mark = "" if row.holds is None else " ✓" if row.holds else " ✗"
        print(f"| {row.what} | {row.figure} | {row.bound}{mark} |")
    if hostile is not None:
        acts = ", ".join(f"{name} {count}" for name, count in sorted(hostile.done.items()))
        print(f"| hostile acts | {acts} | |")
        print(f"| hostile acts that the pages no longer allow | {len(missed)} | 0 |")
    for problem in [*book.errors, *book.mixed, *logged, *missed.values()][:20]:
        print(problem, file=sys.stderr)
    return 1 if missed or any(row.holds is False for row in rows) else 0


def _within(most: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        number = float(text)
        if not 0 < number <= most:
            raise argparse.ArgumentTypeError(f"must be above 0 and at most {most}, got {text}")
        return number

    return read


if __name__ == "__main__":
    sys.exit(main())
