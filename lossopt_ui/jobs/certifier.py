"""Certificates in the background.

A certificate takes up to ten seconds.  One worker computes them, those asked for last first,
and keeps them in the store.  What fails for a passing reason is tried again, after longer and
longer pauses; for any other reason, when somebody asks to.  Knows nothing of Streamlit.
"""

import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass

from lossopt_core import (
    Certificate,
    Experiment,
    RunStore,
    StoreError,
    certify,
    uploads,
)
from lossopt_core.certify.certificates import problem_id
from lossopt_core.data.datasets import DATASETS, MissingDataError, Owner
from lossopt_core.experiment.caches import Cache
from lossopt_core.experiment.loading import check_present
from lossopt_core.fields import brief
from lossopt_core.objective.certifiable import why_not_certified

SECONDS = 10.0
"""Longest search for one optimum."""
FORGOTTEN_SECONDS = 5.0
"""A certificate that nobody has asked for meanwhile is not begun."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0
"""Seconds before a second try; each further pause is twice as long."""
MOST_TRIES = 8
"""With the pauses between them a bit more than a minute."""
MOST_FAILURES = 1_000
PASSING = (StoreError, MemoryError, OSError, BrokenExecutor)
"""Faults that may be gone at the next try: a locked store, too little memory, a killed worker,
a timeout (an OSError)."""

Key = tuple[Owner | None, str]
Solve = Callable[[Experiment], Certificate]


@dataclass(frozen=True)
class Request:
    """A certificate that a page waits for; `asked` is a time of the worker's clock."""

    experiment: Experiment
    store: RunStore
    asked: float


@dataclass(frozen=True)
class Failure:
    """What went wrong, as a part of a sentence, how often, and when the next try is due.

    `due` is a time of the worker's clock, infinite where only a person can ask for another try.
    """

    reason: str
    tries: int
    due: float

    @property
    def final(self) -> bool:
        """Whether it is not tried again by itself."""
        return math.isinf(self.due)


def within_seconds(experiment: Experiment) -> Certificate:
    """The certificate as good as it gets in `SECONDS`."""
    return certify(experiment, time_budget=SECONDS)


class Certifier:
    """One worker for the certificates of all visitors; it lives while there is something to do.

    What concerns uploaded data, failures too, concerns the workspace that has them.
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
        self._failures: Cache[Failure] = Cache(MOST_FAILURES)
        self._changed = threading.Condition()
        self._worker: threading.Thread | None = None

    def ask(self, experiment: Experiment, store: RunStore) -> bool:
        """Want this certificate; whether it will come.  To be repeated while one waits."""
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
        """What went wrong at the last try, if it did."""
        return self._failures.find(_key(experiment, store))

    def retry(self, experiment: Experiment, store: RunStore) -> None:
        """Forget that it failed: whoever asks next has it tried again."""
        self._failures.drop(_key(experiment, store))

    def wait(self, seconds: float) -> bool:
        """Wait until nothing is left to do, or for so long; whether nothing is."""
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
        finally:  # whatever ended it: the next who asks begins another
            with self._changed:
                if self._worker is threading.current_thread():
                    self._worker = None
                    self._changed.notify_all()

    def _drop(self, key: Key, request: Request) -> None:
        """A request was worked on; one that came meanwhile stays, if it can still be met."""
        failure = self._failures.find(key)
        hopeless = failure is not None and failure.final
        with self._changed:
            if hopeless or self._requests.get(key) is request:
                self._requests.pop(key, None)

    def _certify(self, key: Key, request: Request) -> None:
        try:
            if request.store.certificate(request.experiment) is not None:
                self._failures.drop(key)
                return  # asked for just before it came
            with uploads.using(uploads.Shelf(request.store)):
                certificate = self._solve(request.experiment)
            request.store.keep_certificate(request.experiment, certificate)
        except MissingDataError:  # deleted meanwhile; nobody is promised anything any more
            self._failures.drop(key)
        except Exception as error:
            self._note(key, error)
        else:
            self._failures.drop(key)

    def _note(self, key: Key, error: Exception) -> None:
        before = self._failures.find(key)
        tries = 1 if before is None else before.tries + 1
        again = isinstance(error, PASSING) and tries < MOST_TRIES
        pause = min(self._first_pause * 2 ** (tries - 1), LONGEST_PAUSE) if again else math.inf
        failure = Failure(_reason(error), tries, self._clock() + pause)
        self._failures.put(key, failure, owner=key[0])

    def _next(self) -> tuple[Key, Request] | None:
        """Wait for a request whose time has come; the newest first.  None: nobody waits."""
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
    with uploads.using(uploads.Shelf(store)):
        try:
            check_present(experiment)
        except MissingDataError:
            return False
    return True


def _key(experiment: Experiment, store: RunStore) -> Key:
    private = DATASETS[experiment.dataset].brought
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
