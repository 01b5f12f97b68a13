"""A classifier in the plane that is trained by hand, update after update.

It is trained as every experiment is, by a cohort of one, but has no end: it stands after some
updates and can be taken further.  Equal settings, points and updates give equal weights, so
that a change of either is answered by training anew to where one was (`replay`).
"""

import re
from collections.abc import Mapping, Sequence
from itertools import repeat
from typing import Any

import numpy as np
import pandas as pd

from lossopt_core import linear
from lossopt_core.cohort import Cohort, minibatches, predicted
from lossopt_core.data import GivenExperiment
from lossopt_core.experiment import FIELDS, loss_of
from lossopt_core.fields import brief
from lossopt_core.linear import Array
from lossopt_core.losses import Loss
from lossopt_core.playground.feature_maps import FeatureMap
from lossopt_core.playground.points import MOST_CLASSES, Points
from lossopt_core.training import DIVERGED_AT

MOST_UPDATES = 10_000
"""Where it ends: training anew to here takes a second."""
MOST_ROWS = 400
"""Of the curve; beyond, every second row is left out."""
COLUMNS = ("update", "objective", "data_loss", "penalty")
LARGEST_WEIGHT = 1e6
MOST_WEIGHTS = MOST_CLASSES * 51
LONGEST_WEIGHTS = MOST_WEIGHTS * len("-0.123456e-10_")
Row = tuple[int, float, float, float]
Rates = Sequence[tuple[int, float]]
"""From which update on which learning rate holds."""


class Model:
    """A linear classifier of the features of some points, after some updates.

    made       updates made
    diverged   whether the objective has left all bounds: it goes no further then
    """

    def __init__(
        self,
        points: Points,
        feature_map: FeatureMap,
        settings: Mapping[str, Any],
        start: Array | None = None,
    ) -> None:
        """`settings` are an experiment's, checked by it; a batch may be larger than the data.

        `start` (C, D + 1) are the weights at the start, the bias as last column; without it
        they are those of the seed.
        """
        self.points, self.feature_map = points, feature_map
        data = points.data(feature_map.features(points.positions))
        examples, features = data.train_features.shape
        given = {name: value for name, value in settings.items() if name in FIELDS}
        given["batch_size"] = min(examples, given.get("batch_size", examples))
        self.experiment = GivenExperiment(
            **given,
            test_fraction=0.0,
            examples=examples,
            classes=points.classes,
            features=features,
        )
        self.cohort = Cohort([self.experiment], data)
        if start is not None:
            self.cohort.W[0] = _fitting(start, self.cohort.W.shape[1:])
        self.made = 0
        self.diverged = False
        self.batches = (
            repeat(None)
            if self.experiment.full_batch
            else minibatches(examples, self.experiment.batch_size, self.experiment.seed)
        )
        self.every = 1
        self.rows: list[Row] = [self._row()]

    @property
    def weights(self) -> Array:
        """(C, D + 1) with the bias as last column."""
        weights: Array = self.cohort.W[0].copy()
        return weights

    @property
    def loss(self) -> Loss:
        """What it is punished for, with its margin."""
        return loss_of(self.experiment)

    def set_rate(self, rate: float) -> None:
        """The learning rate from now on."""
        [block] = self.cohort.blocks
        block.rate[...] = FIELDS["learning_rate"].check("learning_rate", rate)

    def advance(self, updates: int) -> None:
        """Make so many updates; fewer where it diverges, or comes to `MOST_UPDATES`."""
        end = min(self.made + updates, MOST_UPDATES)
        limit = DIVERGED_AT * max(1.0, self.rows[0][1])
        with np.errstate(over="ignore", invalid="ignore"):
            while self.made < end and not self.diverged:
                [objective] = self.cohort.step(next(self.batches), self.made, MOST_UPDATES)
                self.made += 1
                self.diverged = not objective <= limit
                if self.made % self.every == 0:
                    self._note()
            if self.rows[-1][0] < self.made:
                self._note()
            self.diverged |= not self.rows[-1][1] <= limit

    def _note(self) -> None:
        # The last row may be one between those that are kept.
        if self.rows[-1][0] % self.every:
            self.rows.pop()
        self.rows.append(self._row())
        if len(self.rows) > MOST_ROWS:
            self.every *= 2
            self.rows = self.rows[::2]

    def _row(self) -> Row:
        return self.made, *self.cohort.evaluate()[:3, 0].tolist()

    @property
    def history(self) -> pd.DataFrame:
        """The objective and its parts over the updates, with `COLUMNS`."""
        return pd.DataFrame(self.rows, columns=list(COLUMNS))

    def gradient(self) -> Array:
        """(C, D + 1) least subgradient of the total over all points, the bias as last column."""
        self.cohort.evaluate()
        gradient: Array = self.cohort.gradient[0].copy()
        return gradient

    def scores(self, positions: Array) -> Array:
        """Positions (n, 2) to scores (C, n)."""
        X = linear.with_ones(self.feature_map.features(positions))
        scores: Array = linear.scores(self.cohort.W, X)[0]
        return scores

    def pulls(self) -> Array:
        """(n,) how much each point pulls: the norm of its loss's gradient in the scores.

        Points with a pull above 0 are the support examples: without the others the gradient of
        the data loss would be the same, but for the mean being over fewer.
        """
        gradient = self.loss.gradient(self.scores(self.points.positions), self.points.labels)
        pull: Array = np.sqrt(np.einsum("cn,cn->n", gradient, gradient))
        return pull

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
                "loss": self.loss.value(scores, self.points.labels),
                "pull": self.pulls(),
            }
        )


def replay(model: Model, rates: Rates, updates: int) -> Model:
    """The model, from its start, taken through so many updates at these learning rates."""
    changes = [*(update for update, _ in rates[1:]), updates]
    for (start, rate), end in zip(rates, changes, strict=True):
        if start > updates:
            break
        model.set_rate(rate)
        model.advance(min(end, updates) - model.made)
    return model


def _fitting(start: Array, shape: tuple[int, ...]) -> Array:
    if start.shape != shape:
        classes, features = shape
        raise ValueError(
            f"weights must be {classes} rows of {features} numbers for these classes and features,"
            f" got {len(start)} of {start.shape[1]}"
        )
    return start


def write_weights(W: Array) -> str:
    """Weights (C, D + 1) in a line of text, six digits each; `read_weights` reads it."""
    return "__".join("_".join(f"{weight:.6g}" for weight in row) for row in W.tolist())


def read_weights(text: str) -> Array:
    """The weights that `write_weights` wrote; ValueError for any other text."""
    try:
        rows = [[_number(part) for part in row.split("_")] for row in text.split("__")]
    except ValueError:
        raise ValueError(
            "weights must be numbers like 0.5_-1_0.2__1_2_0, the classes apart by __,"
            f" got {brief(text)}"
        ) from None
    if len({len(row) for row in rows}) != 1:
        raise ValueError("weights must have rows of equal length")
    W = np.array(rows)
    if W.size > MOST_WEIGHTS:
        raise ValueError(f"weights must be at most {MOST_WEIGHTS} numbers, got {W.size:,}")
    if not np.abs(W).max() <= LARGEST_WEIGHT:
        raise ValueError(f"weights must be from {-LARGEST_WEIGHT:g} to {LARGEST_WEIGHT:g}")
    return W


def _number(text: str) -> float:
    if not re.fullmatch(r"[-+.\de]{1,16}", text, re.ASCII):
        raise ValueError(text)
    return float(text)
