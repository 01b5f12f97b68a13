"""A classifier in the plane that is trained interactively, update by update.

It is trained like an experiment, by a cohort of one, but without a fixed end.  Equal settings,
points and updates give equal weights, so a change is applied by retraining to the same update
(`replay`).
"""

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import repeat
from typing import Any

import numpy as np
import pandas as pd
from typing_extensions import override

from lossopt_core.experiment.description import FIELDS, loss_of
from lossopt_core.experiment.loading import GivenExperiment
from lossopt_core.fields import brief
from lossopt_core.objective.linear import Array
from lossopt_core.objective.losses import Loss
from lossopt_core.playground.classifier import Classifier, Snapshot
from lossopt_core.playground.feature_maps import FeatureMap
from lossopt_core.playground.points import MAX_CLASSES, Points
from lossopt_core.training.batches import Minibatches
from lossopt_core.training.cohort import Cohort
from lossopt_core.training.loop import DIVERGED_AT

MAX_UPDATES = 10_000
"""Maximum number of updates: retraining up to here takes about 1 s."""
MAX_ROWS = 400
"""Maximum number of recorded rows with weights; beyond it, every second row is dropped."""
COLUMNS = ("update", "objective", "data_loss", "penalty")
LARGEST_WEIGHT = 1e6
MAX_WEIGHTS = MAX_CLASSES * 51
LONGEST_WEIGHTS = MAX_WEIGHTS * len("-0.123456e-10_")
Row = tuple[int, float, float, float]
Rates = Sequence[tuple[int, float]]
"""Pairs of an update and the learning rate from there on."""


class Model(Classifier):
    """A linear classifier on features of points, after some updates.

    made       number of updates made
    diverged   whether the objective has exploded, which ends training
    """

    def __init__(
        self,
        points: Points,
        feature_map: FeatureMap,
        settings: Mapping[str, Any],
        start: Array | None = None,
    ) -> None:
        """`settings` are those of an experiment; the batch size is capped at the number of points.

        `start` (C, D + 1) are the initial weights with the bias as last column, by default those
        of the seed.
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
            self.cohort.W[0] = _checked_start(start, self.cohort.W.shape[1:])
        self.made = 0
        self.diverged = False
        self.batches = (
            repeat(None)
            if self.experiment.full_batch
            else Minibatches(examples, self.experiment.batch_size, self.experiment.seed)
        )
        self.every = 1
        self.rows: list[Row] = [self._row()]
        self.snapshots = [self.weights]

    @property
    @override
    def weights(self) -> Array:
        weights: Array = self.cohort.W[0].copy()
        return weights

    @property
    @override
    def loss(self) -> Loss:
        return loss_of(self.experiment)

    def set_rate(self, rate: float) -> None:
        """Change the learning rate from now on."""
        [block] = self.cohort.blocks
        block.rate[...] = FIELDS["learning_rate"].check("learning_rate", rate)

    def advance(self, updates: int) -> None:
        """Make this many updates; fewer if training diverges or reaches `MAX_UPDATES`."""
        end = min(self.made + updates, MAX_UPDATES)
        limit = DIVERGED_AT * max(1.0, self.rows[0][1])
        with np.errstate(over="ignore", invalid="ignore"):
            while self.made < end and not self.diverged:
                [objective] = self.cohort.step(next(self.batches), self.made, MAX_UPDATES)
                self.made += 1
                self.diverged = not objective <= limit
                if self.made % self.every == 0 or self.made >= end - 1 or self.diverged:
                    self._record()
            self.diverged |= not self.rows[-1][1] <= limit

    def _record(self) -> None:
        self.rows.append(self._row())
        self.snapshots.append(self.weights)
        # Off-grid rows are dropped except the last two, so that one can step back.
        if len(self.rows) > 2 and self.rows[-3][0] % self.every:
            del self.rows[-3], self.snapshots[-3]
        if len(self.rows) > MAX_ROWS:
            self.every *= 2
            some = [k for k, row in enumerate(self.rows[:-2]) if row[0] % self.every == 0]
            self.rows = [*(self.rows[k] for k in some), *self.rows[-2:]]
            self.snapshots = [
                *(self.snapshots[k] for k in some),
                *self.snapshots[-2:],
            ]

    def _row(self) -> Row:
        return self.made, *self.cohort.evaluate()[:3, 0].tolist()

    @property
    def history(self) -> pd.DataFrame:
        """The objective and its terms by update, with `COLUMNS`."""
        return pd.DataFrame(self.rows, columns=list(COLUMNS))

    def ticks(self, most: int) -> list[int]:
        """Recorded updates for a slider, at most `most` + 2: evenly spaced ones and the last two.

        As training continues, ticks stay where they are, or every second one is dropped.
        """
        updates = [update for update, *_ in self.rows]
        stride = 1
        while len(updates) > most * stride:
            stride *= 2
        return sorted({*updates[::stride], *updates[-2:]})

    def at(self, update: int) -> Snapshot:
        """The classifier at an update, or at the last recorded one before it."""
        place = self._place(update)
        made = self.rows[place][0]
        return Snapshot(self.points, self.feature_map, made, self.loss, self.snapshots[place])

    def row_at(self, update: int) -> Row:
        """The row of the history at an update, or at the last recorded one before it."""
        return self.rows[self._place(update)]

    def _place(self, update: int) -> int:
        return bisect_right(self.rows, update, key=lambda row: row[0]) - 1

    def gradient(self) -> Array:
        """Minimum-norm subgradient (C, D + 1) of the objective over all points."""
        self.cohort.evaluate()
        gradient: Array = self.cohort.gradient[0].copy()
        return gradient


def replay(model: Model, rates: Rates, updates: int) -> Model:
    """Train a new model for this many updates with a sequence of learning rates."""
    changes = [*(update for update, _ in rates[1:]), updates]
    for (start, rate), end in zip(rates, changes, strict=True):
        if start > updates:
            break
        model.set_rate(rate)
        model.advance(min(end, updates) - model.made)
    return model


def _checked_start(start: Array, shape: tuple[int, ...]) -> Array:
    if start.shape != shape:
        classes, features = shape
        raise ValueError(
            f"weights must have {classes} rows of {features} numbers for these classes and"
            f" features, got {len(start)} of {start.shape[1]}"
        )
    return start


def write_weights(W: Array) -> str:
    """Format weights (C, D + 1) as text with six digits each; `read_weights` parses it."""
    return "__".join("_".join(f"{weight:.6g}" for weight in row) for row in W.tolist())


def read_weights(text: str) -> Array:
    """Parse weights written by `write_weights`; ValueError for any other text."""
    try:
        rows = [[_number(part) for part in row.split("_")] for row in text.split("__")]
    except ValueError:
        raise ValueError(
            "weights must be numbers like 0.5_-1_0.2__1_2_0, with __ between classes,"
            f" got {brief(text)}"
        ) from None
    if len({len(row) for row in rows}) != 1:
        raise ValueError("weights must have rows of equal length")
    W = np.array(rows)
    if W.size > MAX_WEIGHTS:
        raise ValueError(f"weights must have at most {MAX_WEIGHTS} numbers, got {W.size:,}")
    if not np.abs(W).max() <= LARGEST_WEIGHT:
        raise ValueError(f"weights must be from {-LARGEST_WEIGHT:g} to {LARGEST_WEIGHT:g}")
    return W


def _number(text: str) -> float:
    if not re.fullmatch(r"[-+.\de]{1,16}", text, re.ASCII):
        raise ValueError(text)
    return float(text)
