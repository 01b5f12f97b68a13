"""Background maintenance while the server runs."""

import asyncio
import gc
import math
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from threadpoolctl import threadpool_limits

from lossopt_core import Experiment, StoreError, load_data
from lossopt_core.experiment import caches
from lossopt_core.store import reference
from lossopt_core.store.unfinished import CHECK_SECONDS, Watch
from lossopt_core.store.uptime import COUNT_SECONDS, Uptime
from lossopt_core.store.workspaces import Workspaces
from lossopt_ui.app import descriptors
from lossopt_ui.app.shutdown import Shutdown
from lossopt_ui.config import mode
from lossopt_ui.identity import visitor
from lossopt_ui.jobs import memory, pool
from lossopt_ui.jobs.defaults import defaults

COLLECT_SECONDS = 15.0
"""Seconds between two garbage collections.

Streamlit would collect after every script run, which takes longer than the run itself; that is
switched off in `.streamlit/config.toml`.
"""
REMOVE_SECONDS = 3600.0
"""Seconds between two searches for unused workspaces."""
READY_SECONDS = 5.0
"""How long the server waits for the reference runs; the store may be unreachable."""


@asynccontextmanager
async def lifespan(_server: object) -> AsyncIterator[None]:
    """Start the background work; the server is ready once the reference runs exist.

    The work ends with the process, after trainings have been saved.
    """
    memory.limit_arenas()
    _use_one_blas_thread()
    descriptors.prepare()
    pool.executor()
    ending = Shutdown(_close)
    ending.listen()
    looked = threading.Event()
    threading.Thread(target=_watch_trainings, name="watch", daemon=True).start()
    threading.Thread(target=_work, args=(looked,), name="upkeep", daemon=True).start()
    await asyncio.to_thread(looked.wait, READY_SECONDS)
    yield
    await asyncio.to_thread(ending.finish)
    ending.stop_listening()


def _work(looked: threading.Event) -> None:
    address = mode.store_address()
    made = reference_runs_made(address)
    defaults().begin()
    looked.set()
    _warm_up()
    running, removal = Uptime(address), Every(REMOVE_SECONDS)
    counting = Every(COUNT_SECONDS)
    while True:
        made = made or reference_runs_made(address)
        with suppress(StoreError):
            if counting.due():
                running.count()
            if mode.hosted() and removal.due():
                end_workspaces(address)
        caches.drop_idle()
        gc.collect()
        memory.release_free_memory()
        time.sleep(COLLECT_SECONDS)


class Every:
    """A timer that is due immediately, and then again after a number of seconds."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._last = -math.inf

    def due(self) -> bool:
        """Whether it is due now; if so, the timer restarts."""
        now = self._clock()
        if now < self._last + self._seconds:
            return False
        self._last = now
        return True


def _close() -> None:
    """Save trainings in progress."""
    from lossopt_ui.jobs import watching

    watching.close()


def _watch_trainings() -> None:
    """Find trainings of killed processes."""
    watch = Watch(mode.store_address())
    while True:
        with suppress(StoreError):
            watch.check()
        time.sleep(CHECK_SECONDS)


def _warm_up() -> None:
    """Import what the first visitor needs, and exempt it from garbage collection."""
    from lossopt_ui.app import navigation  # noqa: F401

    load_data(Experiment())
    _use_one_blas_thread()  # of scikit-learn, too
    gc.collect()
    gc.freeze()


def _use_one_blas_thread() -> None:
    """Libraries that are loaded later are not affected."""
    # For matrices as small as ours a second thread only waits for the first.
    threadpool_limits(1, user_api="blas")


def reference_runs_made(address: str | None) -> bool:
    """Create missing reference runs; False if the store cannot be used now."""
    try:
        reference.train_missing(address)
    except StoreError:
        return False
    return True


def end_workspaces(address: str | None) -> list[str]:
    """Delete the workspaces of visitors who have not come back in time; return their names."""
    return Workspaces(address).remove_unused(visitor.VISIT, timedelta(days=mode.KEPT_DAYS))
