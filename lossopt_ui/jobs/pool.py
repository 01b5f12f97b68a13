"""The executor of this server, as its settings say."""

from collections.abc import Callable
from concurrent.futures import Executor
from functools import cache
from typing import TypeVar

from lossopt_ui import config
from lossopt_ui.config import budgets
from lossopt_ui.jobs import executors, render_gate

Result = TypeVar("Result")


def executor() -> Executor:
    """Where trainings and certificates are computed; started by the first call."""
    # A certificate takes seconds, and must not keep every training waiting.
    return _executor(config.settings().scheduler, max(2, budgets.workers()))


def result_of(task: Callable[[], Result], *, uploaded: bool) -> Result:
    """What a page's task returns, computed by a worker while other pages render.

    Workers cannot see `uploaded` data: a task that needs them is computed here.

    Raises:
        BrokenExecutor: The worker was killed, several times.
    """
    where = executors.AtOnce() if uploaded else executor()
    with render_gate.PAGES.outside():
        return where.submit(task).result()


def lost() -> bool:
    """Whether the cluster of the settings cannot be reached, so that this machine trains."""
    found = executor()
    return isinstance(found, executors.Cluster) and found.lost


@cache
def _executor(scheduler: str, count: int) -> Executor:
    return executors.new(scheduler, count)
