"""Conversion of tables to imported curves."""

import unicodedata
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from lossopt_core.exchange.arrangements import number
from lossopt_core.fields import brief
from lossopt_core.objective.linear import Array
from lossopt_core.store.foreign import ForeignRun
from lossopt_core.store.foreign_rows import (
    AXES,
    LONGEST_NAME,
    LONGEST_SOURCE,
    normalized,
)
from lossopt_core.texts import FORBIDDEN_CATEGORIES
from lossopt_core.training.run import HISTORY_COLUMNS

MAX_RUNS = 60
ACCURACIES = ("train_accuracy", "test_accuracy")


def to_foreign(
    table: pd.DataFrame,
    step: str,
    x: str,
    metrics: Mapping[str, str],
    group: str | None = None,
    name: str = "",
    source: str = "",
) -> list[ForeignRun]:
    """Create one curve for each value of the column `group`, or a single curve.

    x        what the column `step` counts: update, epoch or gradient_evaluations
    metrics  table columns to history columns; "" leaves a column out
    name     prefix of the curve names, before the value of `group`; default: the file name
    source   the file name

    Accuracies in percent are divided by 100.  Rows with equal steps are merged if their values are
    in different columns.  ValueError names the row and column of a problem.
    """
    if x not in AXES:
        raise ValueError(f"x must be one of {', '.join(AXES)}; got {brief(x)}")
    wanted = _wanted(metrics, x)
    for column in [step, *wanted, *([] if group is None else [group])]:
        if column not in table.columns:
            raise ValueError(f"the file has no column {brief(column)}")
    history = pd.DataFrame({x: steps_in(table, step)}, index=table.index)
    for column, ours in wanted.items():
        values = numbers_in(table, column)
        history[ours] = _fractions(column, values) if ours in ACCURACIES else values
    columns = {ours: column for column, ours in wanted.items()}
    return [
        normalized(
            ForeignRun(
                name=_name(name, label, source),
                history=_one_row_per_step(history[places], x, step, columns),
                source=_printable(source)[:LONGEST_SOURCE],
            )
        )
        for label, places in _groups(table, group).items()
    ]


def _wanted(metrics: Mapping[str, str], x: str) -> dict[str, str]:
    """The columns to import, mapped to distinct history columns."""
    wanted = {column: ours for column, ours in metrics.items() if ours}
    for place, (column, ours) in enumerate(wanted.items()):
        if ours not in HISTORY_COLUMNS:
            raise ValueError(f"{brief(ours)} must be one of {', '.join(HISTORY_COLUMNS)}")
        if ours == x or ours in list(wanted.values())[:place]:
            raise ValueError(f"column {column}: {ours} is already assigned to another column")
    if not {*wanted.values()} - {*AXES}:
        raise ValueError("assign a metric to at least one column")
    return wanted


def numbers_in(table: pd.DataFrame, column: str) -> Array:
    """A column as numbers, NaN if empty; ValueError names a non-numeric cell."""
    values = np.empty(len(table))
    for place, cell in enumerate(table[column]):
        try:
            values[place] = number(cell)
        except (TypeError, ValueError):
            raise ValueError(
                f"{_where(table.index[place], column)}: {brief(cell)} is not a number"
            ) from None
    return values


def steps_in(table: pd.DataFrame, column: str) -> Array:
    """A column of numbers >= 0; ValueError names an invalid cell."""
    steps = numbers_in(table, column)
    for row, cell, value in zip(table.index, table[column], steps, strict=True):
        if not 0 <= value < np.inf:
            raise ValueError(f"{_where(row, column)}: a step must be 0 or more, got {brief(cell)}")
    return steps


def _fractions(column: str, values: Array) -> Array:
    """Convert accuracies to fractions; values above 1 are percentages."""
    known = values[~np.isnan(values)]
    if len(known) and not (known.min() >= 0 and known.max() <= 100):
        raise ValueError(f"column {column}: accuracies must be 0 to 1, or 0 to 100 percent")
    return values / 100 if len(known) and known.max() > 1 else values


def _groups(table: pd.DataFrame, group: str | None) -> dict[str, Any]:
    """Row masks for each value of the column, in table order."""
    if group is None:
        return {"": np.ones(len(table), bool)}
    labels = table[group].astype(object).where(table[group].notna(), "").map(str)
    values = pd.unique(labels)
    if len(values) > MAX_RUNS:
        raise ValueError(
            f"column {group} has {len(values):,} values; at most {MAX_RUNS} runs can be imported"
        )
    return {value: (labels == value).to_numpy() for value in values}


def _one_row_per_step(
    history: pd.DataFrame, x: str, step: str, columns: Mapping[str, str]
) -> pd.DataFrame:
    measured = history.dropna(how="all", subset=[*columns])
    for ours, column in columns.items():
        known = measured[[x, ours]].dropna().drop_duplicates()
        twice = known.duplicated(x)
        if twice.any():
            row, at = known.index[twice][0], known[x][twice].iloc[0]
            raise ValueError(
                f"{_where(row, column)}: {step} {at:g} already has another value;"
                " choose the column that identifies the runs"
            )
    return measured.groupby(x, as_index=False).last()


def _where(row: int, column: str) -> str:
    return f"row {row:,}, column {column}"


def _name(name: str, label: str, source: str) -> str:
    parts = [part for part in (_printable(name), _printable(label)) if part]
    return (", ".join(parts) or _printable(source) or "imported")[:LONGEST_NAME].strip()


def _printable(text: str) -> str:
    """One line without control characters, for names from files."""
    line = " ".join(text.split())
    return "".join(each for each in line if unicodedata.category(each) not in FORBIDDEN_CATEGORIES)
