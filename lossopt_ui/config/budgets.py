"""Resource limits per visitor: set by the operator, with defaults in hosted mode."""

import math

from lossopt_core.store.quotas import Budget
from lossopt_ui import config


def budget() -> Budget:
    """Limits per visitor: `LOSSOPT_MAX_PRODUCTS` and the like, or the mode's defaults."""
    return config.settings().budget()


def workers() -> int:
    """Number of training jobs that run at the same time."""
    return config.settings().workers


def workers_each() -> float:
    """Training jobs that one visitor may run at once: one worker is left for the others."""
    return max(1, workers() - 1) if config.settings().is_hosted else math.inf


def most_waiting() -> float:
    """Number of training jobs that may wait for a worker."""
    return config.settings().limit("max_waiting")
