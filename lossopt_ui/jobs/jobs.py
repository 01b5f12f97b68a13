"""Training in the background, so that the page stays alive and can stop it.

A job knows nothing of Streamlit.  It trains in one of a few worker threads, saves what came
of it to the store, and can be asked at any time how far it is.
"""

import atexit
import math
import sys
import threading
import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from concurrent.futures import Future, InvalidStateError
from concurrent.futures import wait as wait_for
from contextlib import suppress

import pandas as pd
from threadpoolctl import threadpool_limits

from lossopt_core import (
    Experiment,
    Progress,
    Run,
    RunStore,
    StoreError,
    train,
    uploads,
)
from lossopt_core.store.quotas import Budget, BudgetError, products_of
from lossopt_core.store.unfinished import BEAT_SECONDS, Underway
from lossopt_core.store.usage import Usage
from lossopt_core.training.loop import cohorts
from lossopt_ui.jobs.fair_queue import Turns
from lossopt_ui.jobs.render_gate import PAGES
from lossopt_ui.jobs.sequel import Sequel as Sequel

WORKERS = 2
TURN_SECONDS = 0.0005
"""How long a page may be drawn before a training may go on.

A training's steps are short, and after each the interpreter may be busy with somebody's page:
with Python's own 5 ms a training takes five times as long while it is watched.
"""
ASIDE_SECONDS, WORK_SECONDS = 0.08, 0.04
"""How long a training waits for a page that is being drawn, and goes on before it waits again.

It must not wait five times as long: trainings would take long, more visitors would look at how
far theirs are, and to draw that would leave still less time for trainings.
"""
SHARES = 20
"""An owner may have this part of the places in the queue: nobody closes it for everybody."""
PART = 64
"""Runs that are trained and saved together, where a training saves by part."""
CLOSING_SECONDS = 5.0
"""How long the program's end waits for trainings to save what is done."""
PRODUCTS_AN_UPDATE = 50_000
"""What an update costs beside its multiplications, in these: calls of functions."""
FIRST_SPEED = 5e8
"""Products a second that are expected before any was measured."""
UNKEPT_SECONDS = 120.0
"""How long the runs of a training wait for a store that is full, locked or out of reach."""
RETRY_SECONDS = 2.0
DESERTED_SECONDS = 20.0
"""How long a training goes on without a visitor."""


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
        self._parts = _parts(experiments) if by_part else [list(experiments)]
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
            yield from self._train(_parts(more))

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
        courtesy = _Courtesy()

        def is_over() -> bool:
            courtesy.let_pages_pass()
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


class _Courtesy:
    """What a training does at every update, so that it keeps nobody's page waiting."""

    def __init__(self) -> None:
        self._goes_on_until = time.monotonic()

    def let_pages_pass(self) -> None:
        """Wait while pages are drawn, though not again right after it has waited."""
        if time.monotonic() > self._goes_on_until:
            PAGES.wait_until_empty(ASIDE_SECONDS)
            self._goes_on_until = time.monotonic() + WORK_SECONDS


def _parts(experiments: Sequence[Experiment]) -> Sequence[Sequence[Experiment]]:
    """Cohorts, wide ones in pieces."""
    return [
        members[first : first + PART]
        for members in cohorts(experiments)
        for first in range(0, len(members), PART)
    ]


class Workers:
    """The trainings of all visitors: few at a time, since more would share the processors.

    budget         what one training may cost
    at_once        how many of one owner's may go on at the same time
    most_waiting   how many may wait for a worker; a share of them for one owner
    """

    def __init__(
        self,
        budget: Budget | None = None,
        *,
        count: int = WORKERS,
        at_once: float = math.inf,
        most_waiting: float = math.inf,
    ) -> None:
        self._budget = budget or Budget()
        self._count = count
        self._most_waiting = most_waiting
        self._jobs: list[Job] = []
        self._most_waiting_each = max(1.0, most_waiting / SHARES)
        self._admission = threading.Lock()
        self._turns: Turns[Job] = Turns(at_once)
        self._speed = FIRST_SPEED
        self._closing = False
        sys.setswitchinterval(TURN_SECONDS)
        one_thread_a_product()
        # Daemons, unlike the threads of an executor, are not waited for before the program's
        # own end can stop them.
        for _ in range(count):
            threading.Thread(target=self._work, name="training", daemon=True).start()
        threading.Thread(target=self._beat, name="signs of life", daemon=True).start()
        atexit.register(self.close)

    def _work(self) -> None:
        while True:
            owner, job = self._turns.take()
            before, begun = job.cost, time.monotonic()
            if job.take_turn():
                self._wait_for_turn(owner, job)
            else:
                self._deregister(job)
            self._turns.done(owner)
            self._learn(before - job.cost, time.monotonic() - begun)

    def _wait_for_turn(self, owner: Hashable, job: Job) -> None:
        """Let a job wait for a worker; it leaves as soon as it is stopped."""
        self._turns.add(owner, job)
        if job.stopped:  # meanwhile
            job.stop()
        if not job.running:
            self._leave(job)

    def _leave(self, job: Job) -> None:
        """A job has ended: if it still waited, no worker will see it."""
        if self._turns.discard(_owner(job.store), job):
            self._deregister(job)

    def _deregister(self, job: Job) -> None:
        with suppress(StoreError):
            job.deregister()

    def _learn(self, done: float, seconds: float) -> None:
        """How quick trainings are here; the last ones count most."""
        if done > 0 and seconds > 0.05:
            self._speed += (done / seconds - self._speed) / 4

    def _beat(self) -> None:
        while True:
            time.sleep(BEAT_SECONDS)
            for job in self._jobs:
                if job.running:
                    with suppress(StoreError):
                        job.heartbeat()

    def close(self) -> None:
        """Stop all trainings, note them as interrupted, and give them a moment to save.

        It returns within `CLOSING_SECONDS`, whatever the store and the trainings do.
        """
        last = time.monotonic() + CLOSING_SECONDS
        self._closing = True
        cut = [job for job in self._jobs if job.running and not job.stopped]
        for job in cut:
            job.interrupt()
        # The store may be locked: that must keep nobody waiting for longer.
        noting = threading.Thread(target=_note_interruptions, args=(cut,), daemon=True)
        noting.start()
        for job in self._jobs:
            job.wait(max(0.0, last - time.monotonic()))
        noting.join(max(0.0, last - time.monotonic()))

    def begin(
        self,
        experiments: Sequence[Experiment],
        store: RunStore,
        *,
        by_part: bool = False,
        sequel: Sequel | None = None,
        replacing: Job | None = None,
    ) -> Job:
        """Train experiments as soon as a worker is free; the job it replaces is stopped then.

        BudgetError, before any work, where that is more than one may have.
        """
        if self._closing:
            raise BudgetError("the app is being restarted. Try again in a minute")
        self._check(experiments, store, by_part=by_part)
        owner = _owner(store)
        with self._admission:
            self._check_queue(owner, replacing)
            seconds = self._budget.seconds
            job = Job(
                experiments, store, by_part=by_part, sequel=sequel, seconds=seconds,
                check=lambda more: self._check(more, store, by_part=True),
            )  # fmt: skip
            job.when_over(self._leave)
            self._wait_for_turn(owner, job)
            self._jobs = [*(each for each in self._jobs if each.running), job]
        if replacing is not None:
            replacing.stop()
        return job

    def _check_queue(self, owner: Hashable, replacing: Job | None) -> None:
        """BudgetError where too many trainings wait, of this owner or of all."""
        own = [each for each in self._turns.of(owner) if each is not replacing]
        leaving = len(self._turns.of(owner)) - len(own)
        if len(own) >= self._most_waiting_each:
            what = "1 of your trainings waits" if len(own) == 1 else f"{len(own):,} of yours wait"
            raise BudgetError(f"{what} for a worker already, and no more may. Stop one, or wait")
        if (waiting := len(self._turns) - leaving) >= self._most_waiting:
            what = "1 training waits" if waiting == 1 else f"{waiting:,} trainings wait"
            raise BudgetError(
                f"{what} for a worker already, and no more may. Try again in a minute"
            )

    def _check(self, experiments: Sequence[Experiment], store: RunStore, *, by_part: bool) -> None:
        """BudgetError where training these is more than one may have."""
        kept = store.usage() if self._budget.limits_keeping else Usage(runs=0, bytes=0)
        parts = _parts(experiments) if by_part else None
        self._budget.check_training(experiments, kept, parts=parts)

    def place(self, job: Job) -> tuple[int, float]:
        """How many have their turn before a waiting training, and in how many seconds it has."""
        before = self._turns.before(job)
        under_way = [each for each in self._jobs if each.running and not each.waiting]
        # Those between two of their parts are under way, and wait.
        ahead = {id(each): self._seconds_for(each) for each in (*before, *under_way)}
        return len(before), sum(ahead.values()) / self._count

    def expected(self, job: Job) -> float:
        """In how many seconds a training will have ended, about."""
        before = self.place(job)[1] if job.waiting else 0.0
        return before + self._seconds_for(job)

    def _seconds_for(self, job: Job) -> float:
        """What is still to be done, and no more than it may take."""
        return min(job.cost / self._speed, job.seconds_left)

    def unknown(self, noted: Iterable[str]) -> list[str]:
        """Those of the store's trainings that are not trained here."""
        here = {job.noted for job in self._jobs}
        return [each for each in noted if each not in here]

    def find(self, experiments: Sequence[Experiment], store: RunStore) -> Job | None:
        """A training of all these experiments for this store that is under way."""
        wanted = set(experiments)
        running = (each for each in self._jobs if each.running and not each.stopped)
        mine = (each for each in running if _owner(each.store) == _owner(store))
        return next((each for each in mine if wanted <= set(each.experiments)), None)


def _note_interruptions(some: Sequence[Job]) -> None:
    for job in some:
        with suppress(StoreError):
            job.note_interruption()


def one_thread_a_product() -> None:
    """Our matrices are small: a second thread for one product only waits for the first."""
    threadpool_limits(1, user_api="blas")


def _owner(store: RunStore) -> tuple[str, str]:
    return store.address, store.workspace


class Visitor:
    """One visit, which looks after one training, and after those that it continued beside."""

    def __init__(self) -> None:
        self.job: Job | None = None
        self._beside: list[Job] = []

    def take(self, job: Job | None) -> None:
        """Look after this training from now on."""
        if job is not None:
            job.join(self)
        self.job = job

    def take_beside(self, job: Job) -> None:
        """Look after this one too, and let the other go on."""
        job.join(self)
        self._beside.append(job)

    def gone(self) -> None:
        """The visit has ended: a reload comes back within the time that its trainings have."""
        for job in (self.job, *self._beside):
            if job is not None:
                job.leave(self, DESERTED_SECONDS)
