"""Cost to reach a target: updates, epochs, gradient evaluations, seconds."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lossopt_core.experiment.measures import MEASURES, SECONDS

WORK = ("update", "epoch", "gradient_evaluations", SECONDS)


@dataclass(frozen=True)
class Cost:
    """The work at the first evaluation that reached a target.

    The target may have been reached slightly earlier, between two evaluations.  `seconds` is NaN
    for a history without times.
    """

    update: float
    epoch: float
    gradient_evaluations: float
    seconds: float


def cost_to_target(history: pd.DataFrame, column: str, target: float) -> Cost | None:
    """The cost at the first evaluation that reaches the target; None if none does.

    Later evaluations may be worse again.  Raises ValueError if the column is not in the history
    or has no better direction.
    """
    better = MEASURES[column].better if column in MEASURES else ""
    if not better or column not in history:
        raise ValueError(
            f"column must be a metric of the history with a better direction, got {column!r}"
        )
    values = history[column]
    reached = history[values >= target if better == "higher" else values <= target]
    if reached.empty:
        return None
    return Cost(*(float(reached.iloc[0].get(name, np.nan)) for name in WORK))


def cost_table(histories: Mapping[str, pd.DataFrame], column: str, target: float) -> pd.DataFrame:
    """One row per named history with the columns of `WORK`; NaN if the target is not reached."""
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
