"""The analytic gradient of an objective against centred differences, entry by entry.

The verdicts are those of CS231n's notes (`neural-networks-3`, gradient checks) on the relative
error |a - n| / max(|a|, |n|), with two reasons why an entry may miss them without a fault:

    a kink      between w - h and w + h the objective changes its slope.  Of a piecewise linear
                loss analytic and numeric slope both lie between the slopes on the two sides, so
                they differ by no more than the jump.
    rounding    a difference of two losses is known to some units of their last place, which the
                division by 2 h makes large.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np

from lossopt_core.experiment.description import Experiment, loss_of, regularizer_of
from lossopt_core.experiment.loading import load_data
from lossopt_core.objective import linear
from lossopt_core.objective.linear import Array, Labels
from lossopt_core.objective.losses import Loss
from lossopt_core.objective.regularizers import Regularizer

WRONG, DOUBTFUL, HAPPY = 1e-2, 1e-4, 1e-7
"""The course's thresholds of the relative error."""
NUMBERS_AT_ONCE = 2_000_000
"""Scores that are held at a time: 16 megabytes."""
MOST_NUMBERS = 100_000_000
"""Scores that are looked at in all: a second or two."""
ROUNDING = 8.0
"""Units of the last place by which a difference of sums of losses may be off."""

Verdict = Literal["happy", "fine", "doubtful", "wrong", "kink", "rounding"]
VERDICTS: dict[Verdict, str] = {
    "wrong": "Above 1e-2: the gradient is probably wrong",
    "doubtful": "1e-4 to 1e-2: be uncomfortable",
    "fine": "1e-7 to 1e-4: fine with kinks, a little high without",
    "happy": "At most 1e-7: be happy",
    "kink": "A kink within h, not a fault",
    "rounding": "Lost in rounding, not a fault",
}
"""What the course says of each, the worst first."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two gradients of one objective, all arrays (C, D + 1) with the bias as last column.

    analytic    by the formula
    numeric     (P(w + h) - P(w - h)) / 2 h
    jump        by how much the slope changes between w - h and w + h, at kinks
    rounding    what rounding may have put into the numeric one
    """

    analytic: Array
    numeric: Array
    jump: Array
    rounding: Array

    @property
    def relative_error(self) -> Array:
        """|a - n| / max(|a|, |n|), 0 where both are 0."""
        apart = np.abs(self.analytic - self.numeric)
        largest = np.maximum(np.abs(self.analytic), np.abs(self.numeric))
        error: Array = np.divide(apart, largest, out=np.zeros_like(apart), where=largest > 0)
        return error

    @property
    def verdicts(self) -> np.ndarray[tuple[int, ...], np.dtype[np.str_]]:
        """A name out of `VERDICTS` for each entry."""
        apart, error = np.abs(self.analytic - self.numeric), self.relative_error
        return np.select(
            [
                error <= HAPPY,
                apart <= self.rounding,
                (self.jump > 0) & (apart <= self.jump + self.rounding),
                error <= DOUBTFUL,
                error <= WRONG,
            ],
            ["happy", "rounding", "kink", "fine", "doubtful"],
            default="wrong",
        )

    @property
    def overall(self) -> Verdict:
        """The worst verdict that any entry has got; kinks and rounding excuse theirs."""
        found = set(self.verdicts.ravel().tolist())
        for verdict in VERDICTS:
            if verdict in found and verdict not in ("kink", "rounding"):
                return verdict
        return "kink" if "kink" in found else "rounding"


@dataclass(frozen=True, eq=False)
class Objective:
    """The training objective of an experiment, on as many of its examples as time allows.

    X (n, D + 1) with a last column of ones, labels (n,).
    """

    loss: Loss
    penalty: Regularizer
    X: Array
    labels: Labels

    @classmethod
    def of(cls, experiment: Experiment) -> Self:
        """The objective on the first examples; all of them but for large data."""
        data = load_data(experiment)
        entries = len(data.class_names) * (data.train_features.shape[1] + 1)
        most = max(32, MOST_NUMBERS // (2 * entries * len(data.class_names)))
        return cls(
            loss_of(experiment),
            regularizer_of(experiment),
            linear.with_ones(data.train_features[:most]),
            data.train_labels[:most],
        )

    @property
    def examples(self) -> int:
        """How many examples are looked at."""
        return len(self.labels)

    def gradient(self, theta: Array) -> Array:
        """The (least sub)gradient at theta (C, D + 1), by the formula."""
        slopes = self.loss.gradient(linear.scores(theta[None], self.X), self.labels)
        analytic: Array = linear.pull_back(slopes, self.X)[0] / self.examples
        of_weights = analytic[:, :-1].copy()
        self.penalty.add_least_subgradient(theta[:, :-1], of_weights)
        analytic[:, :-1] = of_weights
        return analytic


def compare(
    objective: Objective, theta: Array, h: float = 1e-5, analytic: Array | None = None
) -> Comparison:
    """Both gradients at theta (C, D + 1); another `analytic` one can be put to the test."""
    numeric, jump, rounding = np.empty((3, *theta.shape))
    for columns, moved in _moved(objective, theta, h):
        numeric[:, columns], jump[:, columns], rounding[:, columns] = moved
    _add_penalty(objective.penalty, theta, h, numeric, jump)
    return Comparison(
        objective.gradient(theta) if analytic is None else analytic, numeric, jump, rounding
    )


def _moved(
    objective: Objective, theta: Array, h: float
) -> Iterator[tuple[slice, tuple[Array, Array, Array]]]:
    """Slopes, jumps and rounding of the mean loss in some columns of the weights.

    To move one weight by h moves one class's scores by h times one feature.
    """
    loss, labels = objective.loss, objective.labels
    scores = linear.scores(theta[None], objective.X)[0]
    classes, n = scores.shape
    at_once = max(1, NUMBERS_AT_ONCE // (classes * classes * n))
    for first in range(0, theta.shape[1], at_once):
        columns = slice(first, min(first + at_once, theta.shape[1]))
        features = objective.X[:, columns].T
        step = np.zeros((classes, len(features), classes, n))
        each = np.arange(classes)
        step[each, :, each] = h * features
        above, below = loss.value(scores + step, labels), loss.value(scores - step, labels)
        slope = (above - below).mean(axis=-1) / (2 * h)
        size = np.maximum(np.abs(above), np.abs(below)).mean(axis=-1) + np.abs(scores).max()
        turn = np.zeros_like(step)
        if not loss.smooth:
            turn = loss.gradient(scores + step, labels) - loss.gradient(scores - step, labels)
        jump = np.abs(turn[each, :, each] * features).mean(axis=-1)
        yield columns, (slope, jump, ROUNDING * np.finfo(float).eps * size / h)


def _add_penalty(penalty: Regularizer, theta: Array, h: float, numeric: Array, jump: Array) -> None:
    """Add the penalty's differences, weight by weight: it is a sum over weights."""
    W = theta[:, :-1]
    above, below = (penalty.value((W + step)[..., None, None]) for step in (h, -h))
    numeric[:, :-1] += (above - below) / (2 * h)
    jump[:, :-1] += np.where(np.abs(W) < h, 2.0 * penalty.absolute, 0.0)
