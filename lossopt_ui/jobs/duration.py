"""How long a training will take on this server."""

import os
from collections.abc import Sequence

from lossopt_core import Experiment
from lossopt_core.training import time_estimate
from lossopt_ui import config
from lossopt_ui.config import budgets
from lossopt_ui.jobs.job import parts_of


def expected_seconds(experiments: Sequence[Experiment]) -> float:
    """Expected seconds with the workers that one visitor may use, if nobody else needs them."""
    parts = len(parts_of(experiments, budgets.workers()))
    return time_estimate.expected_seconds(experiments) / max(1, min(parts, _side_by_side()))


def _side_by_side() -> float:
    """How many parts of one visitor's training are trained at the same time."""
    workers, scheduler = min(budgets.workers(), budgets.workers_each()), config.settings().scheduler
    if scheduler == "thread":
        return 1
    return min(workers, os.cpu_count() or 1) if scheduler == "processes" else workers
