"""Accelerated proximal gradient descent, for the certificates of large problems.

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
    """Steps of accelerated proximal gradient descent with restarts, for ever.

    From zero weights, or from the classifier `start` (C, D + 1).

    Kinks of the loss are rounded off, less and less as time goes by.
    """
    zero = np.zeros((problem.classes, problem.X.shape[1]))
    theta = ahead = zero if start is None else start
    age, step, softness = 1.0, 1.0, problem.margin or 1.0
    told = time.perf_counter()
    for update in count(1):
        value, pulls = problem.rounded_part(ahead, softness)
        gradient = problem.pull_back(pulls)
        gradient[:, :-1] += 2 * problem.squared * ahead[:, :-1]
        while True:
            after = ahead - step * gradient
            threshold = step * problem.absolute
            after[:, :-1] -= np.clip(after[:, :-1], -threshold, threshold)
            move = after - ahead
            expected = value + np.vdot(gradient, move) + np.vdot(move, move) / (2 * step)
            if problem.rounded_part(after, softness)[0] <= expected + 1e-14 * abs(value):
                break
            step /= 2
            if step == 0.0:  # the objective overflows: no step is short enough
                return
        if np.vdot(ahead - after, after - theta) > 0:
            age = 1.0
        next_age = (1 + math.sqrt(1 + 4 * age**2)) / 2
        ahead = after + (age - 1) / next_age * (after - theta)
        theta, age, step = after, next_age, 1.05 * step
        if update % 25 == 0 or time.perf_counter() - told > 0.5:
            yield theta, pulls
            told = time.perf_counter()
        if not problem.loss.smooth and update % 200 == 0:
            softness /= 2
            ahead, age = theta, 1.0
