"""A visitor of the load benchmark goes once round the pages, on a server that is running."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

from benchmarks.load import kept_in
from benchmarks.load_table import Book, table_of
from benchmarks.people import Kind, Person, arrive, compare, train
from benchmarks.visitors import Visit


def check_a_visit(kind: Kind, address: str, store: str) -> list[str]:
    """It opens a page, changes the learning rate, compares, and gets the runs that it asks for.

    Returns what it has clicked on.  On a busy machine even a live page may ask for a click.
    """
    book = Book(memory=[1.0])
    person = Person(0, book, ends=time.monotonic() + 300, kind=kind, thinking=(0, 0))

    async def go_round() -> None:
        async with Visit(address, {}) as tab:
            await arrive(tab, person, book)
            await train(tab, person, book)
            await compare(tab, person, book)

    with ThreadPoolExecutor() as other:  # beside Playwright's event loop, if that is there
        other.submit(asyncio.run, go_round()).result()
    assert not book.errors + book.mixed
    assert len(person.confirmed & person.asked) == 10, "every seed of the change"
    clicks = [each.what for each in book.clicks]
    pressed = ["train"] if "train" in clicks else []
    assert kind.live or pressed, "nothing is trained unasked without Live"
    assert clicks == ["open", "change", *pressed, "compare", "back"]
    assert kind.live or not book.default_curves
    assert 0 < book.curves[0] <= book.verdicts[0]
    [workspace] = book.asked
    kept = kept_in(store)[workspace]
    assert person.asked <= kept <= person.asked | (person.default if kind.live else set())
    figures = {row.what: row.figure for row in table_of(book, {workspace: kept}, [])}
    assert figures["runs lost"] == figures["runs mixed up"] == "0"
    return clicks
