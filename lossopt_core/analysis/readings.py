"""Single values of a history: final, best, or at an epoch."""

import math

import pandas as pd

from lossopt_core.experiment.measures import MEASURES

LAST, BEST, AT_EPOCH = "last", "best", "epoch"


def reading(history: pd.DataFrame, column: str, at: str = LAST, epoch: float = 0.0) -> float:
    """The column's final value, its best value, or its value at the last row up to an epoch.

    NaN if the history has no such column or row.  The best value of a test metric is selected on
    the test set, so it is optimistically biased.
    """
    if column not in history:
        return math.nan
    values = history[column].to_numpy(float)
    if at == AT_EPOCH:
        rows = int((history["epoch"].to_numpy(float) <= epoch + 1e-9).sum())
        return float(values[rows - 1]) if rows else math.nan
    if at == LAST or pd.isna(values).all():
        return float(values[-1])
    finite = values[~pd.isna(values)]
    return float(finite.max() if MEASURES[column].better == "higher" else finite.min())
