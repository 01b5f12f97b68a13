"""What is done beside the visitors' pages as long as the server runs."""

import asyncio
import gc
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from lossopt_core import Experiment, StoreError, load_data, reference
from lossopt_core.workspaces import Workspaces
from lossopt_ui import hosting, jobs, memory, visits

COLLECT_SECONDS = 15.0
"""Between two collections of garbage.

Streamlit would collect it after every run of the script, which takes longer than the run: this is
switched off in `.streamlit/config.toml`.
"""
REMOVE_SECONDS = 3600.0
READY_SECONDS = 5.0
"""How long the server waits for the reference runs: the store may be out of reach."""


@asynccontextmanager
async def lifespan(_server: object) -> AsyncIterator[None]:
    """Begin with the server, which is ready when the first visitor will find the reference runs.

    The work ends with the program.
    """
    memory.keep_few_pools()
    looked = threading.Event()
    threading.Thread(target=_work, args=(looked,), name="upkeep", daemon=True).start()
    await asyncio.to_thread(looked.wait, READY_SECONDS)
    yield


def _work(looked: threading.Event) -> None:
    jobs.one_thread_a_product()
    made = reference_runs_made(hosting.store_address())
    looked.set()
    _warm_up()
    removed = -REMOVE_SECONDS
    while True:
        made = made or reference_runs_made(hosting.store_address())
        if hosting.hosted() and time.monotonic() > removed + REMOVE_SECONDS:
            removed = time.monotonic()
            with suppress(StoreError):
                end_workspaces(hosting.store_address())
        gc.collect()
        memory.give_back()
        time.sleep(COLLECT_SECONDS)


def _warm_up() -> None:
    """Import what the first visitor will need, and let no collection look at it ever again."""
    from lossopt_ui import navigation  # noqa: F401

    load_data(Experiment())
    gc.collect()
    gc.freeze()


def reference_runs_made(address: str | None) -> bool:
    """Make the reference runs that are missing; False where the store cannot be used now."""
    try:
        reference.keep(address)
    except StoreError:
        return False
    return True


def end_workspaces(address: str | None) -> list[str]:
    """Remove the workspaces of visitors who have not come back in time."""
    return Workspaces(address).remove_unused(visits.VISIT, timedelta(days=hosting.KEPT_DAYS))
