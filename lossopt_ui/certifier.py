"""Certificates in the background.

A certificate takes up to ten seconds.  One worker computes them, those asked for last first,
and keeps them in the store.  Knows nothing of Streamlit.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from lossopt_core import Experiment, RunStore, StoreError, certify, own_data
from lossopt_core.certificates import problem_id
from lossopt_core.losses import CERTIFIED_LOSSES

SECONDS = 10.0
"""Longest search for one optimum."""
FORGOTTEN_SECONDS = 5.0
"""A certificate that nobody has asked for meanwhile is not begun."""


@dataclass(frozen=True)
class Request:
    """A certificate that a page waits for; `asked` is a time of the worker's clock."""

    experiment: Experiment
    store: RunStore
    asked: float


class Certifier:
    """One worker for the certificates of all visitors."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._requests: dict[str, Request] = {}
        self._failed: set[str] = set()
        self._changed = threading.Condition()
        threading.Thread(target=self._work, name="certifying", daemon=True).start()

    def ask(self, experiment: Experiment, store: RunStore) -> bool:
        """Want this certificate; whether it will come.  To be repeated while one waits."""
        problem = problem_id(experiment)
        if experiment.loss not in CERTIFIED_LOSSES or problem in self._failed:
            return False
        with self._changed:
            self._requests[problem] = Request(experiment, store, self._clock())
            self._changed.notify()
        return True

    def _work(self) -> None:
        while True:
            problem, request = self._next()
            try:
                with own_data.using(own_data.Shelf(request.store)):
                    certificate = certify(request.experiment, time_budget=SECONDS)
                request.store.keep_certificate(request.experiment, certificate)
            except (StoreError, MemoryError, ValueError, ArithmeticError):
                self._failed.add(problem)
            with self._changed:
                self._requests.pop(problem, None)

    def _next(self) -> tuple[str, Request]:
        """Wait for a request that somebody still waits for; the newest first."""
        with self._changed:
            while True:
                forgotten = self._clock() - FORGOTTEN_SECONDS
                self._requests = {
                    problem: request
                    for problem, request in self._requests.items()
                    if request.asked > forgotten
                }
                if self._requests:
                    return max(self._requests.items(), key=lambda item: item[1].asked)
                self._changed.wait()
