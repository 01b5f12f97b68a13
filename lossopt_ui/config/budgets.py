"""What one visitor may have of the machine: settings, with limits where many share it."""

import math

from lossopt_core.store.quotas import Budget
from lossopt_ui import config


def budget() -> Budget:
    """What one visitor may have: `LOSSOPT_MAX_PRODUCTS` and the like, or the mode's default."""
    return config.settings().budget()


def workers() -> int:
    """How many trainings run at the same time."""
    return config.settings().workers


def workers_each() -> float:
    """How many trainings of one visitor go on at once: a worker is left for the others."""
    return max(1, workers() - 1) if config.settings().is_hosted else math.inf


def most_waiting() -> float:
    """How many trainings may wait for a worker."""
    return config.settings().limit("max_waiting")
