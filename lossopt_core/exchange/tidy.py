"""Our own tables of evaluations, as `export.tidy` writes them, back to experiments with curves.

Such a table has every setting and the whole history of a run, but no weights.  An experiment
whose id comes out as the table has it can be trained again, and its new curve held against
the one of the table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lossopt_core.exchange.arrangements import OURS, number
from lossopt_core.exchange.curves import numbers_in, steps_in, to_foreign
from lossopt_core.experiment.description import Experiment, declared_settings
from lossopt_core.fields import Field, Number, Switch
from lossopt_core.store.arrays import is_whole
from lossopt_core.store.foreign import ForeignRun
from lossopt_core.training.run import (
    DIVERGED,
    FINISHED,
    HISTORY_COLUMNS,
    STOPPED,
    WHOLE_COLUMNS,
)

MOST_RUNS = 2_000
STATUSES = (FINISHED, DIVERGED, STOPPED)
MEASURED = {name: name for name in HISTORY_COLUMNS if name != "update"}


@dataclass(frozen=True, eq=False)
class Imported:
    """A run of ours out of a table: all but its weights.

    history   DataFrame with `HISTORY_COLUMNS`; what was infinite is NaN if it came by JSON
    """

    experiment: Experiment
    status: str
    history: pd.DataFrame
    source: str

    def curve(self, name: str) -> ForeignRun:
        """The history alone, under another name: to stand beside the run that is trained again."""
        return ForeignRun(name, self.history, self.source)


def is_tidy(table: pd.DataFrame) -> bool:
    """Whether the table has the columns of ours."""
    return {*table.columns} >= OURS


def read_tidy(table: pd.DataFrame, source: str = "") -> list[Imported | ForeignRun]:
    """The runs of a table that `arrangements.read_table` gives, in their order.

    `source` is the name of the file.

    A run is a `ForeignRun`, with its id as its name, where its settings are not those of an
    experiment with that id: they were changed, or are of another version of lossopt.
    ValueError names row and column of what is no history.
    """
    if not is_tidy(table):
        absent = sorted(OURS - {*table.columns})
        raise ValueError(f"the table has no column {', '.join(absent)}: lossopt's own has all")
    history = _numbers(table)
    settings = {name: each for name, each in declared_settings().items() if name in table}
    facts = table[[*settings, "status"]].groupby(_ids(table), sort=False)
    # A run whose rows say different things is not one of ours.
    consistent = {*facts.nunique(dropna=False).eq(1).all(axis=1).loc[lambda same: same].index}
    runs: list[Imported | ForeignRun] = []
    for id, places in facts.indices.items():
        first = table.iloc[places[0]]
        experiment = _experiment(first[[*settings]], settings) if id in consistent else None
        if experiment is None or experiment.id != id or first["status"] not in STATUSES:
            mine = table.iloc[places]
            runs += to_foreign(mine, "update", "update", MEASURED, name=str(id), source=source)
        else:
            mine = _history(history.iloc[places], experiment)
            runs.append(Imported(experiment, str(first["status"]), mine, source))
    return runs


def _ids(table: pd.DataFrame) -> pd.Series:
    ids = table["id"].astype(object).where(table["id"].notna(), "").map(str)
    if (found := ids.nunique()) > MOST_RUNS:
        raise ValueError(f"column id has {found:,} values; at most {MOST_RUNS:,} are read")
    return ids


def _numbers(table: pd.DataFrame) -> pd.DataFrame:
    columns = {name: numbers_in(table, name) for name in HISTORY_COLUMNS}
    for name in WHOLE_COLUMNS:
        if not is_whole(steps_in(table, name)):
            raise ValueError(f"column {name}: its numbers must be whole")
        columns[name] = columns[name].astype(np.int64)
    return pd.DataFrame(columns)


def _history(rows: pd.DataFrame, experiment: Experiment) -> pd.DataFrame:
    """Sorted, as a spreadsheet may have left it in another order."""
    history = rows.sort_values("update", ignore_index=True)
    twice = history["update"].duplicated()
    if twice.any():
        update = history["update"][twice].iloc[0]
        raise ValueError(f"run {experiment.id} has update {update:,} twice")
    return history


def _experiment(cells: pd.Series, settings: Mapping[str, Field]) -> Experiment | None:
    """The experiment with these settings; None where there is none."""
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
    """A cell as its setting has it; None where it is empty, as the setting has no say."""
    if pd.isna(cell) or cell == "":
        return None
    if isinstance(declaration, Number):
        return number(cell)
    if isinstance(declaration, Switch):
        return {"true": True, "false": False}.get(str(cell).lower(), cell)
    return str(cell)
