"""A linear classifier on features of points in the plane, and its predictions."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import pandas as pd
from typing_extensions import override

from lossopt_core.objective import linear
from lossopt_core.objective.linear import Array
from lossopt_core.objective.losses import Loss
from lossopt_core.playground.feature_maps import FeatureMap
from lossopt_core.playground.points import Points
from lossopt_core.training.cohort import predicted


class Classifier(ABC):
    """A classifier after some updates: in training (`Model`) or earlier (`Snapshot`)."""

    points: Points
    feature_map: FeatureMap
    made: int

    @property
    @abstractmethod
    def weights(self) -> Array:
        """Weights (C, D + 1) with the bias as last column."""

    @property
    @abstractmethod
    def loss(self) -> Loss:
        """The loss with its margin."""

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
        gradient = self.loss.gradient(self.scores(self.points.positions), self.points.labels)
        norms: Array = np.sqrt(np.einsum("cn,cn->n", gradient, gradient))
        return norms

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


@dataclass(frozen=True, eq=False)
class Snapshot(Classifier):
    """A classifier after `made` updates, with weights W (C, D + 1)."""

    points: Points
    feature_map: FeatureMap
    made: int
    loss_at_time: Loss
    W: Array

    @property
    @override
    def weights(self) -> Array:
        return self.W

    @property
    @override
    def loss(self) -> Loss:
        return self.loss_at_time
