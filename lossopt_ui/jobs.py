"""Training in the background, so that the page stays alive and can stop it.

A job knows nothing of Streamlit.  It trains in one of a few worker threads, saves what came
of it to the store, and can be asked at any time how far it is.
"""

import atexit
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from dataclasses import dataclass
from queue import SimpleQueue

import pandas as pd
from threadpoolctl import threadpool_limits

from lossopt_core import Experiment, Progress, RunStore, train
from lossopt_core.training import cohorts

WORKERS = 2
TURN_SECONDS = 0.0005
"""How long a page may be drawn before a training may go on.

A training's steps are short, and after each the interpreter may be busy with somebody's page:
with Python's own 5 ms a training takes five times as long while it is watched.
"""
PART = 64
"""Runs that are trained and saved together, where a training saves by part."""
CLOSING_SECONDS = 2.0
DESERTED_SECONDS = 20.0
"""How long a training goes on without a visitor."""


@dataclass(frozen=True)
class Sequel:
    """What is trained after a job's own experiments, and depends on what came of them.

    updates       how many it will have, about
    experiments   asked for once the others have been saved
    """

    updates: int
    experiments: Callable[[], Sequence[Experiment]]


class Job:
    """The training of some experiments, begun as soon as a worker is free.

    It ends early when somebody stops it, when no visitor has been left for a while, or when
    the program ends; what is done is saved then.  A long one saves `by_part`: each cohort as
    soon as it is trained, and none that was not begun.  A sequel follows unless it was stopped.
    """

    def __init__(
        self,
        experiments: Sequence[Experiment],
        store: RunStore,
        *,
        by_part: bool = False,
        sequel: Sequel | None = None,
    ) -> None:
        self.experiments = tuple(experiments)
        self._parts = _parts(experiments) if by_part else [list(experiments)]
        self._sequel = sequel
        self._total = sum(each.updates for each in self.experiments)
        self._total += sequel.updates if sequel else 0
        self._done = 0
        self._store = store
        self._stop = threading.Event()
        self._progress: Progress | None = None
        self._visitors: set[int] = set()
        self._visitors_lock = threading.Lock()
        self._future: Future[None] = Future()

    def run(self) -> None:
        """Train and save; called once, by a worker."""
        if not self._future.set_running_or_notify_cancel():
            return
        try:
            self._train(self._parts)
            if self._sequel is not None and not self.stopped:
                more = self._store.missing(self._sequel.experiments())
                self.experiments += tuple(more)
                self._total = self._done + sum(each.updates for each in more)
                self._train(_parts(more))
        except BaseException as error:
            self._future.set_exception(error)
        else:
            self._future.set_result(None)

    def _train(self, parts: Sequence[Sequence[Experiment]]) -> None:
        for part in parts:
            self._store.save(train(part, self._report, self._stop.is_set))
            self._progress = None
            self._done += sum(each.updates for each in part)
            if self.stopped:
                break

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
        """Whether somebody asked it to stop."""
        return self._stop.is_set()

    @property
    def error(self) -> BaseException | None:
        """What went wrong, once it has ended."""
        return None if self.running or self._future.cancelled() else self._future.exception()

    @property
    def share(self) -> float:
        """How much is done, between 0 and 1."""
        progress = self._progress
        return (self._done + (progress.done if progress else 0)) / self._total

    def histories(self) -> dict[Experiment, pd.DataFrame]:
        """Curves so far of what is being trained now."""
        return self._progress.histories() if self._progress else {}

    def stop(self) -> None:
        """Ask it to end at the next update; what is done is kept."""
        self._stop.set()
        self._future.cancel()

    def wait(self, seconds: float) -> bool:
        """Give it some time; return whether it has ended."""
        return bool(wait_for([self._future], timeout=seconds).done)


def _parts(experiments: Sequence[Experiment]) -> list[list[Experiment]]:
    """Cohorts, wide ones in pieces."""
    return [
        members[first : first + PART]
        for members in cohorts(experiments)
        for first in range(0, len(members), PART)
    ]


class Workers:
    """The trainings of all visitors: few at a time, since more would share the processors."""

    def __init__(self) -> None:
        self._jobs: list[Job] = []
        self._queue: SimpleQueue[Job] = SimpleQueue()
        sys.setswitchinterval(TURN_SECONDS)
        # Our matrices are small: a second thread for one product only waits for the first.
        threadpool_limits(1, user_api="blas")
        # Daemons, unlike the threads of an executor, are not waited for before the program's
        # own end can stop them.
        for _ in range(WORKERS):
            threading.Thread(target=self._work, name="training", daemon=True).start()
        atexit.register(self.close)

    def _work(self) -> None:
        while True:
            self._queue.get().run()

    def close(self) -> None:
        """Stop all trainings, and give them a moment to save what is done."""
        for job in self._jobs:
            job.stop()
        for job in self._jobs:
            job.wait(CLOSING_SECONDS)

    def begin(
        self,
        experiments: Sequence[Experiment],
        store: RunStore,
        *,
        by_part: bool = False,
        sequel: Sequel | None = None,
    ) -> Job:
        """Train experiments as soon as a worker is free."""
        job = Job(experiments, store, by_part=by_part, sequel=sequel)
        self._queue.put(job)
        self._jobs = [*(each for each in self._jobs if each.running), job]
        return job

    def find(self, experiments: Sequence[Experiment]) -> Job | None:
        """A training of all these experiments that is under way, whoever began it."""
        wanted = set(experiments)
        running = (each for each in self._jobs if each.running and not each.stopped)
        return next((each for each in running if wanted <= set(each.experiments)), None)


class Visitor:
    """One visit, which looks after at most one training."""

    def __init__(self) -> None:
        self.job: Job | None = None

    def take(self, job: Job | None) -> None:
        """Look after this training from now on."""
        if job is not None:
            job.join(self)
        self.job = job

    def gone(self) -> None:
        """The visit has ended: a reload comes back within the time that its training has."""
        if self.job is not None:
            self.job.leave(self, DESERTED_SECONDS)
