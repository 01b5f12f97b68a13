"""Sharing of one interpreter between trainings and pages: pages have priority, within limits."""

import sys
import time

from threadpoolctl import threadpool_limits

from lossopt_ui.jobs.render_gate import PAGES

TURN_SECONDS = 0.0005
"""Interpreter switch interval: how long a page may run before a training gets the interpreter.

Updates are short, and after each one the interpreter may switch to a page. With Python's default
of 5 ms a training takes five times as long while somebody watches it.
"""
ASIDE_SECONDS, WORK_SECONDS = 0.08, 0.04
"""How long a training waits for pages being drawn, and how long it runs before it waits again.

Waiting much longer would be self-defeating: trainings would take longer, more visitors would
watch their progress, and drawing it would leave even less time for training.
"""


def tune_process() -> None:
    """Configure this process for trainings next to pages; called at the start of the server.

    BLAS gets one thread: for our small matrices a second one only adds overhead. Libraries that
    are loaded later are not affected.
    """
    sys.setswitchinterval(TURN_SECONDS)
    threadpool_limits(1, user_api="blas")


class PagePriority:
    """Called at every update of a training, to give way to pages being drawn."""

    def __init__(self) -> None:
        self._goes_on_until = time.monotonic()

    def wait_for_pages(self) -> None:
        """Wait while pages are drawn, but not again right after a wait."""
        if time.monotonic() > self._goes_on_until:
            PAGES.wait_until_empty(ASIDE_SECONDS)
            self._goes_on_until = time.monotonic() + WORK_SECONDS
