"""How examples lie, what a trained classifier does with them, and the way its weights took."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lossopt_core.experiment.description import loss_of
from lossopt_core.experiment.loading import Data
from lossopt_core.objective import linear
from lossopt_core.objective.linear import Array, Labels
from lossopt_core.training.cohort import predicted
from lossopt_core.training.run import Run


def scores_of(run: Run, features: Array) -> Array:
    """Scores of the run's final classifier, (n, d) features to (C, n)."""
    scores: Array = linear.scores(run.stacked, linear.with_ones(features))[0]
    return scores


def predict(run: Run, features: Array) -> Labels:
    """The run's classes for features (n, d), as trained on: (n,)."""
    return predicted(scores_of(run, features))


def part_of(data: Data, part: str) -> tuple[Array, Labels]:
    """Features and labels of the part 'train' or 'test'."""
    if part == "train":
        return data.train_features, data.train_labels
    return data.test_features, data.test_labels


def confusion(run: Run, data: Data, part: str = "test") -> Labels:
    """(C, C) counts: rows are true classes, columns predicted ones."""
    features, labels = part_of(data, part)
    classes = len(data.class_names)
    counts = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(counts, (labels, predict(run, features)), 1)
    return counts


def examples_by_loss(run: Run, data: Data, part: str = "test") -> pd.DataFrame:
    """All examples of a part, the largest loss first.

    Columns: row (in the part), true and predicted (class numbers), loss.
    """
    features, labels = part_of(data, part)
    scores = scores_of(run, features)
    table = pd.DataFrame(
        {
            "row": np.arange(len(labels)),
            "true": labels,
            "predicted": predicted(scores),
            "loss": loss_of(run.experiment).value(scores, labels),
        }
    )
    return table.sort_values("loss", ascending=False, kind="stable", ignore_index=True)


def walk_through(run: Run, features: Array, label: int) -> dict[str, Array]:
    """The loss of one example (d,), class by class; see `Loss.steps`."""
    scores = scores_of(run, features[None])[:, 0]
    return loss_of(run.experiment).steps(scores, label)


@dataclass(frozen=True, eq=False)
class Plane:
    """Points of many dimensions seen on one plane: runs' ways through weight space, or examples.

    ways     one (k, 2) array a run: its weights along the two directions
    share    share of the squared distances that the plane shows, between 0 and 1
    """

    ways: list[Array]
    share: float


def principal_plane(runs: Sequence[Run]) -> Plane:
    """The plane on which the runs' paths spread most (principal components).

    The origin is the mean of all points of all paths.
    """
    return _principal([run.path.reshape(len(run.path), -1).astype(np.float64) for run in runs])


def principal_view(features: Array) -> Plane:
    """Examples (n, d) on the plane on which they spread most: one way, a place an example."""
    return _principal([features])


def _principal(points: Sequence[Array]) -> Plane:
    together = np.concatenate(points)
    center = together.mean(axis=0)
    _, lengths, directions = np.linalg.svd(together - center, full_matrices=False)
    plane = directions[:2]
    total = float((lengths**2).sum())
    share = float((lengths[:2] ** 2).sum()) / total if total > 0 else 1.0
    return Plane([(each - center) @ plane.T for each in points], share)
