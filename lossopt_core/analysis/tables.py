"""Runs as tables, and tables in exchange formats."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import orjson
import pandas as pd

from lossopt_core.experiment import conventions
from lossopt_core.experiment.description import (
    FIELDS,
    Experiment,
)
from lossopt_core.experiment.settings import declared_settings, flat_settings
from lossopt_core.fields import Field, Number, Switch
from lossopt_core.training.run import HISTORY_COLUMNS, Run, history_table

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""Spreadsheets evaluate text cells that start with one of these as formulas (OWASP, CSV
injection)."""


def settings_table(experiments: Sequence[Experiment]) -> pd.DataFrame:
    """One row per experiment, one column per setting; missing if the setting does not apply."""
    return table_of_settings([flat_settings(experiment) for experiment in experiments])


def table_of_settings(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """One row per dictionary of flat settings, one column per setting.

    Data set options have a column only if an experiment has them; all other settings always do.
    Integers are `Int64`, which supports missing values, so a batch size stays 32.
    """
    used = {name for row in rows for name in row} | set(FIELDS)
    return pd.DataFrame(
        {
            name: pd.Series([row.get(name) for row in rows], dtype=_column_type(declaration))
            for name, declaration in declared_settings().items()
            if name in used
        }
    )


def _column_type(declaration: Field) -> str:
    if isinstance(declaration, Number):
        return "Int64" if declaration.whole else "float64"
    return "boolean" if isinstance(declaration, Switch) else "str"


def tidy(runs: Sequence[Run]) -> pd.DataFrame:
    """One row per evaluation of a run: id, settings, status, conventions, then the history."""
    per_run = settings_table([run.experiment for run in runs])
    per_run.insert(0, "id", pd.Series([run.id for run in runs], dtype="str"))
    per_run["status"] = pd.Series([run.status for run in runs], dtype="str")
    per_run["conventions"] = pd.Series([conventions.SHORT] * len(runs), dtype="str")
    lengths = [len(run.history) for run in runs]
    repeated = per_run.iloc[np.repeat(np.arange(len(runs)), lengths)]
    none = history_table(np.empty((0, len(HISTORY_COLUMNS))))
    history = pd.concat([run.history for run in runs]) if runs else none
    return pd.concat([repeated.reset_index(drop=True), history.reset_index(drop=True)], axis=1)


def to_csv(table: pd.DataFrame) -> str:
    """CSV with full precision; missing values are empty cells.

    Text that a spreadsheet would evaluate as a formula gets a leading apostrophe.
    """
    safe = table.copy()
    for name in safe.select_dtypes(["str", "object", "category"]):
        safe[name] = safe[name].astype(object).map(_not_a_formula)
    safe.columns = [_not_a_formula(name) for name in table.columns]
    return str(safe.to_csv(index=False, lineterminator="\n"))


def _not_a_formula(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


def to_json(table: pd.DataFrame) -> str:
    """A JSON array with one object per row and line; missing and non-finite values are null.

    Numbers keep full precision, unlike in `DataFrame.to_json`.
    """
    rows = zip(*(table[name] for name in table.columns), strict=True)
    lines = [
        orjson.dumps(
            dict(zip(table.columns, row, strict=True)), _missing, orjson.OPT_SERIALIZE_NUMPY
        ).decode()
        for row in rows
    ]
    return "[\n" + ",\n".join(lines) + "\n]\n"


def to_parquet(table: pd.DataFrame) -> bytes:
    """A Parquet file, which preserves column types."""
    return bytes(table.to_parquet(index=False))


def _missing(value: Any) -> None:
    """JSON for what orjson does not know."""
    if value is not pd.NA:
        raise TypeError(f"{type(value).__name__} has no JSON")
