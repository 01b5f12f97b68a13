"""A linear classifier on features of points in the plane, and its predictions."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import pandas as pd
from typing_extensions import override

from lossopt_core.objective import linear
from lossopt_core.objective.linear import Array
from lossopt_core.objective.losses import Loss
from lossopt_core.objective.regularizers import Regularizer
from lossopt_core.playground.feature_maps import FeatureMap
from lossopt_core.playground.points import Points
from lossopt_core.training.cohort import predicted


@dataclass(frozen=True, eq=False)
class Problem:
    """What is minimised: a loss and a penalty on points with features.

    points, tests  those trained on, and those only predicted; None without test points
    X, X_test      their features (n, D + 1), with a last column of ones
    """

    points: Points
    tests: Points | None
    feature_map: FeatureMap
    loss: Loss
    regularizer: Regularizer
    X: Array
    X_test: Array


class Classifier(ABC):
    """A classifier after some updates: in training (`Model`) or earlier (`Snapshot`)."""

    made: int

    @property
    @abstractmethod
    def weights(self) -> Array:
        """Weights (C, D + 1) with the bias as last column."""

    @property
    @abstractmethod
    def problem(self) -> Problem:
        """What it is trained on."""

    @property
    def points(self) -> Points:
        """The points that it is trained on."""
        return self.problem.points

    @property
    def feature_map(self) -> FeatureMap:
        """The map of positions to its inputs."""
        return self.problem.feature_map

    @property
    def loss(self) -> Loss:
        """The loss with its margin."""
        return self.problem.loss

    def scores(self, positions: Array) -> Array:
        """Scores (C, n) at positions (n, 2)."""
        X = linear.with_ones(self.feature_map.features(positions))
        scores: Array = linear.scores(self.weights[None], X)[0]
        return scores

    def losses(self) -> Array:
        """The loss of each point, (n,)."""
        return self.loss.value(self.scores(self.points.positions), self.points.labels)

    def gradient_norms(self) -> Array:
        """The norm of each point's loss gradient in the scores, (n,).

        Points with a norm above 0 are the active (support) examples.  The others do not contribute
        to the gradient of the data loss.
        """
        return pulls(self.loss, self.scores(self.points.positions), self.points)

    def correct(self) -> int:
        """The number of correctly classified points."""
        predictions = predicted(self.scores(self.points.positions))
        return int(np.count_nonzero(predictions == self.points.labels))

    def examples(self) -> pd.DataFrame:
        """One row per point: x1, x2, class, scores, predicted class, loss and gradient norm."""
        names = self.points.class_names
        scores = self.scores(self.points.positions)
        return pd.DataFrame(
            {
                "x1": self.points.positions[:, 0],
                "x2": self.points.positions[:, 1],
                "class": [names[label] for label in self.points.labels],
                **{f"score {name}": row for name, row in zip(names, scores, strict=True)},
                "predicted": [names[label] for label in predicted(scores)],
                "loss": self.losses(),
                "gradient_norm": self.gradient_norms(),
            }
        )


def pulls(loss: Loss, scores: Array, points: Points) -> Array:
    """Norms of the loss gradient in the scores, (..., C, n) to (..., n)."""
    gradient = loss.gradient(scores, points.labels)
    norms: Array = np.sqrt(np.einsum("...cn,...cn->...n", gradient, gradient))
    return norms


@dataclass(frozen=True, eq=False)
class Snapshot(Classifier):
    """A classifier after `made` updates, with weights W (C, D + 1)."""

    made: int
    W: Array
    trained_on: Problem

    @property
    @override
    def weights(self) -> Array:
        return self.W

    @property
    @override
    def problem(self) -> Problem:
        return self.trained_on
