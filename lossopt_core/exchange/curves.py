"""A table that somebody brings to curves that stand beside our runs."""

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
    as_kept,
)
from lossopt_core.texts import UNFIT
from lossopt_core.training.run import HISTORY_COLUMNS

MOST_RUNS = 60
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
    """One curve for each value of the column `group`, or one in all.

    x        what the column `step` counts: update, epoch or gradient_evaluations
    metrics  columns of the table to columns of a history; those to "" are left out
    name     stands before the value of the group; "" is the name of the file
    source   the name of the file

    Accuracies in per cent become shares.  Rows of equal steps become one where they have
    values in different columns.  ValueError names row and column of what is wrong.
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
        history[ours] = _shares(column, values) if ours in ACCURACIES else values
    columns = {ours: column for column, ours in wanted.items()}
    return [
        as_kept(
            ForeignRun(
                name=_name(name, label, source),
                history=_one_row_a_step(history[places], x, step, columns),
                source=_printable(source)[:LONGEST_SOURCE],
            )
        )
        for label, places in _groups(table, group).items()
    ]


def _wanted(metrics: Mapping[str, str], x: str) -> dict[str, str]:
    """The columns that are brought in, each to one of a history."""
    wanted = {column: ours for column, ours in metrics.items() if ours}
    for place, (column, ours) in enumerate(wanted.items()):
        if ours not in HISTORY_COLUMNS:
            raise ValueError(f"{brief(ours)} must be one of {', '.join(HISTORY_COLUMNS)}")
        if ours == x or ours in list(wanted.values())[:place]:
            raise ValueError(f"column {column}: {ours} is taken by another column")
    if not {*wanted.values()} - {*AXES}:
        raise ValueError("say of one column at least what it measures")
    return wanted


def numbers_in(table: pd.DataFrame, column: str) -> Array:
    """A column as numbers, NaN where it is empty; ValueError names a cell that is none."""
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
    """A column as numbers of 0 or more; ValueError names a cell that is none."""
    steps = numbers_in(table, column)
    for row, cell, value in zip(table.index, table[column], steps, strict=True):
        if not 0 <= value < np.inf:
            raise ValueError(f"{_where(row, column)}: a step must be 0 or more, got {brief(cell)}")
    return steps


def _shares(column: str, values: Array) -> Array:
    """Accuracies between 0 and 1; what goes beyond 1 must be per cent."""
    known = values[~np.isnan(values)]
    if len(known) and not (known.min() >= 0 and known.max() <= 100):
        raise ValueError(f"column {column}: accuracies must be 0 to 1, or 0 to 100 per cent")
    return values / 100 if len(known) and known.max() > 1 else values


def _groups(table: pd.DataFrame, group: str | None) -> dict[str, Any]:
    """Which rows belong to each value of the column, in the order of the table."""
    if group is None:
        return {"": np.ones(len(table), bool)}
    labels = table[group].astype(object).where(table[group].notna(), "").map(str)
    values = pd.unique(labels)
    if len(values) > MOST_RUNS:
        raise ValueError(
            f"column {group} has {len(values):,} values; at most {MOST_RUNS} runs are brought in"
        )
    return {value: (labels == value).to_numpy() for value in values}


def _one_row_a_step(
    history: pd.DataFrame, x: str, step: str, columns: Mapping[str, str]
) -> pd.DataFrame:
    measured = history.dropna(how="all", subset=[*columns])
    for ours, column in columns.items():
        known = measured[[x, ours]].dropna().drop_duplicates()
        twice = known.duplicated(x)
        if twice.any():
            row, at = known.index[twice][0], known[x][twice].iloc[0]
            raise ValueError(
                f"{_where(row, column)}: {step} {at:g} has another value before;"
                " choose the column that tells the runs apart"
            )
    return measured.groupby(x, as_index=False).last()


def _where(row: int, column: str) -> str:
    return f"row {row:,}, column {column}"


def _name(name: str, label: str, source: str) -> str:
    parts = [part for part in (_printable(name), _printable(label)) if part]
    return (", ".join(parts) or _printable(source) or "brought in")[:LONGEST_NAME].strip()


def _printable(text: str) -> str:
    """One line without control characters, for names that nobody chose for us."""
    line = " ".join(text.split())
    return "".join(each for each in line if unicodedata.category(each) not in UNFIT)
