"""A linear classifier of the features of some points, and what it makes of them."""

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
    """A classifier after some updates, in training (`Model`) or as it was once (`Snapshot`)."""

    points: Points
    feature_map: FeatureMap
    made: int

    @property
    @abstractmethod
    def weights(self) -> Array:
        """(C, D + 1) with the bias as last column."""

    @property
    @abstractmethod
    def loss(self) -> Loss:
        """What it is punished for, with its margin."""

    def scores(self, positions: Array) -> Array:
        """Positions (n, 2) to scores (C, n)."""
        X = linear.with_ones(self.feature_map.features(positions))
        scores: Array = linear.scores(self.weights[None], X)[0]
        return scores

    def losses(self) -> Array:
        """(n,) the loss of each point."""
        return self.loss.value(self.scores(self.points.positions), self.points.labels)

    def pulls(self) -> Array:
        """(n,) how much each point pulls: the norm of its loss's gradient in the scores.

        Points with a pull above 0 are the support examples: without the others the gradient of
        the data loss would be the same, but for the mean being over fewer.
        """
        gradient = self.loss.gradient(self.scores(self.points.positions), self.points.labels)
        pull: Array = np.sqrt(np.einsum("cn,cn->n", gradient, gradient))
        return pull

    def right(self) -> int:
        """How many points lie in the region of their class."""
        answers = predicted(self.scores(self.points.positions))
        return int(np.count_nonzero(answers == self.points.labels))

    def examples(self) -> pd.DataFrame:
        """Points as rows: x1, x2, class, a score a class, the predicted class, loss and pull."""
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
                "pull": self.pulls(),
            }
        )


@dataclass(frozen=True, eq=False)
class Snapshot(Classifier):
    """A classifier as it stood after `made` updates, with weights W (C, D + 1)."""

    points: Points
    feature_map: FeatureMap
    made: int
    loss_then: Loss
    W: Array

    @property
    @override
    def weights(self) -> Array:
        return self.W

    @property
    @override
    def loss(self) -> Loss:
        return self.loss_then
