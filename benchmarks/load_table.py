"""What visitors of `benchmarks.load` saw, and the table of it beside its bounds."""

import statistics
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

SLOWEST_SECONDS = 2.0
"""Within which 95 of 100 clicks are answered."""
MAX_MEGABYTES = 690.0
MAX_GROWTH = 0.05
"""Of the memory over the second half of the time, as a share of it."""
WHAT = ("open", "change", "train", "compare", "back")
"""The clicks of a visitor."""


@dataclass(frozen=True)
class Click:
    """How long somebody waited for the answer to a click, and whether trainings queued."""

    what: str
    seconds: float
    queued: bool


@dataclass
class Book:
    """What all visitors saw.

    asked, confirmed   ids of runs, by whose they are
    memory             megabytes of the server's processes, evenly in time
    """

    clicks: list[Click] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    mixed: list[str] = field(default_factory=list)
    asked: dict[str, set[str]] = field(default_factory=dict)
    confirmed: dict[str, set[str]] = field(default_factory=dict)
    memory: list[float] = field(default_factory=list)
    waiting: int = 0
    queued_trainings: int = 0

    def note(self, what: str, seconds: float) -> None:
        """A click was answered."""
        self.clicks.append(Click(what, seconds, self.waiting > 0))

    @contextmanager
    def queue(self) -> Iterator[None]:
        """Somebody's training waits for a worker."""
        self.waiting += 1
        self.queued_trainings += 1
        yield
        self.waiting -= 1


def growth_of(memory: Sequence[float]) -> float:
    """How much more the second half ends with than it began with, by the line through it."""
    half = memory[len(memory) // 2 :]
    if len(half) < 2:
        return 0.0
    slope, _ = statistics.linear_regression(range(len(half)), half)
    return slope * (len(half) - 1)


@dataclass(frozen=True)
class Measured:
    """A row of the table; `holds` is None where there is no bound."""

    what: str
    figure: str
    bound: str = ""
    holds: bool | None = None


def table_of(book: Book, kept: dict[str, set[str]], logged: Sequence[str]) -> list[Measured]:
    """What is measured, beside its bounds."""
    lost = sum(len(ids - kept.get(name, set())) for name, ids in book.confirmed.items())
    strange = sum(len(kept.get(name, set()) - ids) for name, ids in book.asked.items())
    confirmed = sum(map(len, book.confirmed.values()))
    errors = len(book.errors) + len(logged)
    growth, most = growth_of(book.memory), max(book.memory)
    share = growth / most
    mixed = strange + len(book.mixed)
    rows = [
        Measured("clicks answered", f"{len(book.clicks):,}"),
        *(_waits(what, [c for c in book.clicks if c.what == what]) for what in WHAT),
    ]
    queued = [each for each in book.clicks if each.queued]
    return [
        *rows,
        _waits("clicks while trainings queue", queued, SLOWEST_SECONDS),
        _waits("all clicks", book.clicks, SLOWEST_SECONDS),
        Measured("runs confirmed", f"{confirmed:,}"),
        Measured("of these, trainings that queued", f"{book.queued_trainings:,}"),
        Measured("runs lost", str(lost), "0", lost == 0),
        Measured("runs mixed up", str(mixed), "0", mixed == 0),
        Measured("errors", str(errors), "0", errors == 0),
        Measured("memory at most", f"{most:.0f} MB", f"{MAX_MEGABYTES:.0f} MB",
                 most < MAX_MEGABYTES),
        Measured("growth of memory in the second half", f"{growth:+.0f} MB",
                 f"{MAX_GROWTH * most:.0f} MB", share < MAX_GROWTH),
    ]  # fmt: skip


def _waits(what: str, clicks: Sequence[Click], bound: float | None = None) -> Measured:
    if not clicks:
        return Measured(f"{what}: none", "–")
    seconds = sorted(each.seconds for each in clicks)
    middle, late = statistics.median(seconds), percentile(seconds, 0.95)
    figure = f"{middle:.2f} s, {late:.2f} s, {seconds[-1]:.2f} s"
    said = "" if bound is None else f"95 of 100 in {bound:g} s"
    return Measured(f"{what}: median, 95 of 100, worst", figure, said,
                    None if bound is None else late < bound)  # fmt: skip


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest number that so many are not above."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
