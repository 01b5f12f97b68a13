"""The worker threads that train for all visitors, and their queue."""

import atexit
import math
import threading
import time
from collections.abc import Hashable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import suppress

from lossopt_core import Experiment, Run, RunStore, StoreError
from lossopt_core.store.quotas import Budget, BudgetError
from lossopt_core.store.unfinished import BEAT_SECONDS
from lossopt_core.store.usage import Usage
from lossopt_ui.jobs.executors import AtOnce
from lossopt_ui.jobs.fair_queue import FairQueue
from lossopt_ui.jobs.job import Job, parts_of
from lossopt_ui.jobs.plan import Plan
from lossopt_ui.jobs.sequel import Sequel

WORKERS = 2
SHARES = 20
"""An owner may take 1 / SHARES of the queue, so that nobody can fill it alone."""
CLOSING_SECONDS = 5.0
"""How long the shutdown waits for trainings to save their results."""
FIRST_SPEED = 5e8
"""Multiplications per second assumed before any measurement."""


class Workers:
    """The trainings of all visitors: few at a time, because more would compete for the CPUs.

    budget         limits of a training
    executor       where trainings run; by default at once, in the threads of this process
    at_once        most trainings of one owner at the same time
    most_waiting   most trainings waiting for a worker; one owner may have a share of them
    """

    def __init__(
        self,
        budget: Budget | None = None,
        *,
        executor: Executor | None = None,
        count: int = WORKERS,
        at_once: float = math.inf,
        most_waiting: float = math.inf,
    ) -> None:
        self._budget = budget or Budget()
        self._executor = executor or AtOnce()
        self._count = count
        self._at_once = at_once
        self._most_waiting = most_waiting
        self._jobs: list[Job] = []
        self._most_waiting_each = max(1.0, most_waiting / SHARES)
        self._admission = threading.Lock()
        self._turns: FairQueue[Job] = FairQueue(at_once, urgent=lambda job: job.urgent)
        self._speed = FIRST_SPEED
        self._closing = False
        self._started = False

    def _start(self) -> None:
        """Start the threads, with the first training; once."""
        if self._started:
            return
        self._started = True
        # Daemon threads, because the interpreter would wait for the threads of an executor before
        # our exit handler could stop them.
        for _ in range(self._count):
            threading.Thread(target=self._work, name="training", daemon=True).start()
        threading.Thread(target=self._beat, name="signs of life", daemon=True).start()
        atexit.register(self.close)

    def _work(self) -> None:
        while True:
            owner, job = self._turns.take()
            before, begun = job.cost, time.monotonic()
            job.width = self._width(job)
            if job.take_turn():
                self._wait_for_turn(owner, job)
            else:
                self._deregister(job)
            self._turns.done(owner)
            self._learn(before - job.cost, time.monotonic() - begun)

    def _width(self, job: Job) -> int:
        """How many parts of a training may run at once: the workers that nobody else needs."""
        others = sum(each.running and each is not job for each in self._jobs)
        return max(1, int(min(self._count - others, self._at_once)))

    def _wait_for_turn(self, owner: Hashable, job: Job) -> None:
        """Queue a job for a worker; it leaves the queue as soon as it is stopped."""
        self._turns.add(owner, job)
        if job.stopped:  # meanwhile
            job.stop()
        if not job.running:
            self._leave(job)

    def _leave(self, job: Job) -> None:
        """Remove an ended job from the queue; if it was waiting, no worker will see it."""
        if self._turns.discard(_owner(job.store), job):
            self._deregister(job)

    def _deregister(self, job: Job) -> None:
        with suppress(StoreError):
            job.deregister()

    def _learn(self, done: float, seconds: float) -> None:
        """Update the moving average of the training speed."""
        if done > 0 and seconds > 0.05:
            self._speed += (done / seconds - self._speed) / 2

    def _beat(self) -> None:
        while True:
            time.sleep(BEAT_SECONDS)
            for job in self._jobs:
                if job.running:
                    with suppress(StoreError):
                        job.heartbeat()

    def close(self) -> None:
        """Stop all trainings, register them as interrupted, and give them time to save.

        Returns within `CLOSING_SECONDS`, whatever the store and the trainings do.
        """
        last = time.monotonic() + CLOSING_SECONDS
        self._closing = True
        cut = [job for job in self._jobs if job.running and not job.stopped]
        for job in cut:
            job.interrupt()
        # In a thread, because the store may be locked and must not delay the shutdown.
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
        plan: Plan | None = None,
        replacing: Job | None = None,
        starts: Mapping[Experiment, Run] | None = None,
    ) -> Job:
        """Queue experiments or a plan for training, and stop the job that this one replaces.

        Experiments with a run in `starts` are continued from its weights.

        BudgetError, before any work, if it would exceed the budget.
        """
        if self._closing:
            raise BudgetError("the app is restarting. Try again in a minute")
        expected = experiments if plan is None else (*plan.tuning, *plan.likely)
        self._check(expected, store, by_part=by_part or plan is not None)
        owner = _owner(store)
        with self._admission:
            self._check_queue(owner, replacing)
            self._start()
            seconds = self._budget.seconds
            job = Job(
                experiments, store, by_part=by_part, sequel=sequel, plan=plan, seconds=seconds,
                executor=self._executor, workers=self._count, starts=starts,
                check=lambda more: self._check(more, store, by_part=True),
            )  # fmt: skip
            job.when_over(self._leave)
            self._wait_for_turn(owner, job)
            self._jobs = [*(each for each in self._jobs if each.running), job]
        if replacing is not None:
            replacing.give_way()
        return job

    def _check_queue(self, owner: Hashable, replacing: Job | None) -> None:
        """BudgetError if too many trainings are waiting, of this owner or in total."""
        own = [each for each in self._turns.of(owner) if each is not replacing]
        leaving = len(self._turns.of(owner)) - len(own)
        if len(own) >= self._most_waiting_each:
            what = "1 of your trainings is" if len(own) == 1 else f"{len(own):,} of yours are"
            raise BudgetError(f"{what} already waiting for a worker, the maximum. Stop one or wait")
        if (waiting := len(self._turns) - leaving) >= self._most_waiting:
            what = "1 training is" if waiting == 1 else f"{waiting:,} trainings are"
            raise BudgetError(
                f"{what} already waiting for a worker, the maximum. Try again in a minute"
            )

    def _check(self, experiments: Sequence[Experiment], store: RunStore, *, by_part: bool) -> None:
        """BudgetError if training these would exceed the budget."""
        kept = store.usage() if self._budget.limits_storage else Usage(runs=0, bytes=0)
        self._budget.check_training(
            experiments, kept, parts=parts_of(experiments) if by_part else None
        )

    def place(self, job: Job) -> tuple[int, float]:
        """Number of turns before a waiting training's, and the expected seconds until then."""
        before = self._turns.before(job)
        under_way = [
            each for each in self._jobs if each.running and not (each.waiting or each.stopped)
        ]
        # A job between two parts is both under way and waiting: count it once.
        ahead = {id(each): self._seconds_for(each) for each in (*before, *under_way)}
        return len(before), sum(ahead.values()) / self._count

    def expected(self, job: Job) -> float:
        """Expected seconds until a training ends."""
        before = self.place(job)[1] if job.waiting else 0.0
        return before + self._seconds_for(job)

    def _seconds_for(self, job: Job) -> float:
        """Expected remaining seconds, capped by the time limit."""
        return min(job.cost / self._speed, job.seconds_left)

    def unknown(self, noted: Iterable[str]) -> list[str]:
        """The trainings registered in the store that do not run in this process."""
        here = {job.noted for job in self._jobs}
        return [each for each in noted if each not in here]

    def find(self, experiments: Sequence[Experiment], store: RunStore) -> Job | None:
        """A training in progress that includes all these experiments, for this store."""
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
