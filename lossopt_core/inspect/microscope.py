"""Gradient check: the analytic gradient against centred differences, entry by entry.

The verdicts follow CS231n's notes (`neural-networks-3`, gradient checks) on the relative error
|a - n| / max(|a|, |n|), with two reasons why an entry may fail even though the gradient is correct:

    a kink      the slope changes between w - h and w + h.  For a piecewise linear loss the analytic
                and numeric slopes both lie between the one-sided slopes, so they differ by at most
                the jump.
    rounding    a difference of two losses has an error of a few ulps, which the division by 2 h
                amplifies.
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

WRONG, DOUBTFUL, GOOD = 1e-2, 1e-4, 1e-7
"""The course's thresholds for the relative error."""
NUMBERS_AT_ONCE = 250_000
"""Scores held at a time, 2 MB: little memory, and they stay in the processor's cache."""
MAX_NUMBERS = 100_000_000
"""Maximum number of scores in total: about 2 s."""
ROUNDING = 8.0
"""Allowed rounding error of a difference of mean losses, in ulps."""

Verdict = Literal["good", "fine", "doubtful", "wrong", "kink", "rounding"]
VERDICTS: dict[Verdict, str] = {
    "wrong": "Above 1e-2: the gradient is probably wrong",
    "doubtful": "1e-4 to 1e-2: suspicious",
    "fine": "1e-7 to 1e-4: fine with kinks, a bit high without",
    "good": "At most 1e-7: good",
    "kink": "A kink within h, not an error",
    "rounding": "Rounding error, not an error of the gradient",
}
"""The verdicts with descriptions, worst first."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two gradients of one objective; all arrays are (C, D + 1) with the bias as last column.

    analytic    from the formula
    numeric     (P(w + h) - P(w - h)) / 2 h
    jump        change of the slope between w - h and w + h, at kinks
    rounding    bound on the rounding error of the numeric gradient
    """

    analytic: Array
    numeric: Array
    jump: Array
    rounding: Array

    @property
    def relative_error(self) -> Array:
        """|a - n| / max(|a|, |n|); 0 if both are 0."""
        gap = np.abs(self.analytic - self.numeric)
        largest = np.maximum(np.abs(self.analytic), np.abs(self.numeric))
        error: Array = np.divide(gap, largest, out=np.zeros_like(gap), where=largest > 0)
        return error

    @property
    def verdicts(self) -> np.ndarray[tuple[int, ...], np.dtype[np.str_]]:
        """A key of `VERDICTS` for each entry."""
        gap, error = np.abs(self.analytic - self.numeric), self.relative_error
        return np.select(
            [
                error <= GOOD,
                gap <= self.rounding,
                (self.jump > 0) & (gap <= self.jump + self.rounding),
                error <= DOUBTFUL,
                error <= WRONG,
            ],
            ["good", "rounding", "kink", "fine", "doubtful"],
            default="wrong",
        )

    @property
    def overall(self) -> Verdict:
        """The worst verdict of all entries, ignoring kinks and rounding errors."""
        found = set(self.verdicts.ravel().tolist())
        for verdict in VERDICTS:
            if verdict in found and verdict not in ("kink", "rounding"):
                return verdict
        return "kink" if "kink" in found else "rounding"


@dataclass(frozen=True, eq=False)
class Objective:
    """The training objective of an experiment, on a subset of the examples if there are many.

    X (n, D + 1) with a last column of ones, labels (n,).
    """

    loss: Loss
    penalty: Regularizer
    X: Array
    labels: Labels

    @classmethod
    def of(cls, experiment: Experiment) -> Self:
        """The objective on all examples, or on the first ones for large data."""
        data = load_data(experiment)
        entries = len(data.class_names) * (data.train_features.shape[1] + 1)
        most = max(32, MAX_NUMBERS // (2 * entries * len(data.class_names)))
        return cls(
            loss_of(experiment),
            regularizer_of(experiment),
            linear.with_ones(data.train_features[:most]),
            data.train_labels[:most],
        )

    @property
    def examples(self) -> int:
        """Number of examples used."""
        return len(self.labels)

    def gradient(self, theta: Array) -> Array:
        """The analytic (minimum-norm sub)gradient at theta (C, D + 1)."""
        slopes = self.loss.gradient(linear.scores(theta[None], self.X), self.labels)
        analytic: Array = linear.pull_back(slopes, self.X)[0] / self.examples
        of_weights = analytic[:, :-1].copy()
        self.penalty.add_least_subgradient(theta[:, :-1], of_weights)
        analytic[:, :-1] = of_weights
        return analytic


def compare(
    objective: Objective, theta: Array, h: float = 1e-5, analytic: Array | None = None
) -> Comparison:
    """Compare both gradients at theta (C, D + 1); `analytic` replaces the one to check."""
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
    """Slopes, jumps and rounding errors of the mean loss for chunks of weight columns.

    Changing one weight by h changes one class's scores by h times one feature.
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
        slope_change = np.zeros_like(step)
        if not loss.smooth:
            slope_change = loss.gradient(scores + step, labels) - loss.gradient(
                scores - step, labels
            )
        jump = np.abs(slope_change[each, :, each] * features).mean(axis=-1)
        yield columns, (slope, jump, ROUNDING * np.finfo(float).eps * size / h)


def _add_penalty(penalty: Regularizer, theta: Array, h: float, numeric: Array, jump: Array) -> None:
    """Add the penalty's differences, weight by weight."""
    W = theta[:, :-1]
    above, below = (penalty.value((W + step)[..., None, None]) for step in (h, -h))
    numeric[:, :-1] += (above - below) / (2 * h)
    jump[:, :-1] += np.where(np.abs(W) < h, 2.0 * penalty.absolute, 0.0)
