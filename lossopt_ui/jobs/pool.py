"""The executor of this server, as its settings say."""

from concurrent.futures import Executor
from functools import cache

from lossopt_ui import config
from lossopt_ui.config import budgets
from lossopt_ui.jobs import executors


def executor() -> Executor:
    """Where trainings and certificates are computed; started by the first call."""
    # A certificate takes seconds, and must not keep every training waiting.
    return _executor(config.settings().scheduler, max(2, budgets.workers()))


def lost() -> bool:
    """Whether the cluster of the settings cannot be reached, so that this machine trains."""
    found = executor()
    return isinstance(found, executors.Cluster) and found.lost


@cache
def _executor(scheduler: str, count: int) -> Executor:
    return executors.new(scheduler, count)
