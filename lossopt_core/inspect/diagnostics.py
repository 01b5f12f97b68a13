"""Predictions, confusion matrices, worst examples, and PCA projections."""

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
    """Scores (C, n) of the run's final classifier for features (n, d)."""
    scores: Array = linear.scores(run.stacked, linear.with_ones(features))[0]
    return scores


def predict(run: Run, features: Array) -> Labels:
    """Predicted classes (n,) for standardised features (n, d)."""
    return predicted(scores_of(run, features))


def part_of(data: Data, part: str) -> tuple[Array, Labels]:
    """Features and labels of the 'train' or 'test' part."""
    if part == "train":
        return data.train_features, data.train_labels
    return data.test_features, data.test_labels


def confusion(run: Run, data: Data, part: str = "test") -> Labels:
    """Confusion matrix (C, C): rows are true classes, columns predicted ones."""
    features, labels = part_of(data, part)
    classes = len(data.class_names)
    counts = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(counts, (labels, predict(run, features)), 1)
    return counts


def examples_by_loss(run: Run, data: Data, part: str = "test") -> pd.DataFrame:
    """All examples of a part, sorted by decreasing loss.

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
    """A projection of high-dimensional points (trajectories or examples) onto a plane.

    trajectories         one (k, 2) array per run: its projected weights
    explained_variance   fraction of the variance in the plane, between 0 and 1
    """

    trajectories: list[Array]
    explained_variance: float


def principal_plane(runs: Sequence[Run]) -> Plane:
    """The plane of the first two principal components of the runs' paths.

    The origin is the mean of all points of all paths.
    """
    return _principal([run.path.reshape(len(run.path), -1).astype(np.float64) for run in runs])


def principal_view(features: Array) -> Plane:
    """Examples (n, d) projected onto their first two principal components."""
    return _principal([features])


def _principal(points: Sequence[Array]) -> Plane:
    stacked = np.concatenate(points)
    center = stacked.mean(axis=0)
    _, lengths, directions = np.linalg.svd(stacked - center, full_matrices=False)
    plane = directions[:2]
    total = float((lengths**2).sum())
    share = float((lengths[:2] ** 2).sum()) / total if total > 0 else 1.0
    return Plane([(each - center) @ plane.T for each in points], share)
