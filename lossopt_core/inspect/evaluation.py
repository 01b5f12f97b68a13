"""Evaluation of trained classifiers by metrics other than their training loss.

Values of different losses are not comparable with each other.  What can be compared is one loss on
classifiers trained with different losses.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lossopt_core.experiment.loading import load_data
from lossopt_core.inspect.diagnostics import part_of, scores_of
from lossopt_core.objective.linear import Array, Labels
from lossopt_core.objective.losses import LOSSES
from lossopt_core.training.cohort import predicted
from lossopt_core.training.run import Run

BINS = 15
"""Number of confidence bins, as in Guo et al. (2017)."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Metrics of a classifier on one part of its data.

    losses       mean of every loss by name, with margin 1 if it has one
    accuracy     fraction of examples whose class has the highest score
    margins      (n,) the true class's score minus the highest other: positive is correct
    calibration  one row per confidence bin: low, high, n, confidence and accuracy (means)
    calibration_error   ECE: mean of |accuracy - confidence| over the examples' bins
    """

    losses: Mapping[str, float]
    accuracy: float
    margins: Array
    calibration: pd.DataFrame
    calibration_error: float


def evaluate(run: Run, part: str = "test") -> Evaluation:
    """Evaluate the run's final weights on the 'train' or 'test' part of its data.

    Confidence is the highest softmax probability of the scores.  Only cross-entropy trains
    scores to be log-probabilities; other losses are usually miscalibrated.  Raises ValueError if
    the part is empty or the scores are not finite.
    """
    data = load_data(run.experiment)
    features, labels = part_of(data, part)
    if len(labels) == 0:
        raise ValueError(f"the data have no {part} set")
    scores = scores_of(run, features)
    if not np.isfinite(scores).all():
        raise ValueError("the classifier's scores are not finite")
    correct = predicted(scores) == labels
    calibration = _calibration(scores, correct)
    gap = (calibration["accuracy"] - calibration["confidence"]).abs()
    return Evaluation(
        losses={name: float(loss().value(scores, labels).mean()) for name, loss in LOSSES.items()},
        accuracy=float(correct.mean()),
        margins=margins(scores, labels),
        calibration=calibration,
        calibration_error=float((gap * calibration["n"]).sum() / len(labels)),
    )


def margins(scores: Array, labels: Labels) -> Array:
    """The true class's score minus the highest other, (C, n) scores to (n,)."""
    others = scores.copy()
    bins = np.arange(len(labels))
    own = scores[labels, bins]
    others[labels, bins] = -np.inf
    gap: Array = own - others.max(axis=0)
    return gap


def _calibration(scores: Array, correct: Labels) -> pd.DataFrame:
    shifted = np.exp(scores - scores.max(axis=0))
    confidence = 1.0 / shifted.sum(axis=0)
    edges = np.linspace(0.0, 1.0, BINS + 1)
    # Bins are open at the left and closed at the correct, so that a confidence of 1 has its place.
    bins = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, BINS - 1)
    counts = np.bincount(bins, minlength=BINS)
    table = pd.DataFrame(
        {
            "low": edges[:-1],
            "high": edges[1:],
            "n": counts,
            "confidence": _means(confidence, bins, counts),
            "accuracy": _means(correct.astype(np.float64), bins, counts),
        }
    )
    return table[table["n"] > 0].reset_index(drop=True)


def _means(values: Array, bins: Labels, counts: Labels) -> Array:
    means: Array = np.bincount(bins, values, minlength=BINS) / np.maximum(counts, 1)
    return means


def matrix(groups: Mapping[str, Sequence[Evaluation]]) -> pd.DataFrame:
    """Mean metrics of each group: rows are groups by name, columns the losses and `accuracy`."""
    rows = {
        name: {
            **{loss: float(np.mean([each.losses[loss] for each in members])) for loss in LOSSES},
            "accuracy": float(np.mean([each.accuracy for each in members])),
        }
        for name, members in groups.items()
        if members
    }
    return pd.DataFrame.from_dict(rows, orient="index")
