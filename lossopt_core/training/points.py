"""The updates at which a training is measured."""

import math

import numpy as np

from lossopt_core.objective.linear import Labels

MIN_POWER = 2.0
"""Evaluation k of n takes place at update T (k / n)^p of T; p is at least this."""
MINIBATCH_POINTS = 2_000
"""Maximum number of points on the minibatch curve of a run."""


def evaluation_updates(updates: int, points: int) -> Labels:
    """The updates at which all data are evaluated: about `points`, denser at the start.

    They include 0 and `updates`, and all updates if there are few.  The first updates are always
    among them, so that an interrupted training shows how it started.
    """
    if updates + 1 <= points:
        return np.arange(updates + 1)
    return _denser_at_the_start(updates, points - 1, MIN_POWER, first=0)


def minibatch_intervals(updates: int) -> Labels:
    """Ends of the intervals over which minibatch objectives are averaged; all updates if few."""
    points = min(updates, MINIBATCH_POINTS)
    return _denser_at_the_start(updates, points, least_power=1.0, first=1)


def _denser_at_the_start(updates: int, points: int, least_power: float, first: int) -> Labels:
    """Power-spaced updates, so that the first one is early."""
    power = spacing_power(updates, points, least_power)
    shares = np.arange(first, points + 1) / points
    return np.unique(np.round(updates * shares**power)).astype(np.int64)


def spacing_power(updates: int, points: int, least_power: float) -> float:
    """The exponent of the spacing, chosen so that the first of `points` is early."""
    return max(least_power, math.log(updates) / math.log(points)) if points > 1 else 1.0
