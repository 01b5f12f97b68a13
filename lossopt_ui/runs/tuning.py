"""Runs measured on a validation split, such as those of a fair tuning.

What a history calls test accuracy is a validation accuracy in these runs, so Compare keeps it
apart: they have no test results, and are not listed unless asked for.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from lossopt_ui.experiment.saved_runs import SavedRun

VALIDATION = "validation_accuracy"
"""The column with the accuracy on the validation split."""
TEST_RESULTS = ("test_loss", "test_accuracy", "best_test_accuracy")


def are_tuning(table: pd.DataFrame) -> pd.Series:
    """Which rows of a table of runs were measured on a validation split."""
    if "validation" not in table:
        return pd.Series(data=False, index=table.index)
    return table["validation"].eq(True).fillna(value=False).astype(bool)


def apart(table: pd.DataFrame) -> pd.DataFrame:
    """The table with validation accuracies in a column of their own."""
    of_validation = are_tuning(table)
    if not of_validation.any():
        return table
    columns = {name: table[name].mask(of_validation) for name in TEST_RESULTS if name in table}
    return table.assign(**columns, **{VALIDATION: table["test_accuracy"].where(of_validation)})


def without_test_results(members: Sequence[SavedRun]) -> list[SavedRun]:
    """The runs, without what tuning runs measured on their validation split."""
    return [
        replace(each, history=each.history.assign(test_loss=np.nan, test_accuracy=np.nan))
        if each.experiment is not None and each.experiment.validation
        else each
        for each in members
    ]
