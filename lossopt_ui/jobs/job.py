"""One training in the background, which can be asked at any time how far it is, and be stopped.

It knows nothing of Streamlit, and saves what came of it to the store.
"""

import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, InvalidStateError
from concurrent.futures import wait as wait_for
from contextlib import suppress

import pandas as pd

from lossopt_core import (
    Experiment,
    Progress,
    Run,
    RunStore,
    StoreError,
    train,
    uploads,
)
from lossopt_core.store.quotas import products_of
from lossopt_core.store.unfinished import Underway
from lossopt_core.training.loop import cohorts
from lossopt_ui.jobs.page_priority import PagePriority
from lossopt_ui.jobs.sequel import Sequel

PART = 64
"""Runs that are trained and saved together, where a training saves by part."""
PRODUCTS_AN_UPDATE = 50_000
"""What an update costs beside its multiplications, in these: calls of functions."""
UNKEPT_SECONDS = 120.0
"""How long the runs of a training wait for a store that is full, locked or out of reach."""
RETRY_SECONDS = 2.0


class Job:
    """The training of some experiments, begun as soon as a worker is free.

    It ends early when somebody stops it, when it has taken the seconds that it may, when no
    visitor has been left for a while, or when the program ends; what is done is saved then.  A
    long one saves `by_part`: each cohort as soon as it is trained, and none that was not begun;
    between parts others have their turn.  A sequel follows unless it was stopped.
    """

    def __init__(
        self,
        experiments: Sequence[Experiment],
        store: RunStore,
        *,
        by_part: bool = False,
        sequel: Sequel | None = None,
        seconds: float = math.inf,
        check: Callable[[Sequence[Experiment]], None] = lambda _: None,
    ) -> None:
        self.experiments = tuple(experiments)
        self._check = check
        self.store = store
        self._parts = parts_of(experiments) if by_part else [list(experiments)]
        self._sequel = sequel
        self._total = sum(each.updates for each in self.experiments)
        self._total += sequel.updates if sequel else 0
        self._done = 0
        self.seconds_left = seconds
        """How long it may still take, without the part that goes on."""
        self._stop = threading.Event()
        self._given_up = threading.Event()
        self.problem: StoreError | None = None
        """Why what is trained could not be kept so far."""
        self._progress: Progress | None = None
        self._visitors: set[int] = set()
        self._visitors_lock = threading.Lock()
        self._future: Future[None] = Future()
        self._turns = self._work()
        self._turn = threading.Lock()
        self._underway = Underway(store)
        self.noted = self._underway.begin(self.experiments, sequel.comparison if sequel else None)
        """Its name among the trainings that the store knows of."""
        self._interrupted = False

    def take_turn(self) -> bool:
        """Train and save one part; whether more is to be done.  For workers."""
        with self._turn:
            if self._future.done():  # stopped while it waited
                return False
            if not self._future.running():
                self._future.set_running_or_notify_cancel()
            try:
                with uploads.using(uploads.Shelf(self.store)):
                    next(self._turns)
                if self.stopped:  # what is done has been saved
                    self._future.set_result(None)
            except StopIteration:
                self._future.set_result(None)
            except BaseException as error:
                self._future.set_exception(error)
        return self.running

    def _work(self) -> Iterator[None]:
        yield from self._train(self._parts)
        if self._sequel is not None and not self.stopped:
            more = self.store.missing(self._sequel.experiments())
            self._check(more)
            self.experiments += tuple(more)
            self._underway.extend(self.noted, self.experiments)
            self._total = self._done + sum(each.updates for each in more)
            yield from self._train(parts_of(more))

    def _train(self, parts: Sequence[Sequence[Experiment]]) -> Iterator[None]:
        """The parts one by one, with a pause before each but the first."""
        for number, part in enumerate(parts):
            if number:
                yield
                if self.stopped:
                    break
            self._train_part(part)

    def _train_part(self, part: Sequence[Experiment]) -> None:
        begun = time.monotonic()
        last = begun + self.seconds_left
        pages = PagePriority()

        def is_over() -> bool:
            pages.wait_for_pages()
            if time.monotonic() > last:
                self._stop.set()
            return self.stopped

        runs = train(part, self._report, is_over)
        self.seconds_left -= time.monotonic() - begun
        self._save(runs)
        self._progress = None
        self._done += sum(each.updates for each in part)

    def _save(self, runs: Sequence[Run]) -> None:
        """Save, and where the store fails try again for a while: the work is done."""
        give_up = time.monotonic() + UNKEPT_SECONDS
        while True:
            try:
                self.store.save(runs)
            except StoreError as problem:
                self.problem = problem
                # Who stops a training wants what it has; who stops it now does not wait for it.
                if time.monotonic() > give_up or self._given_up.wait(RETRY_SECONDS):
                    raise
            else:
                self.problem = None
                return

    def heartbeat(self) -> None:
        """Give a sign of life."""
        if not self._interrupted:
            self._underway.heartbeat(self.noted)

    def interrupt(self) -> None:
        """Stop it because the program ends: what is left can be continued later."""
        self._interrupted = True
        self.stop()

    def note_interruption(self) -> None:
        """Let whoever comes back find it at once."""
        self._underway.interrupt([self.noted])

    def deregister(self) -> None:
        """It has ended: nothing is left to be done, unless the program or the store failed it."""
        if self._interrupted:
            return
        if isinstance(self.error, StoreError) and not self.stopped:
            self.note_interruption()
        else:
            self._underway.end([self.noted])

    def join(self, visitor: object) -> None:
        """A visitor looks after this training."""
        with self._visitors_lock:
            self._visitors.add(id(visitor))

    def leave(self, visitor: object, patience: float) -> None:
        """A visitor has gone; after `patience` seconds without any the training is stopped."""
        with self._visitors_lock:
            self._visitors.discard(id(visitor))
        if self.running:
            timer = threading.Timer(patience, self._stop_if_deserted)
            timer.daemon = True
            timer.start()

    def _stop_if_deserted(self) -> None:
        with self._visitors_lock:
            deserted = not self._visitors
        if deserted:
            self.stop()

    def _report(self, progress: Progress) -> None:
        self._progress = progress

    @property
    def running(self) -> bool:
        """Whether it is still to be waited for."""
        return not self._future.done()

    @property
    def waiting(self) -> bool:
        """Whether no worker has been free for it so far."""
        return self.running and not self._future.running()

    @property
    def stopped(self) -> bool:
        """Whether it was asked to stop, or has used up its time."""
        return self._stop.is_set()

    @property
    def used_up(self) -> bool:
        """Whether it has taken as long as one may."""
        return self.seconds_left <= 0

    @property
    def error(self) -> BaseException | None:
        """What went wrong, once it has ended."""
        return None if self.running or self._future.cancelled() else self._future.exception()

    @property
    def share(self) -> float:
        """How much is done, between 0 and 1."""
        progress = self._progress
        return (self._done + (progress.done if progress else 0)) / self._total

    @property
    def cost(self) -> float:
        """What is still to be done, in multiplications."""
        whole = sum(map(products_of, self.experiments)) + PRODUCTS_AN_UPDATE * self._total
        return (1 - self.share) * whole

    def histories(self) -> dict[Experiment, pd.DataFrame]:
        """Curves so far of what is being trained now."""
        return self._progress.histories() if self._progress else {}

    def stop(self) -> None:
        """Ask it to end at the next update; what is done is kept, if the store is in reach."""
        self._stop.set()
        if self.problem is not None:
            self._given_up.set()
        self._future.cancel()
        if self._turn.acquire(blocking=False):  # it waits for its next turn, if it has begun
            with suppress(InvalidStateError):
                self._future.set_result(None)
            self._turn.release()

    def when_over(self, call: Callable[["Job"], object]) -> None:
        """Call this once it is no longer to be waited for, in the thread that ends it."""
        self._future.add_done_callback(lambda _: call(self))

    def wait(self, seconds: float) -> bool:
        """Give it some time; return whether it has ended."""
        return bool(wait_for([self._future], timeout=seconds).done)


def parts_of(experiments: Sequence[Experiment]) -> Sequence[Sequence[Experiment]]:
    """Cohorts, wide ones in pieces."""
    return [
        members[first : first + PART]
        for members in cohorts(experiments)
        for first in range(0, len(members), PART)
    ]
