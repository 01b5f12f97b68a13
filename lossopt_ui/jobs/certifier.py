"""Background computation of certificates.

A certificate takes up to ten seconds. One worker computes them, the latest request first, and
saves them in the store. Transient failures are retried with exponential backoff; other failures
only on request. Independent of Streamlit.
"""

import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor
from dataclasses import dataclass
from functools import partial

from lossopt_core import (
    Certificate,
    Experiment,
    RunStore,
    StoreError,
    uploads,
)
from lossopt_core.certify.certificates import certify, certify_problem, problem_id
from lossopt_core.certify.duality import Problem
from lossopt_core.data.datasets import DATASETS, MissingDataError, Owner
from lossopt_core.experiment.caches import Cache
from lossopt_core.experiment.loading import check_present
from lossopt_core.fields import brief
from lossopt_core.objective.certifiable import why_not_certified
from lossopt_ui.jobs.executors import AtOnce

TARGET_GAP = 1e-6
SECONDS = 10.0
"""Time limit of the search for one optimum."""
FORGOTTEN_SECONDS = 5.0
"""A request that is not repeated within this time is dropped."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0
"""Seconds before the first retry, doubled for each further one, and their maximum."""
MAX_TRIES = 8
"""With the pauses between them, a bit more than a minute."""
MAX_FAILURES = 1_000
TRANSIENT = (StoreError, MemoryError, OSError, BrokenExecutor)
"""Errors that may be gone at the next try: a locked store, too little memory, a killed worker,
a timeout (an OSError)."""

Key = tuple[Owner | None, str]
Solve = Callable[[Experiment], Certificate]


@dataclass(frozen=True)
class Request:
    """A certificate that a page waits for; `asked` is a time on the worker's clock."""

    experiment: Experiment
    store: RunStore
    asked: float


@dataclass(frozen=True)
class Failure:
    """A failed computation.

    reason   what went wrong, as a clause for messages
    tries    number of failed tries
    due      time of the next try on the worker's clock; infinite if only a user can retry
    """

    reason: str
    tries: int
    due: float

    @property
    def final(self) -> bool:
        """Whether it is not retried automatically."""
        return math.isinf(self.due)


def within_seconds(experiment: Experiment, executor: Executor | None = None) -> Certificate:
    """The best certificate found within `SECONDS`, by an executor.

    Other processes load data that are built in, but cannot see what was uploaded.
    """
    search: Callable[..., Certificate] = partial(certify, experiment)
    if DATASETS[experiment.dataset].uploaded:
        search = partial(certify_problem, Problem.of(experiment))
    begun = (executor or AtOnce()).submit(search, target_gap=TARGET_GAP, time_budget=SECONDS)
    return begun.result()


class Certifier:
    """One worker thread for the certificates of all visitors; it ends when there is nothing to do.

    Requests and failures on uploaded data are kept per workspace.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        solve: Solve = within_seconds,
        first_pause: float = FIRST_PAUSE,
    ) -> None:
        self._clock = clock
        self._solve = solve
        self._first_pause = first_pause
        self._requests: dict[Key, Request] = {}
        self._failures: Cache[Failure] = Cache(MAX_FAILURES)
        self._changed = threading.Condition()
        self._worker: threading.Thread | None = None

    def ask(self, experiment: Experiment, store: RunStore) -> bool:
        """Request a certificate; returns whether it will come. Repeat while waiting for it."""
        why_not = why_not_certified(experiment.loss, experiment.regularizer)
        if why_not or not _present(experiment, store):
            return False
        key = _key(experiment, store)
        failure = self._failures.find(key)
        if failure is not None and failure.final:
            return False
        with self._changed:
            self._requests[key] = Request(experiment, store, self._clock())
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="certifying", daemon=True)
                self._worker.start()
            self._changed.notify()
        return True

    def failure(self, experiment: Experiment, store: RunStore) -> Failure | None:
        """The last failure, if any."""
        return self._failures.find(_key(experiment, store))

    def retry(self, experiment: Experiment, store: RunStore) -> None:
        """Forget the failure, so that the next request tries again."""
        self._failures.drop(_key(experiment, store))

    def wait(self, seconds: float) -> bool:
        """Wait until there is nothing to do, at most this long; returns whether that is so."""
        with self._changed:
            return self._changed.wait_for(lambda: self._worker is None, seconds)

    def _work(self) -> None:
        try:
            while (found := self._next()) is not None:
                key, request = found
                try:
                    self._certify(key, request)
                finally:
                    self._drop(key, request)
        finally:  # whatever ended the thread, the next request starts another
            with self._changed:
                if self._worker is threading.current_thread():
                    self._worker = None
                    self._changed.notify_all()

    def _drop(self, key: Key, request: Request) -> None:
        """Remove a processed request; a newer one for the same key stays if it can succeed."""
        failure = self._failures.find(key)
        hopeless = failure is not None and failure.final
        with self._changed:
            if hopeless or self._requests.get(key) is request:
                self._requests.pop(key, None)

    def _certify(self, key: Key, request: Request) -> None:
        try:
            if request.store.certificate(request.experiment) is not None:
                self._failures.drop(key)
                return  # requested just before it was saved
            with uploads.using(uploads.UploadStore(request.store)):
                certificate = self._solve(request.experiment)
            request.store.save_certificate(request.experiment, certificate)
        except MissingDataError:  # the data were deleted meanwhile
            self._failures.drop(key)
        except Exception as error:
            self._note(key, error)
        else:
            self._failures.drop(key)

    def _note(self, key: Key, error: Exception) -> None:
        before = self._failures.find(key)
        tries = 1 if before is None else before.tries + 1
        again = isinstance(error, TRANSIENT) and tries < MAX_TRIES
        pause = min(self._first_pause * 2 ** (tries - 1), LONGEST_PAUSE) if again else math.inf
        failure = Failure(_reason(error), tries, self._clock() + pause)
        self._failures.put(key, failure, owner=key[0])

    def _next(self) -> tuple[Key, Request] | None:
        """Wait for the newest request that is due; None if there are no requests."""
        with self._changed:
            while True:
                now = self._clock()
                self._requests = {
                    key: request
                    for key, request in self._requests.items()
                    if request.asked > now - FORGOTTEN_SECONDS
                }
                if not self._requests:
                    self._worker = None
                    self._changed.notify_all()
                    return None
                due = {key: self._due(key) for key in self._requests}
                ready = [key for key in due if due[key] <= now]
                if ready:
                    newest = max(ready, key=lambda key: self._requests[key].asked)
                    return newest, self._requests[newest]
                self._changed.wait(min(FORGOTTEN_SECONDS, *(each - now for each in due.values())))

    def _due(self, key: Key) -> float:
        failure = self._failures.find(key)
        return -math.inf if failure is None else failure.due


def _present(experiment: Experiment, store: RunStore) -> bool:
    with uploads.using(uploads.UploadStore(store)):
        try:
            check_present(experiment)
        except MissingDataError:
            return False
    return True


def _key(experiment: Experiment, store: RunStore) -> Key:
    private = DATASETS[experiment.dataset].uploaded
    owner = Owner(store.address, store.workspace) if private else None
    return owner, problem_id(experiment)


def _reason(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "there was not enough memory"
    if isinstance(error, BrokenExecutor):
        return "the process that computed it was killed"
    if isinstance(error, StoreError):
        return str(error)
    said = str(error).partition("\n")[0].rstrip(".")
    return f"{type(error).__name__}: {brief(said)}" if said else type(error).__name__
