"""A run: an experiment and its results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self, overload

import numpy as np
import pandas as pd

from lossopt_core.experiment.description import Experiment
from lossopt_core.objective.linear import Array
from lossopt_core.training.convergence import convergence_caveats

HISTORY_COLUMNS = (
    "update",
    "epoch",
    "gradient_evaluations",
    "objective",
    "data_loss",
    "penalty",
    "gradient_norm",
    "weight_norm",
    "train_accuracy",
    "test_loss",
    "test_accuracy",
)
"""One row per evaluation on all data.

update                 number of updates made
epoch                  passes over the training examples, fractional within a pass
gradient_evaluations   per-example gradients computed: the fair measure of work
objective              data_loss + penalty, over all training examples
gradient_norm          norm of the objective's (minimum-norm sub)gradient
weight_norm            Euclidean norm of the weights without the bias
train_accuracy, test_accuracy   between 0 and 1; test columns are NaN without a test set
"""
MINIBATCH_COLUMNS = ("update", "epoch", "gradient_evaluations", "objective")
WHOLE_COLUMNS = ("update", "gradient_evaluations")
TABLES = {"history": HISTORY_COLUMNS, "minibatch": MINIBATCH_COLUMNS}
"""The fields of a run that are tables, with their columns."""

PER_UPDATE = "seconds_per_update"

FINISHED, DIVERGED, STOPPED = "finished", "diverged", "stopped"


class Table:
    """A field of a dataclass: a table, built from numbers (rows, columns) when it is first read.

    Building the tables of many runs takes longer than training them, and most are never read.
    """

    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = list(columns)
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type) -> pd.DataFrame: ...

    def __get__(self, instance: object | None, owner: type) -> pd.DataFrame | Self:
        if instance is None:
            raise AttributeError(self.name)  # tells `dataclass` that the field has no default
        content = vars(instance)[self.name]
        if not isinstance(content, pd.DataFrame):
            content = vars(instance)[self.name] = numeric_table(content, self.columns)
        return content

    def __set__(self, instance: object, content: pd.DataFrame | Array) -> None:
        vars(instance)[self.name] = content


def numeric_table(numbers: Array, columns: Sequence[str]) -> pd.DataFrame:
    """A table of numbers (rows, columns); counts are integers."""
    return pd.DataFrame(
        {
            name: column.astype(np.int64) if name in WHOLE_COLUMNS else column
            for name, column in zip(columns, numbers.T, strict=True)
        }
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class Run:
    """An experiment and its results, for C classes and D features.

    Attributes:
        experiment: What was trained.
        history: One row per evaluation, with the columns `HISTORY_COLUMNS`: a table, built when it
            is first read where numbers (rows, columns) were given.
        minibatch: Columns update, epoch, gradient_evaluations and objective: the objective on the
            minibatch of every update. Beyond 2,000 updates, each row is the mean over the updates
            up to `update`. Like `history`, it is built when it is first read.
        weights: (C, D), the W of the lecture's W x.
        bias: (C,).
        path: (k, C, D + 1) in float32, the weights with the bias as last column after the updates
            `path_updates`, at most 2 MB; see `path.WeightPath`.
        path_updates: (k,).
        status: "finished"; "diverged" if training ended because the objective grew out of bounds;
            "stopped" if it was stopped from outside, with weights and history up to there.
        environment: Versions and the machine. For a run that was trained alone, also the mean
            seconds per update, without evaluations.
        state: (k, C, D + 1), what training would need to go on, beside the weights: the arrays that
            the optimizer remembers and, with averaging, the weights that are not averaged. None
            where nothing is needed, and for runs that were saved without it.
        reason: Why a finished run ended: "all updates made", or the reason that its stopping rule
            gave; "" for other statuses.
    """

    experiment: Experiment
    history: Table = Table(HISTORY_COLUMNS)
    minibatch: Table = Table(MINIBATCH_COLUMNS)
    weights: Array
    bias: Array
    path: np.ndarray[tuple[int, ...], np.dtype[np.float32]]
    path_updates: np.ndarray[tuple[int, ...], np.dtype[np.int64]]
    status: str
    environment: Mapping[str, str]
    reason: str = ""
    state: Array | None = None

    @property
    def id(self) -> str:
        """The experiment's id."""
        return self.experiment.id

    def numbers(self, table: str) -> Array:
        """The numbers (rows, columns) of "history" or "minibatch", without building the table."""
        content = vars(self)[table]
        if isinstance(content, pd.DataFrame):
            content = content[list(TABLES[table])].to_numpy(np.float64)
        numbers: Array = content
        return numbers

    @property
    def final(self) -> dict[str, float]:
        """The last row of the history."""
        return dict(zip(HISTORY_COLUMNS, self.numbers("history")[-1].tolist(), strict=True))

    @property
    def caveats(self) -> tuple[str, ...]:
        """Sentences that say why it does not converge to the optimum; empty if it does."""
        return convergence_caveats(self.experiment)

    @property
    def seconds_per_update(self) -> float | None:
        """Mean wall-clock seconds per update; None unless the run was trained alone."""
        return seconds_per_update(self.environment)

    @property
    def stacked(self) -> Array:
        """Weights and bias as a stack of one, (1, C, D + 1)."""
        return np.hstack([self.weights, self.bias[:, None]])[None]


def seconds_per_update(environment: Mapping[str, str]) -> float | None:
    """Seconds per update from an environment; None if missing or not positive."""
    try:
        seconds = float(environment[PER_UPDATE])
    except (KeyError, TypeError, ValueError):
        return None
    return seconds if 0 < seconds < np.inf else None


def history_table(rows: Array) -> pd.DataFrame:
    """Convert an array (k, columns) to a history."""
    return numeric_table(rows, HISTORY_COLUMNS)
