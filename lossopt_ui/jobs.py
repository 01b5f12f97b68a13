"""Training in the background, so that the page stays alive and can stop it.

A job knows nothing of Streamlit.  It trains in one of a few worker threads, saves what came
of it to the store, and can be asked at any time how far it is.
"""

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for

import pandas as pd

from lossopt_core import Experiment, Progress, RunStore, train

WORKERS = 2


class Job:
    """The training of some experiments, begun as soon as a worker is free."""

    def __init__(
        self, experiments: Sequence[Experiment], store: RunStore, workers: ThreadPoolExecutor
    ) -> None:
        self.experiments = tuple(experiments)
        self._store = store
        self._stop = threading.Event()
        self._progress: Progress | None = None
        self._future: Future[None] = workers.submit(self._work)

    def _work(self) -> None:
        if self._stop.is_set():
            return
        self._store.save(train(self.experiments, self._report, self._stop.is_set))

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
        return self._progress.share if self._progress else 0.0

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


def workers() -> ThreadPoolExecutor:
    """A pool for jobs: few threads, since more would only share the same processors."""
    return ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="training")
