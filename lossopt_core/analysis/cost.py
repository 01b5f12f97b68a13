"""What it costs to reach a target: updates, epochs, gradient evaluations, seconds."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lossopt_core.experiment.measures import MEASURES, SECONDS

WORK = ("update", "epoch", "gradient_evaluations", SECONDS)


@dataclass(frozen=True)
class Cost:
    """The work after which a target was first seen to be reached.

    A run is evaluated now and then only: the target may have been reached a little earlier.
    `seconds` is NaN for a history without them.
    """

    update: float
    epoch: float
    gradient_evaluations: float
    seconds: float


def cost_to_target(history: pd.DataFrame, column: str, target: float) -> Cost | None:
    """The cost at the first evaluation that is as good as the target; None if there is none.

    Later evaluations may be worse again.  Raises ValueError where the column has no better or
    worse, or is not in the history.
    """
    better = MEASURES[column].better if column in MEASURES else ""
    if not better or column not in history:
        raise ValueError(f"column must be a result of the history, better or worse, got {column!r}")
    values = history[column]
    reached = history[values >= target if better == "higher" else values <= target]
    if reached.empty:
        return None
    return Cost(*(float(reached.iloc[0].get(name, np.nan)) for name in WORK))


def cost_table(histories: Mapping[str, pd.DataFrame], column: str, target: float) -> pd.DataFrame:
    """One row a history by its name: the columns of `WORK`, NaN where the target is not reached."""
    costs = {name: cost_to_target(each, column, target) for name, each in histories.items()}
    return (
        pd.DataFrame(
            {
                name: dict.fromkeys(WORK) if cost is None else vars(cost)
                for name, cost in costs.items()
            }
        )
        .T.reindex(columns=list(WORK))
        .astype(float)
    )
