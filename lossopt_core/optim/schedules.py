r"""Learning rate schedules.

A schedule is a function from the share of the training that is done, in [0, 1), to the factor
on the learning rate.  It is told nothing else, so that the same schedule fits 10 updates and
100,000.  To add one, write such a function and its entry in `SCHEDULES`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Schedule:
    """A factor on the learning rate, with its words; t is the share of the training done."""

    label: str
    formula: str
    summary: str
    factor: Callable[[float], float]


SCHEDULES: dict[str, Schedule] = {
    "constant": Schedule(
        "Constant",
        r"\alpha_t = \alpha",
        "The same step throughout; minibatch noise then sets a floor.",
        lambda done: 1.0,
    ),
    "step": Schedule(
        "Step",
        r"\alpha_t = \alpha \cdot 2^{-\lfloor 5 t \rfloor}",
        "Halved after every fifth of the training.",
        lambda done: 0.5 ** math.floor(5.0 * done),
    ),
    "exponential": Schedule(
        "Exponential",
        r"\alpha_t = \alpha \, e^{-5 t}",
        "Falls by the same share in equal times, to 1/148 at the end.",
        lambda done: math.exp(-5.0 * done),
    ),
    "inverse_time": Schedule(
        "Inverse time",
        r"\alpha_t = \alpha \,/\, (1 + 9 t)",
        "Falls like one over time, to a tenth at the end.",
        lambda done: 1.0 / (1.0 + 9.0 * done),
    ),
    "cosine": Schedule(
        "Cosine",
        r"\alpha_t = \alpha \,(1 + \cos \pi t) / 2",
        "Slow at first, then quickly, and gently to zero at the end.",
        lambda done: 0.5 * (1.0 + math.cos(math.pi * done)),
    ),
}
