"""Accelerated proximal gradient descent, for certificates of large problems.

With restarts (Beck and Teboulle, 2009; O'Donoghue and Candès, 2015).  Shapes are those of
`duality`.
"""

import math
import time
from collections.abc import Iterator
from itertools import count

import numpy as np

from lossopt_core.certify.duality import Candidate, Problem
from lossopt_core.objective.linear import Array


def gradient_points(problem: Problem, start: Array | None = None) -> Iterator[Candidate]:
    """Endless iterates of accelerated proximal gradient descent with restarts.

    They start from zero weights, or from the classifier `start` (C, D + 1).  Kinks of the loss
    are smoothed, less and less over time.
    """
    zero = np.zeros((problem.classes, problem.X.shape[1]))
    theta = ahead = zero if start is None else start
    t, step, softness = 1.0, 1.0, problem.margin or 1.0
    last_yield = time.perf_counter()
    for update in count(1):
        value, duals = problem.smoothed_part(ahead, softness)
        gradient = problem.pull_back(duals)
        gradient[:, :-1] += 2 * problem.squared * ahead[:, :-1]
        while True:
            after = ahead - step * gradient
            threshold = step * problem.absolute
            after[:, :-1] -= np.clip(after[:, :-1], -threshold, threshold)
            move = after - ahead
            expected = value + np.vdot(gradient, move) + np.vdot(move, move) / (2 * step)
            if problem.smoothed_part(after, softness)[0] <= expected + 1e-14 * abs(value):
                break
            step /= 2
            if step == 0.0:  # the objective overflows for every step size
                return
        if np.vdot(ahead - after, after - theta) > 0:
            t = 1.0
        next_t = (1 + math.sqrt(1 + 4 * t**2)) / 2
        ahead = after + (t - 1) / next_t * (after - theta)
        theta, t, step = after, next_t, 1.05 * step
        if update % 25 == 0 or time.perf_counter() - last_yield > 0.5:
            yield theta, duals
            last_yield = time.perf_counter()
        if not problem.loss.smooth and update % 200 == 0:
            softness /= 2
            ahead, t = theta, 1.0
