"""Import of lossopt's own tables, as written by `analysis.tables.tidy`.

Such a table has all settings and the history of a run, but no weights.  If the id of the experiment
matches the table, the run can be retrained and compared with the table.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from lossopt_core.exchange.arrangements import Log, taken
from lossopt_core.exchange.curves import curves_of, numbers_of, steps_of
from lossopt_core.exchange.meaning import OURS, Meaning
from lossopt_core.experiment.description import (
    Experiment,
)
from lossopt_core.experiment.settings import declared_settings
from lossopt_core.fields import Field, Number, Switch
from lossopt_core.objective.linear import Labels
from lossopt_core.store.arrays import is_whole
from lossopt_core.store.foreign import ForeignRun
from lossopt_core.training.run import (
    DIVERGED,
    FINISHED,
    HISTORY_COLUMNS,
    STOPPED,
    WHOLE_COLUMNS,
)

MAX_RUNS = 2_000
STATUSES = (FINISHED, DIVERGED, STOPPED)
MEASURED = {name: name for name in HISTORY_COLUMNS if name != "update"}


@dataclass(frozen=True, eq=False)
class Imported:
    """A lossopt run from a table, without weights.

    history   DataFrame with `HISTORY_COLUMNS`; infinite values are NaN if read from JSON
    """

    experiment: Experiment
    status: str
    history: pd.DataFrame
    source: str

    def curve(self, name: str) -> ForeignRun:
        """The history as an imported curve, for comparison with the retrained run."""
        return ForeignRun(name, self.history, self.source)


def is_tidy(log: Log) -> bool:
    """Whether the table has the columns of lossopt's tables."""
    return {*log.sheet.cells.columns} >= OURS


def read_tidy(log: Log) -> list[Imported | ForeignRun]:
    """The runs of a table from `arrangements.read_log`, in order.

    If the settings do not match the id, because they were edited or written by another version, the
    run becomes a `ForeignRun` with its id as name.  ValueError names the row and column of an
    invalid history.
    """
    table, source = log.sheet.cells, log.source
    if not is_tidy(log):
        missing = sorted(OURS - {*table.columns})
        raise ValueError(f"the table is not lossopt's: it has no column {', '.join(missing)}")
    history = _numbers(log)
    settings = {name: each for name, each in declared_settings().items() if name in table}
    facts = table[[*settings, "status"]].groupby(_ids(table), sort=False)
    # A run with inconsistent rows is not a lossopt run.
    consistent = {*facts.nunique(dropna=False).eq(1).all(axis=1).loc[lambda same: same].index}
    runs: list[Imported | ForeignRun] = []
    for name, places in facts.indices.items():
        id = str(name)
        first = table.iloc[places[0]]
        experiment = _experiment(first[[*settings]], settings) if id in consistent else None
        if experiment is None or experiment.id != id or first["status"] not in STATUSES:
            runs += curves_of(
                _part(log, np.asarray(places)), Meaning("update", "update", MEASURED), id
            ).runs
        else:
            mine = _history(history.iloc[places], experiment)
            runs.append(Imported(experiment, str(first["status"]), mine, source))
    return runs


def _ids(table: pd.DataFrame) -> pd.Series:
    ids = table["id"].astype(object).where(table["id"].notna(), "").map(str)
    if (found := ids.nunique()) > MAX_RUNS:
        raise ValueError(f"column id has {found:,} values; the maximum is {MAX_RUNS:,}")
    return ids


def _part(log: Log, places: Labels) -> Log:
    columns = [taken(column, places) for column in log.columns]
    return replace(log, columns=columns, read=columns, rows=log.rows[places])


def _numbers(log: Log) -> pd.DataFrame:
    columns = {name: numbers_of(log, log.column(name)) for name in HISTORY_COLUMNS}
    for name in WHOLE_COLUMNS:
        if not is_whole(steps_of(log, name)):
            raise ValueError(f"column {name} must have integers")
        columns[name] = columns[name].astype(np.int64)
    return pd.DataFrame(columns)


def _history(rows: pd.DataFrame, experiment: Experiment) -> pd.DataFrame:
    """Sort the rows, which a spreadsheet may have reordered."""
    history = rows.sort_values("update", ignore_index=True)
    twice = history["update"].duplicated()
    if twice.any():
        update = history["update"][twice].iloc[0]
        raise ValueError(f"run {experiment.id} has update {update:,} twice")
    return history


def _experiment(cells: pd.Series, settings: Mapping[str, Field]) -> Experiment | None:
    """The experiment with these settings, or None if they are invalid."""
    values: dict[str, Any] = {"dataset_options": {}}
    try:
        for name, cell in cells.items():
            value = _value(cell, settings[str(name)])
            dataset, dot, option = str(name).partition(".")
            if value is None or (dot and dataset != values.get("dataset")):
                continue
            (values["dataset_options"] if dot else values)[option or dataset] = value
        return Experiment(**values)
    except ValueError:
        return None


def _value(cell: Any, declaration: Field) -> Any:
    """The value of a cell for its setting; None if empty, because the setting does not apply."""
    if pd.isna(cell) or cell == "":
        return None
    if isinstance(declaration, Number):
        return float(cell)
    if isinstance(declaration, Switch):
        return {"true": True, "false": False}.get(str(cell).lower(), cell)
    return str(cell)
