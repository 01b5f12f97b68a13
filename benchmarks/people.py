"""The visitors of `benchmarks.load`: what each of them wants, asks for and is shown.

A visitor opens the train page, which shows the ten runs of its default without a click: the same
for everybody who comes with the same settings.  Those of the plain address are trained once for
all when the server starts, others for each visitor.  After that each change of the learning rate,
to one that nobody else ever asks for, trains ten runs more, as Live is on by default; one in five
has switched it off and presses Train.  In between they look at the compare page and go back, and
sometimes reload.
"""

import asyncio
import hashlib
import random
import time
from dataclasses import dataclass
from functools import cache

from playwright.async_api import Browser, Page

from benchmarks.experiment_page import (
    ANY_NEW,
    COMPLETE,
    LANES,
    TRAINING_PATIENCE,
    WAITING,
    first_curves,
    seeds_of,
    verdict,
    verdict_at,
    watched,
)
from benchmarks.load_table import Book
from benchmarks.visitors import PATIENCE, Visit
from lossopt_core import Experiment
from lossopt_core.analysis.tuned_rate import suggested_learning_rate
from lossopt_ui.identity.cookie import COOKIE
from lossopt_ui.identity.visitor import VISIT

THINKING = (20.0, 60.0)
"""Seconds that somebody looks at a page before the next click."""


@dataclass(frozen=True)
class Kind:
    """What visitors of a kind come for: an experiment, and whether they leave Live on."""

    experiment: Experiment
    live: bool = True

    @property
    def query(self) -> dict[str, str]:
        """The settings as an address has them: those that are not as the page begins."""
        found = {
            name: str(chosen)
            for name in ("dataset", "optimizer", "epochs")
            if (chosen := getattr(self.experiment, name)) != getattr(Experiment(), name)
        }
        return found if self.live else found | {"live": "false"}


KINDS = (
    Kind(Experiment()),
    Kind(Experiment(dataset="blobs")),
    Kind(Experiment(dataset="iris", epochs=30)),
    Kind(Experiment(dataset="digits", optimizer="gd", epochs=50)),
    Kind(Experiment(dataset="digits", optimizer="gd", epochs=200), live=False),
)
"""Of the first is also who comes with a browser; the last takes longer than the others."""


@cache
def default_of(kind: Kind) -> tuple[Experiment, ...]:
    """What the page shows visitors of a kind without being asked: at its tuned rate."""
    rate = suggested_learning_rate(kind.experiment)
    return seeds_of(kind.experiment.replace(learning_rate=rate))


def ids_of(experiments: tuple[Experiment, ...]) -> set[str]:
    """The ids of their runs."""
    return {each.id for each in experiments}


class Person:
    """What one visitor wants: experiments that nobody else asks for.

    asked       ids of what the changes ask for, every seed of each
    default     ids of what the page shows on opening; visitors of a kind share them
    confirmed   ids of both that the page has said are there
    thinking    shortest and longest time between two clicks, in seconds
    """

    def __init__(
        self,
        number: int,
        book: Book,
        ends: float,
        *,
        kind: Kind | None = None,
        thinking: tuple[float, float] = THINKING,
    ) -> None:
        self.chance = random.Random(number)
        self.kind = kind or KINDS[number % len(KINDS)]
        self._number = number
        self._book = book
        self._ends = ends
        self._thinking = thinking
        self._trained = 0
        self.asked: set[str] = set()
        self.default = ids_of(default_of(self.kind))
        self.default_rate = default_of(self.kind)[0].learning_rate
        self.confirmed: set[str] = set()

    def next_experiment(self) -> Experiment:
        """Another learning rate: this person's alone.  Of its seeds, the first."""
        self._trained += 1
        rate = round(0.05 + 1e-4 * self._number + 1e-7 * self._trained, 7)
        experiment = self.kind.experiment.replace(learning_rate=rate)
        self.asked |= ids_of(seeds_of(experiment))
        return experiment

    def belongs_to(self, workspace: str) -> None:
        """The book holds what is asked and confirmed under the workspace's name."""
        self._book.asked[workspace] = self.asked
        self._book.defaults[workspace] = self.default
        self._book.confirmed[workspace] = self.confirmed

    def was_told(self, experiment: Experiment) -> None:
        """The page has said that all seeds of a change are there."""
        self.confirmed |= ids_of(seeds_of(experiment))

    def reads(self, words: str) -> None:
        """What the page says may be the verdict on its default."""
        if verdict_at(self.default_rate, tuned=True) in words:
            self.confirmed |= self.default

    def look(self, ids: set[str], *, for_all: bool) -> None:
        """Compare the runs on a page with one's own; a table `for_all` has them all."""
        if strange := ids - self.asked - self.default:
            self._book.mixed.append(f"visitor {self._number} was shown {sorted(strange)}")
        if for_all and (absent := self.confirmed - ids):
            self._book.errors.append(f"visitor {self._number} misses {sorted(absent)}")

    async def think(self) -> bool:
        """Look at the page for a while; False where the time is over."""
        await asyncio.sleep(min(self.chance.uniform(*self._thinking), max(0.0, self._left)))
        return self._left > 0

    @property
    def _left(self) -> float:
        return self._ends - time.monotonic()


def workspace_of(mark: str) -> str:
    """The name of the workspace that a browser's mark opens."""
    return VISIT + hashlib.sha256(mark.encode()).hexdigest()[:40]


# Visitors without a screen


async def visit(address: str, person: Person, book: Book) -> None:
    """Come, train and look until the time is over."""
    cookies: dict[str, str] = {}
    again = True
    while again:
        async with Visit(address, cookies) as tab:
            await arrive(tab, person, book)
            again = await stay(tab, person, book)


async def arrive(tab: Visit, person: Person, book: Book) -> None:
    """Open the train page, and wait for the curves of its default where it trains it."""
    begun = time.perf_counter()
    book.note("open", await tab.open("train", person.kind.query))
    person.belongs_to(workspace_of(tab.cookies[COOKIE]))
    if not tab.has("train"):
        book.default_curves.append(await first_curves(tab, person.default_rate) - begun)


async def stay(tab: Visit, person: Person, book: Book) -> bool:
    """Use one tab; True where it is reloaded, False where the time is over."""
    while await person.think():
        person.reads(tab.words())
        choice = person.chance.random()
        if choice < 0.05:
            return True
        if choice < 0.7 or not person.confirmed:
            await train(tab, person, book)
        else:
            await compare(tab, person, book)
    return False


async def train(tab: Visit, person: Person, book: Book) -> None:
    """Another learning rate, a click on Train if it takes one, and waiting for all seeds."""
    experiment = person.next_experiment()
    rate = experiment.learning_rate
    book.trainings += 1
    begun = time.perf_counter()
    with watched(tab, rate) as curves:
        book.note("change", await tab.set_number("learning_rate", rate))
        if tab.has("train"):
            begun = time.perf_counter()
            book.note("train", await tab.press("train"))
        if WAITING in tab.words():
            with book.queue():
                await tab.wait_until(
                    lambda: WAITING not in tab.words(),
                    "the training waited on",
                    patience=TRAINING_PATIENCE,
                )
        book.curves.append(await curves - begun)
    await verdict(tab, rate)
    book.verdicts.append(time.perf_counter() - begun)
    person.was_told(experiment)
    person.look(tab.run_ids(), for_all=False)


async def compare(tab: Visit, person: Person, book: Book) -> None:
    """The compare page with some runs drawn, and back."""
    some = person.chance.sample(sorted(person.confirmed), min(3, len(person.confirmed)))
    query = {"rows": "runs", "runs": ",".join(some)}
    book.note("compare", await tab.go("compare", query))
    person.look(tab.run_ids(), for_all=True)
    await person.think()
    book.note("back", await tab.go("train", person.kind.query))


# Visitors with a browser


async def browse(browser: Browser, address: str, person: Person, book: Book) -> None:
    """The same in a Chromium of one's own."""
    context = await browser.new_context(viewport={"width": 1440, "height": 900})
    page = await context.new_page()
    page.set_default_timeout(PATIENCE * 1e3)
    page.on("pageerror", lambda error: book.errors.append(f"in the browser: {error}"))
    query = "&".join(f"{name}={text}" for name, text in person.kind.query.items())
    begun = time.perf_counter()
    await page.goto(f"{address}/train?{query}")
    await page.locator(".st-key-learning_rate input").wait_for()
    await page.wait_for_function(COMPLETE, arg="")
    book.note("open", time.perf_counter() - begun)
    [mark] = [each["value"] for each in await context.cookies() if each["name"] == COOKIE]
    person.belongs_to(workspace_of(mark))
    if person.kind.live:
        await new_curves(page, {})
        book.default_curves.append(time.perf_counter() - begun)
    while await person.think():
        person.reads(await page.get_by_test_id("stMain").inner_text())
        await train_in_browser(page, person, book)
        if await person.think() and person.chance.random() < 0.3:
            await compare_in_browser(page, person, book)
    await context.close()


async def train_in_browser(page: Page, person: Person, book: Book) -> None:
    """Type a learning rate, press Train if it takes that, wait for all seeds."""
    experiment = person.next_experiment()
    rate = experiment.learning_rate
    book.trainings += 1
    field = page.locator(".st-key-learning_rate input")
    before = await page.evaluate(LANES)
    await field.fill(f"{rate:.7f}")
    begun = time.perf_counter()
    await field.press("Enter")
    watching = asyncio.create_task(new_curves(page, before))
    try:
        await page.wait_for_function(COMPLETE, arg=f"learning_rate={rate:g}")
        book.note("change", time.perf_counter() - begun)
        button = page.locator(".st-key-train button")
        if await button.is_visible():
            begun = time.perf_counter()
            await button.click()
            await page.get_by_test_id("stProgress").wait_for()
            book.note("train", time.perf_counter() - begun)
        book.curves.append(await watching - begun)
    finally:
        watching.cancel()
    told = page.get_by_test_id("stMain").get_by_text(verdict_at(rate))
    await told.first.wait_for(timeout=TRAINING_PATIENCE * 1e3)
    book.verdicts.append(time.perf_counter() - begun)
    person.was_told(experiment)


async def new_curves(page: Page, before: object) -> float:
    """Wait for a curve that was not there `before`; when it came, by `time.perf_counter`."""
    await page.wait_for_function(ANY_NEW, arg=before, timeout=TRAINING_PATIENCE * 1e3)
    return time.perf_counter()


async def compare_in_browser(page: Page, person: Person, book: Book) -> None:
    """Follow the link to the compare page, and go back."""
    begun = time.perf_counter()
    await page.get_by_role("link", name="Compare runs").last.click()
    await page.get_by_test_id("stDataFrame").first.wait_for()
    book.note("compare", time.perf_counter() - begun)
    await person.think()
    begun = time.perf_counter()
    await page.go_back()
    await page.locator(".st-key-learning_rate input").wait_for()
    await page.wait_for_function(COMPLETE, arg="")
    book.note("back", time.perf_counter() - begun)
