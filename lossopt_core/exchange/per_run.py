"""A table with one row per run: settings, annotations and results."""

from collections.abc import Mapping, Sequence

import pandas as pd

from lossopt_core.analysis.tables import settings_table
from lossopt_core.experiment import conventions
from lossopt_core.store.annotations import Note
from lossopt_core.store.summaries import BEST
from lossopt_core.training.run import HISTORY_COLUMNS, Run

ON_TEST_SET = {"test_loss": "validation_loss", "test_accuracy": "validation_accuracy"}
"""Columns of a history that are about the validation set in runs that have one."""


def per_run(runs: Sequence[Run], notes: Mapping[str, Note] | None = None) -> pd.DataFrame:
    """One row per run: id, annotations, settings, status, conventions, final and best results.

    Runs with a validation split have validation results instead of test results.
    """
    said = [(notes or {}).get(run.id, Note()) for run in runs]
    about = pd.DataFrame(
        {
            "id": pd.Series([run.id for run in runs], dtype="str"),
            "name": pd.Series([note.name for note in said], dtype="str"),
            "tags": pd.Series([", ".join(note.tags) for note in said], dtype="str"),
            "note": pd.Series([note.note for note in said], dtype="str"),
        }
    )
    ended = pd.DataFrame(
        {
            "status": pd.Series([run.status for run in runs], dtype="str"),
            "reason": pd.Series([run.reason for run in runs], dtype="str"),
            "conventions": pd.Series([conventions.SHORT] * len(runs), dtype="str"),
        }
    )
    settings = settings_table([run.experiment for run in runs])
    return pd.concat([about, settings, ended, _results(runs)], axis=1)


def _results(runs: Sequence[Run]) -> pd.DataFrame:
    columns = [*HISTORY_COLUMNS, *ON_TEST_SET.values(), *(f"best_{name}" for name in BEST)]
    columns.append("best_validation_accuracy")
    rows = []
    for run in runs:
        history = run.history
        found = dict(run.final)
        for name, best in BEST.items():
            finite = history[name][history[name].abs() < float("inf")].dropna().to_numpy()
            found[f"best_{name}"] = float(best(finite)) if len(finite) else float("nan")
        if run.experiment.validation:
            moved = ON_TEST_SET | {"best_test_accuracy": "best_validation_accuracy"}
            found |= {name: found.pop(test) for test, name in moved.items()}
        rows.append(found)
    return pd.DataFrame(rows, columns=columns, dtype="float64")
