"""What trained classifiers are worth by measures that they were not trained for.

Values of different losses cannot be compared with each other.  What can be compared is what one
loss says of classifiers that were trained with another.
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
"""Bins of the confidence, as Guo et al. (2017) have them."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A classifier on the examples of one part of its data.

    losses       mean of every loss by its name, at a margin of 1 where it has one
    accuracy     share of examples whose class has the highest score
    margins      (n,) the true class's score minus the highest other: positive is right
    calibration  one row a bin of confidence: low, high, n, confidence and accuracy (means)
    calibration_error   ECE: mean of |accuracy - confidence| over the examples' bins
    """

    losses: Mapping[str, float]
    accuracy: float
    margins: Array
    calibration: pd.DataFrame
    calibration_error: float


def evaluate(run: Run, part: str = "test") -> Evaluation:
    """The run's final weights on the part 'train' or 'test' of its own data.

    Confidence is the softmax of the scores, the highest of its probabilities.  Only
    cross-entropy trains scores to mean that; for other losses it says how far they are from it.
    Raises ValueError where the part has no examples, or the weights are not finite.
    """
    data = load_data(run.experiment)
    features, labels = part_of(data, part)
    if len(labels) == 0:
        raise ValueError(f"the data have no {part} part")
    scores = scores_of(run, features)
    if not np.isfinite(scores).all():
        raise ValueError("the classifier's scores are not finite")
    right = predicted(scores) == labels
    calibration = _calibration(scores, right)
    apart = (calibration["accuracy"] - calibration["confidence"]).abs()
    return Evaluation(
        losses={name: float(loss().value(scores, labels).mean()) for name, loss in LOSSES.items()},
        accuracy=float(right.mean()),
        margins=margins(scores, labels),
        calibration=calibration,
        calibration_error=float((apart * calibration["n"]).sum() / len(labels)),
    )


def margins(scores: Array, labels: Labels) -> Array:
    """The true class's score minus the highest other, (C, n) scores to (n,)."""
    others = scores.copy()
    places = np.arange(len(labels))
    own = scores[labels, places]
    others[labels, places] = -np.inf
    apart: Array = own - others.max(axis=0)
    return apart


def _calibration(scores: Array, right: Labels) -> pd.DataFrame:
    shifted = np.exp(scores - scores.max(axis=0))
    confidence = 1.0 / shifted.sum(axis=0)
    edges = np.linspace(0.0, 1.0, BINS + 1)
    # Bins are open at the left and closed at the right, so that a confidence of 1 has its place.
    places = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, BINS - 1)
    counts = np.bincount(places, minlength=BINS)
    table = pd.DataFrame(
        {
            "low": edges[:-1],
            "high": edges[1:],
            "n": counts,
            "confidence": _means(confidence, places, counts),
            "accuracy": _means(right.astype(np.float64), places, counts),
        }
    )
    return table[table["n"] > 0].reset_index(drop=True)


def _means(values: Array, places: Labels, counts: Labels) -> Array:
    means: Array = np.bincount(places, values, minlength=BINS) / np.maximum(counts, 1)
    return means


def matrix(groups: Mapping[str, Sequence[Evaluation]]) -> pd.DataFrame:
    """Trained on (rows, by name) → evaluated by (columns): means over each group's members.

    Columns are the losses' names and `accuracy`.
    """
    rows = {
        name: {
            **{loss: float(np.mean([each.losses[loss] for each in members])) for loss in LOSSES},
            "accuracy": float(np.mean([each.accuracy for each in members])),
        }
        for name, members in groups.items()
        if members
    }
    return pd.DataFrame.from_dict(rows, orient="index")
