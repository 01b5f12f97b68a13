"""Tables of other programs: conversion to long format, and guesses of column roles.

TensorBoard     Wall time, Step, Value: one curve
MLflow          run_id, key, value, step, timestamp: one row per value
W&B             Step, "run - loss", "run - loss__MIN", "run - loss__MAX": one column per run
lossopt         id, settings, status, history columns: see `analysis.tables.tidy`
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lossopt_core.store.quotas import Budget
from lossopt_core.training.run import HISTORY_COLUMNS
from lossopt_core.uploads.files import NO_LIMITS, read_cells

MAX_CELLS = 5_000_000
"""Maximum number of cells after conversion, because a small file may grow."""
SAMPLE = 100
"""Number of rows used to detect numeric columns."""
MISSING = frozenset({"", "na", "nan", "n/a", "none", "null"})
RUN = "run"
"""The column of run names for files with one column per run."""

STEPS = {
    "update": "update",
    "step": "update",
    "global_step": "update",
    "trainer_global_step": "update",
    "iteration": "update",
    "iter": "update",
    "n_iter": "update",
    "gradient_evaluations": "gradient_evaluations",
    "epoch": "epoch",
}
"""Names of step columns, likeliest first, and the x-axis they correspond to."""
GROUPS = ("id", "run_id", RUN, "run_name", "experiment", "seed")
OURS = {"id", "status", "dataset", "loss", "optimizer", *HISTORY_COLUMNS}
"""Columns of lossopt's own tables."""


@dataclass(frozen=True)
class Suggestion:
    """Suggested roles of a table's columns.

    step      the step column; x is what it counts: update, epoch, gradient_evaluations
    metrics   numeric columns to history columns, or "" for none
    group     the column that identifies runs, if any
    """

    step: str
    x: str
    metrics: Mapping[str, str]
    group: str | None = None


def number(cell: Any) -> float:
    """A cell as a number, NaN if empty; ValueError if it is not numeric."""
    if cell is None or cell is pd.NA:
        return math.nan
    if isinstance(cell, str) and cell.strip().lower() in MISSING:
        return math.nan
    try:
        return float(cell)
    except OverflowError:
        return math.inf if cell > 0 else -math.inf


def read_table(data: bytes, filename: str, budget: Budget = NO_LIMITS) -> pd.DataFrame:
    """Read a table of curves from a file, with MLflow and W&B exports in long format."""
    return to_long_format(read_cells(data, filename, budget))


def to_long_format(table: pd.DataFrame) -> pd.DataFrame:
    """Convert a table to one row per step of a run; the index keeps the original row numbers."""
    for recognises, convert in CONVERTERS.values():
        if recognises({str(name) for name in table.columns}):
            table = convert(table)
    return table


def _is_of_mlflow(columns: set[str]) -> bool:
    return {"run_id", "key", "value", "step"} <= columns


def _from_mlflow(table: pd.DataFrame) -> pd.DataFrame:
    """One column per key; each row has only the value of its own key."""
    keys = [str(key) for key in pd.unique(table["key"])]
    if taken := sorted({"run_id", "step"} & {*keys}):
        raise ValueError(f"a metric must not be called {taken[0]}")
    _check_growth(len(table), len(keys))
    texts = table["key"].astype(str)
    values = {key: table["value"].where(texts == key, None) for key in keys}
    return pd.DataFrame({"run_id": table["run_id"], "step": table["step"]} | values)


def _is_of_wandb(columns: set[str]) -> bool:
    others = columns - {"Step"}
    return "Step" in columns and bool(others) and all(" - " in name for name in others)


def _from_wandb(table: pd.DataFrame) -> pd.DataFrame:
    """Stack the columns of all runs, without the __MIN and __MAX columns of downsampled runs."""
    runs: dict[str, dict[str, pd.Series]] = {}
    for column in table.columns:
        run, separator, metric = str(column).rpartition(" - ")
        if separator and not metric.endswith(("__MIN", "__MAX")):
            runs.setdefault(run, {})[metric] = table[column]
    if not runs:
        raise ValueError('the file has no column like "run - loss"')
    metrics = {metric for measured in runs.values() for metric in measured}
    _check_growth(len(table) * len(runs), len(metrics))
    parts = [
        pd.DataFrame({"Step": table["Step"], RUN: run} | measured) for run, measured in runs.items()
    ]
    return pd.concat(parts)


def _check_growth(rows: int, columns: int) -> None:
    if rows * columns > MAX_CELLS:
        raise ValueError(f"the file has too many runs or metrics: {columns:,} in {rows:,} rows")


Converter = tuple[Callable[[set[str]], bool], Callable[[pd.DataFrame], pd.DataFrame]]
CONVERTERS: Mapping[str, Converter] = {
    "MLflow": (_is_of_mlflow, _from_mlflow),
    "W&B": (_is_of_wandb, _from_wandb),
}


def suggest(table: pd.DataFrame) -> Suggestion:
    """Guess the roles of the columns of a long-format table from their names."""
    numeric = [name for name in table.columns if _holds_numbers(table[name])]
    if len(numeric) < 2:
        raise ValueError("the file must have a step column and a metric column, both numeric")
    named = {_plain(name): name for name in reversed(numeric)}
    plain = next((each for each in STEPS if each in named), _plain(numeric[0]))
    step, x = named[plain], STEPS.get(plain, "update")
    group = next((name for name in table.columns if _plain(name) in GROUPS and name != step), None)
    others = [name for name in numeric if name not in (step, group)]
    ours = {*OURS} <= {*table.columns}
    return Suggestion(step, x, _ours_only(others) if ours else _metrics(others, without=x), group)


def _holds_numbers(column: pd.Series) -> bool:
    """Whether most of the first non-empty cells are numeric."""
    filled = numbers = 0
    for cell in column[column.notna()].head(SAMPLE):
        try:
            missing = math.isnan(number(cell))
        except (TypeError, ValueError):
            filled += 1
        else:
            filled += not missing
            numbers += not missing
    return 2 * numbers > filled


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", str(name).lower()).strip("_")


def _ours_only(names: Iterable[str]) -> dict[str, str]:
    """History columns map to themselves; settings are not metrics."""
    return {name: name for name in names if name in HISTORY_COLUMNS}


def _metrics(names: Iterable[str], without: str) -> dict[str, str]:
    """Assign each history column at most once, to the first matching column."""
    free = [name for name in HISTORY_COLUMNS if name != without]
    found = {}
    for name in names:
        match = next((each for each in _candidates(_plain(name)) if each in free), "")
        found[name] = match
        if match:
            free.remove(match)
    return found


def _candidates(name: str) -> list[str]:
    """History columns that may correspond to this name, likeliest first."""
    if name in HISTORY_COLUMNS:
        return [name]
    if name in STEPS:
        return [STEPS[name]]
    words = {*name.split("_")}
    on_test = bool(words & {"test", "val", "valid", "validation", "eval", "dev"})
    if "norm" in words:
        of_gradient = bool(words & {"grad", "grads", "gradient"})
        return ["gradient_norm" if of_gradient else "weight_norm"]
    if words & {"acc", "accuracy", "top1"}:
        return ["test_accuracy" if on_test else "train_accuracy"]
    if words & {"loss", "cost", "nll", "objective", "value"}:
        return ["test_loss"] if on_test else ["objective", "data_loss"]
    return ["penalty"] if words & {"penalty", "regularization", "regularizer"} else []
