"""How trainings and pages share one interpreter: pages come first, though not always."""

import sys
import time

from threadpoolctl import threadpool_limits

from lossopt_ui.jobs.render_gate import PAGES

TURN_SECONDS = 0.0005
"""How long a page may be drawn before a training may go on.

A training's steps are short, and after each the interpreter may be busy with somebody's page:
with Python's own 5 ms a training takes five times as long while it is watched.
"""
ASIDE_SECONDS, WORK_SECONDS = 0.08, 0.04
"""How long a training waits for a page that is being drawn, and goes on before it waits again.

It must not wait five times as long: trainings would take long, more visitors would look at how
far theirs are, and to draw that would leave still less time for trainings.
"""


def tune_process() -> None:
    """Set this process up for trainings beside pages; for the start of the server.

    Our matrices are small: a second thread for one product only waits for the first.  Libraries
    that are loaded later are not reached.
    """
    sys.setswitchinterval(TURN_SECONDS)
    threadpool_limits(1, user_api="blas")


class PagePriority:
    """What a training does at every update, so that it keeps nobody's page waiting."""

    def __init__(self) -> None:
        self._goes_on_until = time.monotonic()

    def wait_for_pages(self) -> None:
        """Wait while pages are drawn, though not again right after it has waited."""
        if time.monotonic() > self._goes_on_until:
            PAGES.wait_until_empty(ASIDE_SECONDS)
            self._goes_on_until = time.monotonic() + WORK_SECONDS
