"""The few threads that train for all visitors, and the queue before them."""

import atexit
import math
import threading
import time
from collections.abc import Hashable, Iterable, Sequence
from contextlib import suppress

from lossopt_core import Experiment, RunStore, StoreError
from lossopt_core.store.quotas import Budget, BudgetError
from lossopt_core.store.unfinished import BEAT_SECONDS
from lossopt_core.store.usage import Usage
from lossopt_ui.jobs.fair_queue import Turns
from lossopt_ui.jobs.job import Job, parts_of
from lossopt_ui.jobs.sequel import Sequel

WORKERS = 2
SHARES = 20
"""An owner may have this part of the places in the queue: nobody closes it for everybody."""
CLOSING_SECONDS = 5.0
"""How long the program's end waits for trainings to save what is done."""
FIRST_SPEED = 5e8
"""Products a second that are expected before any was measured."""


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
        self._started = False

    def _start(self) -> None:
        """Start the threads, with the first training; once."""
        if self._started:
            return
        self._started = True
        # Daemons, unlike the threads of an executor, are not waited for before the program's
        # own end can stop them.
        for _ in range(self._count):
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
            self._start()
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
        self._budget.check_training(
            experiments, kept, parts=parts_of(experiments) if by_part else None
        )

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


def _owner(store: RunStore) -> tuple[str, str]:
    return store.address, store.workspace
