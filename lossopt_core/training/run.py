"""A run: an experiment with what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass

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
"""One row an evaluation on all data.

update                 updates made before
epoch                  passes over the training examples, a fraction within a pass
gradient_evaluations   examples whose gradient was taken before: the fair measure of work
objective              data_loss + penalty, over all training examples
gradient_norm          norm of the objective's (least) subgradient
weight_norm            root of the sum of squared weights, bias left out
train_accuracy, test_accuracy   shares between 0 and 1; test columns are NaN without a test part
"""
MINIBATCH_COLUMNS = ("update", "epoch", "gradient_evaluations", "objective")
WHOLE_COLUMNS = ("update", "gradient_evaluations")

PER_UPDATE = "seconds_per_update"

FINISHED, DIVERGED, STOPPED = "finished", "diverged", "stopped"


@dataclass(frozen=True, eq=False)
class Run:
    """An experiment and its results.

    history     DataFrame with `HISTORY_COLUMNS`
    minibatch   DataFrame (update, epoch, gradient_evaluations, objective): the objective on the
                minibatch of every update; beyond 2,000 updates, means over stretches
                that end at `update`
    weights     (C, D), the W of the lecture's W x;  bias (C,)
    path        (k, C, D + 1) in float32: weights with the bias as last column at the updates
                `path_updates` (k,), evaluations all, at most 2 MB; see `path.WeightPath`
    status      "finished"; "diverged" (the objective left all bounds: ended there);
                "stopped" (from outside: weights and history up to there)
    environment versions and machine that it was computed with; of a run that was trained alone
                also the seconds that an update took on average, evaluations left out
    reason      why it is finished: "all updates made", or the reason of the stopping rule that
                ended it; "" for other statuses
    """

    experiment: Experiment
    history: pd.DataFrame
    minibatch: pd.DataFrame
    weights: Array
    bias: Array
    path: np.ndarray[tuple[int, ...], np.dtype[np.float32]]
    path_updates: np.ndarray[tuple[int, ...], np.dtype[np.int64]]
    status: str
    environment: Mapping[str, str]
    reason: str = ""

    @property
    def id(self) -> str:
        """The experiment's id."""
        return self.experiment.id

    @property
    def final(self) -> dict[str, float]:
        """The last row of the history."""
        return {str(name): value for name, value in self.history.iloc[-1].items()}

    @property
    def caveats(self) -> tuple[str, ...]:
        """Why it does not end at the optimum of its objective, in sentences; none where it does."""
        return convergence_caveats(self.experiment)

    @property
    def seconds_per_update(self) -> float | None:
        """What an update took on the clock; None for a run that was not trained alone."""
        return seconds_per_update(self.environment)

    @property
    def stacked(self) -> Array:
        """Weights and bias as a stack of one, (1, C, D + 1)."""
        return np.hstack([self.weights, self.bias[:, None]])[None]


def seconds_per_update(environment: Mapping[str, str]) -> float | None:
    """The seconds of an environment; None where there are none, or no number above 0."""
    try:
        seconds = float(environment[PER_UPDATE])
    except (KeyError, TypeError, ValueError):
        return None
    return seconds if 0 < seconds < np.inf else None


def history_table(rows: Array) -> pd.DataFrame:
    """(k, columns) numbers to a history."""
    table = pd.DataFrame(rows, columns=list(HISTORY_COLUMNS))
    return table.astype(dict.fromkeys(WHOLE_COLUMNS, np.int64))
