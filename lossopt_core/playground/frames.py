"""What can be seen of a classifier along its training, computed for many updates at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from lossopt_core.objective import linear
from lossopt_core.objective.linear import Array, Labels
from lossopt_core.playground.classifier import Problem, Snapshot, pulls
from lossopt_core.playground.points import Points
from lossopt_core.training.cohort import predicted


@dataclass(frozen=True, eq=False)
class Frames:
    """F snapshots whose problems have equally many points.

    updates      (F,) their numbers of updates
    weights      (F, C, D + 1)
    data_loss, penalty, test_loss, accuracy, test_accuracy   (F,); NaN without test points
    losses       (F, n) the loss of each point
    pulls        (F, n) the norm of the gradient of each loss in the scores
    """

    updates: Labels
    weights: Array
    data_loss: Array
    penalty: Array
    accuracy: Array
    test_loss: Array
    test_accuracy: Array
    losses: Array
    pulls: Array

    @property
    def objective(self) -> Array:
        """Data loss plus penalty, (F,)."""
        objective: Array = self.data_loss + self.penalty
        return objective


def frames_of(snapshots: Sequence[Snapshot]) -> Frames:
    """Evaluate snapshots, each on the points and with the loss of its time."""
    parts = [
        _evaluated(problem, list(some))
        for problem, some in groupby(snapshots, key=lambda each: each.trained_on)
    ]
    return Frames(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in Frames.__dataclass_fields__
        )
    )


def _evaluated(problem: Problem, snapshots: Sequence[Snapshot]) -> Frames:
    W = np.stack([each.W for each in snapshots])
    with np.errstate(over="ignore", invalid="ignore"):
        scores = linear.scores(W, problem.X)
        losses = problem.loss.value(scores, problem.points.labels)
        test_loss, test_accuracy = _tested(problem, W)
        return Frames(
            updates=np.array([each.made for each in snapshots], dtype=np.int64),
            weights=W,
            data_loss=losses.mean(axis=1),
            penalty=problem.regularizer.value(W[..., :-1]),
            accuracy=_accuracy(scores, problem.points),
            test_loss=test_loss,
            test_accuracy=test_accuracy,
            losses=losses,
            pulls=pulls(problem.loss, scores, problem.points),
        )


def _tested(problem: Problem, W: Array) -> tuple[Array, Array]:
    if problem.tests is None:
        missing: NDArray[np.float64] = np.full(len(W), np.nan)
        return missing, missing
    scores = linear.scores(W, problem.X_test)
    loss = problem.loss.value(scores, problem.tests.labels).mean(axis=1)
    return loss, _accuracy(scores, problem.tests)


def _accuracy(scores: Array, points: Points) -> Array:
    right: Array = (predicted(scores) == points.labels).mean(axis=1)
    return right
