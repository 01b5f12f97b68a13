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

    curves, verdicts   seconds from a change, or the click on Train that it takes, to its first
                       curves and to the verdict over all its seeds
    default_curves     seconds from opening a page to the first curves of its default
    asked, confirmed   ids of runs, by whose they are; every seed counts
    defaults           ids of the runs that a page trains without being asked, the same way
    memory             megabytes of the server's processes, evenly in time
    """

    clicks: list[Click] = field(default_factory=list)
    curves: list[float] = field(default_factory=list)
    verdicts: list[float] = field(default_factory=list)
    default_curves: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    mixed: list[str] = field(default_factory=list)
    asked: dict[str, set[str]] = field(default_factory=dict)
    defaults: dict[str, set[str]] = field(default_factory=dict)
    confirmed: dict[str, set[str]] = field(default_factory=dict)
    memory: list[float] = field(default_factory=list)
    trainings: int = 0
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
        try:
            yield
        finally:
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
    """What is measured, beside its bounds; `kept` are the ids of saved runs by workspace."""
    queued = [each for each in book.clicks if each.queued]
    return [
        Measured("clicks answered", f"{len(book.clicks):,}"),
        *(_clicks(what, [c for c in book.clicks if c.what == what]) for what in WHAT),
        _clicks("clicks while trainings queue", queued, SLOWEST_SECONDS),
        _clicks("all clicks", book.clicks, SLOWEST_SECONDS),
        _waits("first curves of a page", book.default_curves),
        _waits("first curves after a change", book.curves),
        _waits("verdict over all seeds after a change", book.verdicts),
        Measured("trainings asked for", f"{book.trainings:,}"),
        Measured("of these, waited for a worker", f"{book.queued_trainings:,}"),
        *_runs(book, kept),
        _none("errors", len(book.errors) + len(logged)),
        *_memory(book.memory),
    ]


def _runs(book: Book, kept: dict[str, set[str]]) -> list[Measured]:
    """How many runs there are, and that each is where it belongs and nowhere else."""
    confirmed = sum(map(len, book.confirmed.values()))
    defaults = sum(len(ids & book.defaults[name]) for name, ids in book.confirmed.items())
    lost = sum(len(ids - kept.get(name, set())) for name, ids in book.confirmed.items())
    everyones = set().union(*book.asked.values())
    strange = 0
    for name, ids in kept.items():
        if name in book.asked:
            strange += len(ids - book.asked[name] - book.defaults[name])
        else:  # somebody who is not counted; has no business with what the others asked for
            strange += len(ids & everyones)
    return [
        Measured("runs confirmed", f"{confirmed:,}"),
        Measured("of these, defaults of a page", f"{defaults:,}"),
        _none("runs lost", lost),
        _none("runs mixed up", strange + len(book.mixed)),
    ]


def _memory(megabytes: Sequence[float]) -> list[Measured]:
    growth, most = growth_of(megabytes), max(megabytes)
    return [
        Measured("memory at most", f"{most:.0f} MB", f"{MAX_MEGABYTES:.0f} MB",
                 most < MAX_MEGABYTES),
        Measured("growth of memory in the second half", f"{growth:+.0f} MB",
                 f"{MAX_GROWTH * most:.0f} MB", growth / most < MAX_GROWTH),
    ]  # fmt: skip


def _none(what: str, count: int) -> Measured:
    return Measured(what, str(count), "0", count == 0)


def _clicks(what: str, clicks: Sequence[Click], bound: float | None = None) -> Measured:
    return _waits(what, [each.seconds for each in clicks], bound)


def _waits(what: str, waits: Sequence[float], bound: float | None = None) -> Measured:
    if not waits:
        return Measured(f"{what}: none", "–")
    seconds = sorted(waits)
    middle, late = statistics.median(seconds), percentile(seconds, 0.95)
    figure = f"{middle:.2f} s, {late:.2f} s, {seconds[-1]:.2f} s"
    said = "" if bound is None else f"95 of 100 in {bound:g} s"
    return Measured(f"{what}: median, 95 of 100, worst", figure, said,
                    None if bound is None else late < bound)  # fmt: skip


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest number that so many are not above."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
