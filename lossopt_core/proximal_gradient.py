"""Accelerated proximal gradient descent, for the certificates of large problems.

With restarts (Beck and Teboulle, 2009; O'Donoghue and Candès, 2015).  Shapes are those of
`duality`.
"""

import math
import time
from collections.abc import Iterator
from itertools import count

import numpy as np

from lossopt_core.duality import Candidate, Problem


def gradient_points(problem: Problem) -> Iterator[Candidate]:
    """Steps of accelerated proximal gradient descent with restarts, for ever.

    The hinge's kinks are rounded off, less and less as time goes by.
    """
    theta = ahead = np.zeros((problem.classes, problem.X.shape[1]))
    penalised = np.ones_like(theta)
    penalised[:, -1] = 0.0
    age, step, softness = 1.0, 1.0, problem.margin
    told = time.perf_counter()
    for update in count(1):
        value, pulls = problem.rounded_part(ahead, softness)
        gradient = problem.pull_back(pulls) + 2 * problem.squared * penalised * ahead
        while True:
            after = ahead - step * gradient
            threshold = step * problem.absolute * penalised
            after -= np.clip(after, -threshold, threshold)
            move = after - ahead
            expected = value + np.vdot(gradient, move) + np.vdot(move, move) / (2 * step)
            if problem.rounded_part(after, softness)[0] <= expected + 1e-14 * abs(value):
                break
            step /= 2
        if np.vdot(ahead - after, after - theta) > 0:
            age = 1.0
        next_age = (1 + math.sqrt(1 + 4 * age**2)) / 2
        ahead = after + (age - 1) / next_age * (after - theta)
        theta, age, step = after, next_age, 1.05 * step
        if update % 25 == 0 or time.perf_counter() - told > 0.5:
            yield theta, pulls
            told = time.perf_counter()
        if problem.name == "hinge" and update % 200 == 0:
            softness /= 2
            ahead, age = theta, 1.0
